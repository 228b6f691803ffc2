"""The alignment as a file, in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from app.alignment.services.tables import alignment_table
from app.shared.services.export import as_csv
from app.store import ACCEPTED, AlignedPair
from pmf.data.alignment_files import alignment_text
from pmf.data.notes import counted

FORMS = {
    "csv": "CSV: all columns, also that an entity has no counterpart",
    "tsv": "TSV: the same",
    "sssom.tsv": "SSSOM: pairs, with who confirmed them",
    "nt": "N-Triples, owl:sameAs: pairs",
    "rdf": "RDF of the Alignment API: pairs",
}
"""Ending of a file → what it is."""


_FOR_PAIRS = (".sssom.tsv", ".nt", ".rdf", ".xml", ".owl")
"""Endings of forms that have no place for entities without counterpart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of an alignment goes into a file.

    Args:
        pairs: those that do.
        beside: how many proposals do not, because one of their entities has an accepted counterpart.
        alone: how many entities without counterpart do not, because the form has no place for them.
    """

    pairs: list[AlignedPair]
    beside: int
    alone: int

    @property
    def left_out(self) -> str:
        """What does not go into it, in words; "" where all does."""
        parts = [
            f"{counted(self.beside, 'proposal')} beside an accepted pair" * bool(self.beside),
            f"{self.alone:,} without counterpart, for which this form has no place" * bool(self.alone),
        ]
        return ", ".join(filter(None, parts))


def select(pairs: Iterable[AlignedPair], name: str, states: Collection[str] = ACCEPTED) -> Selection:
    """The pairs of some states that a file can hold.

    Args:
        pairs: the alignment.
        name: of the file; its ending is one of `FORMS`, and any other is tab-separated.
        states: which are taken.
    """
    wanted = [one for one in pairs if one.state in states]
    kept = [one for one in wanted if one.state != "proposed" or not one.counterparts]
    whole = [one for one in kept if all(one.pair)] if name.lower().endswith(_FOR_PAIRS) else kept
    return Selection(pairs=whole, beside=len(wanted) - len(kept), alone=len(kept) - len(whole))


def content(selection: Selection, name: str, *, data: str) -> bytes:
    """The file with some pairs.

    Args:
        selection: as `select` gives it for the same name.
        name: of the file.
        data: name of the data set.
    """
    if name.lower().endswith(_FOR_PAIRS):
        rows = [
            (*one.pair, one.probability, "|".join(one.who) if one.by == "person" else "") for one in selection.pairs
        ]
        table = pd.DataFrame(rows, columns=["source", "target", "probability", "reviewer"])
    else:
        table = alignment_table(selection.pairs)
    return as_csv(table) if name.lower().endswith(".csv") else alignment_text(table, name, data=data).encode()
