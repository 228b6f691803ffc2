"""The alignment of a run as a file to download."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from app.shared.services.run_view import RunView
from pmf.data.alignment_files import alignment_text
from pmf.runs import layout
from pmf.runs.reader import RunReader

FORMS = {
    "csv": "CSV, all columns",
    "tsv": "TSV, as pmf match writes it",
    "sssom.tsv": "SSSOM",
    "nt": "N-Triples, owl:sameAs",
    "rdf": "RDF of the Alignment API",
}
"""Ending of a file → what it is."""


def alignment(run: RunView, form: str, *, one_to_one: bool) -> bytes:
    """The file with every pair that the run finds beside the links it was given.

    Args:
        run: with embeddings, or adopted with scores.
        form: a name of `FORMS`.
        one_to_one: whether entities may not share a counterpart.

    Raises:
        PMFError: too few entities are left to match.
    """
    data = run.reader.facts.data_name or run.run_id
    written = (run.reader.folder / layout.PREDICTIONS).stat().st_mtime
    return _alignment(run.reader.folder, written, form, data, one_to_one)


@lru_cache(maxsize=8)
def _alignment(folder: Path, _written: float, form: str, data: str, one_to_one: bool) -> bytes:
    from pmf.alignment.evaluation.align import match_run  # here, not above: it imports torch, and pages this

    table = match_run(RunReader(folder), one_to_one=one_to_one).alignment
    return alignment_text(table, f"alignment.{form}", data=data).encode()
