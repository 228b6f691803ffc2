"""Slices on which a run does worse than on the rest, found by looking at many, and owning up to how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom

from app.shared.services.run_view import RunView
from app.slices.services import names as slices
from app.slices.services.measure import ranks
from app.slices.services.names import Mask
from pmf.statistics import holm

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KINDS = ("degree", "type", "language", "frozen", "missing")
"""What is looked at. Causes are not: a slice that is defined by being wrong does worse by definition."""
SMALLEST = slices.SMALLEST  # queries, of a slice and of the rest
LEVEL = 0.05
ALIKE = 0.8  # Jaccard index of two slices' queries from which on one stands for both


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A slice that does worse than the rest.

    Args:
        name: of the slice.
        title: on screen.
        size: test queries of the direction in it.
        wrong: those whose truth is not first.
        rest_wrong: share of wrong ones among all others, in [0, 1].
        p: of the test, corrected for every slice that was looked at.
        alike: titles of slices left out because they hold nearly the same queries.
    """

    name: str
    title: str
    size: int
    wrong: int
    rest_wrong: float
    p: float
    alike: tuple[str, ...] = ()

    @property
    def excess(self) -> float:
        """Errors beyond what the rate of the rest would give."""
        return self.wrong - self.rest_wrong * self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found, most errors beyond the rest's rate first, among `looked` slices of `size` test queries."""

    found: tuple[Found, ...]
    looked: int
    size: int
    wrong: int


@dataclass(frozen=True, slots=True)
class _Look:
    names: tuple[str, ...]
    size: int
    wrong: int
    p: float


def search(run: RunView, direction: str) -> Search:
    """Look at every slice of `KINDS`, and at what every two of them have in common.

    One-sided exact test of a slice's errors against those of all other test queries of the direction. What two slices
    have in common has to do worse than the rest of either of them as well: its p is the largest of three. Holm's
    correction is over all that were looked at.

    Args:
        run: a run with predictions.
        direction: `layout.SOURCE_TO_TARGET` or its opposite.

    Raises:
        RunFormatError: the run has no predictions yet.

    Source: Fisher (1922), Holm (1979); slices as a lattice of predicates: Chung et al., "Slice Finder", ICDE 2019.
    """
    ranked = ranks(run, direction)
    wrong = (ranked > 1).to_numpy()
    titles = slices.names(run)
    masks = {name: mask for name, mask in slices.masks(run).items() if name.partition(":")[0] in KINDS}
    inside = {name: mask[ranked.index.to_numpy()] for name, mask in masks.items()}
    looks = _looks(inside, wrong)
    candidates = [
        Found(
            name=slices.combine(look.names),
            title=" and ".join(titles[name] for name in look.names),
            size=look.size,
            wrong=look.wrong,
            rest_wrong=(int(wrong.sum()) - look.wrong) / (len(wrong) - look.size),
            p=p,
        )
        for look, p in zip(looks, holm(np.array([look.p for look in looks])).tolist(), strict=True)
    ]
    worse = [(f, look) for f, look in zip(candidates, looks, strict=True) if f.p < LEVEL]
    queries = [np.logical_and.reduce([inside[name] for name in look.names]) for _, look in worse]
    distinct = _fold([f for f, _ in worse], queries)
    by_excess = sorted(distinct, key=lambda f: -f.excess)
    return Search(found=tuple(by_excess), looked=len(looks), size=len(wrong), wrong=int(wrong.sum()))


def _looks(inside: dict[str, Mask], wrong: Mask) -> list[_Look]:
    """Every slice, and what every two have in common, that is large enough; with p before correction."""
    names = [name for name, mask in inside.items() if SMALLEST <= mask.sum() <= len(wrong) - SMALLEST]
    masks = np.array([inside[name] for name in names], np.float32).reshape(len(names), len(wrong))
    size = (masks @ masks.T).astype(np.int64)  # [s, s], that of a single slice on the diagonal
    errors = ((masks * wrong) @ masks.T).astype(np.int64)
    a, b = np.triu_indices(len(names))
    new = (a == b) | ((size[a, b] >= SMALLEST) & (size[a, b] < np.minimum(size[a, a], size[b, b])))
    a, b = a[new], b[new]
    p = _worse(errors[a, b], size[a, b], int(wrong.sum()), len(wrong))
    for part in (a, b):
        within = _worse(errors[a, b], size[a, b], errors[part, part], size[part, part])
        p = np.where(a == b, p, np.maximum(p, within))
    return [
        _Look((names[i],) if i == j else (names[i], names[j]), int(size[i, j]), int(errors[i, j]), float(value))
        for i, j, value in zip(a, b, p, strict=True)
    ]


def _worse(wrong: Ids, size: Ids, all_wrong: Ids | int, everything: Ids | int) -> Floats:
    """Probability of that many errors or more in a slice, were it drawn at random from everything."""
    return np.asarray(hypergeom.sf(wrong - 1, everything, all_wrong, size), np.float64)


def _fold(results: Sequence[Found], masks: Sequence[Mask]) -> list[Found]:
    """The best of every group of slices that hold nearly the same queries, naming the others."""
    kept: list[tuple[Found, Mask]] = []
    for i in sorted(range(len(results)), key=lambda i: (results[i].p, -results[i].excess)):
        same = next((k for k, (_, mask) in enumerate(kept) if _jaccard(mask, masks[i]) >= ALIKE), None)
        if same is None:
            kept.append((results[i], masks[i]))
        else:
            best, mask = kept[same]
            kept[same] = replace(best, alike=(*best.alike, results[i].title)), mask
    return [f for f, _ in kept]


def _jaccard(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / (a | b).sum())
