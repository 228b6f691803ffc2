"""What a report is about: a run, or a slice of its test queries."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from app.report.services.parts import Link
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView
from app.slices.services import names as slices
from app.slices.services.names import Mask
from pmf.runs import layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The queries that a report speaks of.

    Args:
        name: of the slice, "" for the whole run.
        direction: from which graph its findings and errors ask.
        title: of the slice, "" for the whole run.
        members: `[entities]`, all of them for the whole run.
    """

    name: str
    direction: str
    title: str
    members: Mask

    @property
    def ways(self) -> str:
        """From which graph to which, in words."""
        return DIRECTIONS[self.direction]

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Those of a table of failures or predictions, indexed by query, that it speaks of."""
        own = table[table["direction"] == self.direction]
        return own[self.members[own.index.to_numpy()]]

    def link(self, run: RunView, page: str, label: str, **parameters: object) -> Link:
        """A page of the app that shows this."""
        values = {"run": run.run_id, "slice": self.name or None, "direction": self.direction, **parameters}
        query = urlencode({name: value for name, value in values.items() if value is not None})
        return Link(label=label, path=f"{page}?{query}")


def subject_of(run: RunView, name: str = "", direction: str = layout.SOURCE_TO_TARGET) -> Subject:
    """A slice of a run, or all of it.

    Raises:
        ConfigError: there is no such slice.
    """
    members = slices.members(run, name) if name else np.ones(run.n, np.bool_)
    return Subject(name=name, direction=direction, title=slices.title(run, name) if name else "", members=members)
