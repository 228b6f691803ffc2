"""Named parts of the ranked queries, so that a failure has an address: `degree:1-2`, `frozen:image`, …"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.services.run_view import NOT_RANKED, RIGHT, RunView
from pmf.errors import ConfigError
from pmf.runs import layout

Mask = npt.NDArray[np.bool_]

DEGREES = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 25), (26, None))
MOST_TYPES = 20
SMALLEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Test queries of one direction with something in common; `excess` = errors beyond the run's own rate."""

    name: str
    title: str
    size: int
    wrong: int
    excess: float

    @property
    def hits_at_1(self) -> float:
        return 1 - self.wrong / self.size


def names(run: RunView) -> dict[str, str]:
    """Slice name → title, of every slice this run can have."""
    found = {f"degree:{_bucket(low, high)}": f"{_bucket(low, high)} relation triples" for low, high in DEGREES}
    for modality in run.modalities:
        found[f"frozen:{modality}"] = f"{modality} frozen on either side"
        found[f"missing:{modality}"] = f"{modality} missing on either side"
    kinds, counts = np.unique([t for t in run.types if t], return_counts=True)
    common = kinds[np.argsort(-counts, kind="stable")][:MOST_TYPES]
    return found | {f"type:{kind}": f"type {kind}" for kind in common}


def members(run: RunView, name: str) -> Mask:
    """`[entities]`: which queries a slice holds, each judged together with its linked counterpart.

    Raises:
        ConfigError: there is no such slice in this run.
    """
    kind, _, value = name.partition(":")
    if name not in names(run):
        raise ConfigError(f"There is no slice “{name}” in this run.")
    if kind == "degree":
        low, high = next(bounds for bounds in DEGREES if _bucket(*bounds) == value)
        return (run.degree >= low) & (run.degree <= (high if high is not None else run.degree.max()))
    if kind == "type":
        return run.types == value
    if run.frozen_at is None:
        return np.zeros(run.n, np.bool_)
    own = run.frozen_at[run.modalities.index(value)]
    state = own >= 0 if kind == "frozen" else own == layout.MISSING
    return state | np.where(run.partner >= 0, state[run.partner], False)


def largest_failures(run: RunView, *, forward: bool = True, count: int = 3) -> list[Slice]:
    """The slices with the most errors beyond what their size explains, on test queries of one direction."""
    asked = (run.outcome != NOT_RANKED) & (run.split == "test")
    asked &= (np.arange(run.n) < run.n_source) == forward
    wrong = asked & (run.outcome != RIGHT)
    if not asked.any():
        return []
    rate = wrong.sum() / asked.sum()
    found = []
    for name, title in names(run).items():
        inside = members(run, name)
        size, errors = int((asked & inside).sum()), int((wrong & inside).sum())
        if size >= SMALLEST and errors > rate * size:
            found.append(Slice(name=name, title=title, size=size, wrong=errors, excess=errors - rate * size))
    return sorted(found, key=lambda s: -s.excess)[:count]


def _bucket(low: int, high: int | None) -> str:
    return f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
