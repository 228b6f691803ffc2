"""What the predicate of a row says of its two ids, where a table of pairs has one, as SSSOM does."""

from __future__ import annotations

import re

from pmf.data.readers.columns import RELATIONS, usual
from pmf.data.readers.csv_tables import Table

MODIFIER = "predicatemodifier"
SAME_WORDS = re.compile(
    r"=|≡|(.*[:#/])?((exact|close)[ _]?match|same([ _]?as)?|equivalent([ _]?(class|property))?)", re.IGNORECASE
)
"""Relations that are sameness."""


class Predicates:
    """The predicates of one table."""

    def __init__(self, table: Table) -> None:
        names = usual(table.header, RELATIONS), usual(table.header, (MODIFIER,))
        self._relation, self._modifier = (None if name is None else table.header.index(name) for name in names)

    def same(self, cells: list[str]) -> bool | None:
        """Whether a row says that its two are the same; None where it speaks of another relation."""
        word = "" if self._relation is None else cells[self._relation]
        if word and not SAME_WORDS.fullmatch(word):
            return None
        return self._modifier is None or cells[self._modifier].casefold() != "not"
