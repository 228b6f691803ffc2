"""What freezing cost, or gained: Hits@1 as things are against Hits@1 had a modality frozen nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader

Mask = npt.NDArray[np.bool_]

LEAST_LINKS = 30
"""Below it the mean of a difference is not near enough to a normal distribution for its interval."""

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """The cost of one modality's freezing to a group of test links.

    Args:
        modality: its name.
        type: of the entities, "" for all test links.
        links: how many.
        frozen: share of them with a frozen feature on either side, in [0, 1].
        cost: Hits@1 by plain similarity that the links would have more had the modality frozen nothing, both
            directions averaged, in [-1, 1]; negative where freezing helped.
        low: lower end of its interval.
        high: upper end.
    """

    modality: str
    type: str
    links: int
    frozen: float
    cost: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def freezing_harm(run: RunReader, table: pd.DataFrame) -> tuple[Harm, ...]:
    """What each modality's freezing cost all test links, and those of each type of entity.

    The embeddings are those that were trained with freezing on, so this is what thawing would change now, and not
    what another training would have given. The intervals hold together with a probability of `CONFIDENCE`
    (Bonferroni), because one looks at all of them; a link counts once, as its two directions are not independent.

    Args:
        run: a run with a table of failures.
        table: that table.

    Returns:
        The largest groups first; groups of fewer than `LEAST_LINKS` links, or without a frozen feature, are not there.
    """
    frozen_at = run.frozen_at()
    if frozen_at is None:
        raise RunFormatError(f"{run.folder} does not say what was frozen when")
    forward = table["direction"] == layout.SOURCE_TO_TARGET
    source, target = table["query"].where(forward, table["truth"]), table["truth"].where(forward, table["query"])
    types = run.entities["type"].to_numpy(dtype=object)
    kind = np.where(types[source] == "", types[target], types[source])
    groups = []
    for m, modality in enumerate(run.modalities):
        gained = (table[f"thawed_{modality}"] <= 1).astype(float) - (table["similarity_rank"] <= 1).astype(float)
        frozen = (frozen_at[m, source] >= 0) | (frozen_at[m, target] >= 0)
        rows = pd.DataFrame({"source": source, "target": target, "type": kind, "gained": gained, "frozen": frozen})
        if table[f"thawed_{modality}"].notna().all():
            groups += [(modality, type_, part) for type_, part in _groups(rows)]
    level = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / max(1, len(groups)))
    return tuple(_harm(modality, type_, part, level) for modality, type_, part in groups)


def _groups(queries: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """All links, then those of each type: `gained` and `frozen` of each."""
    links = queries.groupby(["source", "target"], sort=False).agg({"type": "first", "gained": "mean", "frozen": "any"})
    parts = [("", links), *((str(name), part) for name, part in links.groupby("type") if name)]
    for name, part in sorted(parts, key=lambda group: -len(group[1])):
        if len(part) >= LEAST_LINKS and part["frozen"].any():
            yield name, part


def _harm(modality: str, type_: str, part: pd.DataFrame, level: float) -> Harm:
    cost = float(part["gained"].mean())
    half = level * float(part["gained"].std()) / len(part) ** 0.5
    return Harm(
        modality=modality,
        type=type_,
        links=len(part),
        frozen=float(part["frozen"].mean()),
        cost=cost,
        low=cost - half,
        high=cost + half,
    )
