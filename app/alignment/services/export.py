"""The alignment as a file, in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from app.alignment.services.tables import alignment_table
from app.shared.services.export import as_csv
from app.store import ACCEPTED, AlignedPair
from pmf.data.alignment_files import alignment_text

FORMS = {
    "csv": "CSV: all columns, also that an entity has no counterpart",
    "tsv": "TSV: the same",
    "sssom.tsv": "SSSOM: pairs, with who confirmed them",
    "nt": "N-Triples, owl:sameAs: pairs",
    "rdf": "RDF of the Alignment API: pairs",
}
"""Ending of a file → what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """An alignment's file.

    Args:
        content: of the file.
        pairs: how many are in it.
        beside: proposals left out because one of their entities has an accepted counterpart.
        alone: entities without counterpart left out because the form has no place for them.
    """

    content: bytes
    pairs: int
    beside: int
    alone: int


def export_alignment(
    pairs: Iterable[AlignedPair], name: str, *, data: str, states: Collection[str] = ACCEPTED
) -> Exported:
    """Pairs of some states as a file.

    Args:
        pairs: the alignment.
        name: of the file; its ending is one of `FORMS`, and any other is tab-separated.
        data: name of the data set.
        states: which are taken.
    """
    wanted = [one for one in pairs if one.state in states]
    kept = [one for one in wanted if one.state != "proposed" or not one.counterparts]
    beside = len(wanted) - len(kept)
    name = name.lower()
    if name.endswith((".sssom.tsv", ".nt", ".rdf", ".xml", ".owl")):
        whole = [one for one in kept if one.source and one.target]
        rows = [(*one.pair, one.probability, "|".join(one.who) if one.by == "person" else "") for one in whole]
        table = pd.DataFrame(rows, columns=["source", "target", "probability", "reviewer"])
    else:
        whole, table = kept, alignment_table(kept)
    content = as_csv(table) if name.endswith(".csv") else alignment_text(table, name, data=data).encode()
    return Exported(content=content, pairs=len(whole), beside=beside, alone=len(kept) - len(whole))
