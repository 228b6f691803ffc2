"""The alignment of a run as a file to download."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from app.shared.services.run_view import RunView
from pmf.alignment.evaluation.align import match_run
from pmf.alignment.evaluation.of_scores import scores_only
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

MOST_PAIRS = 10**9
"""Pairs of entities that are compared while somebody waits; more take minutes."""


def why_not(run: RunView) -> str:
    """Why this page has no alignment to download, in a sentence; "" where there is one."""
    if run.n_source * (run.n - run.n_source) > MOST_PAIRS:
        return f"So many entities take minutes to compare. On the command line: pmf match {run.run_id} --out FILE"
    if run.reader.embedding("fused") is None and not scores_only(run.reader):
        return "There are no embeddings yet: the first stage of the training has not ended."
    return ""


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
    table = match_run(RunReader(folder), decode="mutual", one_to_one=one_to_one).alignment
    return alignment_text(table, f"alignment.{form}", data=data).encode()
