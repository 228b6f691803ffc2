"""Leaks and shortcuts: what gives the answer away without comparing what entities are.

Two answers can leak. *Who has a counterpart*: something seen on one side alone, such as having attributes, tells
linked entities from unlinked ones; figures in open scope, and any rule for entities without a counterpart, are then
too good. *Whose counterpart it is*: the order of the rows, or equal names. Every link is looked at, test links too;
nothing found here goes into training.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from pmf.arrays import Flags, Ids
from pmf.audit.findings import Finding, Severity, percent, some
from pmf.audit.side import Side, having
from pmf.data.graph_pair import GraphPair
from pmf.data.labels import label_of_uri

SIGNIFICANCE = 1e-4
AUC_LEVELS: tuple[tuple[float, Severity], ...] = ((0.9, "leak"), (0.75, "warning"), (0.6, "note"))
ORDER_LEVELS: tuple[tuple[float, Severity], ...] = ((0.9, "leak"), (0.5, "warning"), (0.25, "note"))
SHORTCUT_LEVELS: tuple[tuple[float, Severity], ...] = ((0.2, "warning"), (0.02, "note"))
RARE = 20  # entities of a type below which it is pooled with the other rare ones

_MARKS = re.compile(r"[\W_]+")
_TELLS = {"leak": "tells", "warning": "largely tells", "note": "hints at"}


@dataclass(frozen=True, slots=True)
class Association:
    """How well something tells linked entities from unlinked ones.

    Args:
        auc: chance that a linked entity has more of it than an unlinked one, ties half, in [0, 1].
        p: of no association: chi-square test of categories, Mann-Whitney test of numbers.
    """

    auc: float
    p: float

    @property
    def strength(self) -> float:
        """The AUC of the better of the two directions, in [0.5, 1]."""
        return max(self.auc, 1 - self.auc)

    @property
    def severity(self) -> Severity | None:
        """None where it is weak or may be chance."""
        return _level(self.strength, AUC_LEVELS) if self.p < SIGNIFICANCE else None


def of_numbers(values: npt.NDArray[np.integer], linked: Flags) -> Association:
    """Association of a number per entity `[n]` with being linked `[n]`, both kinds of entities being there."""
    test = stats.mannwhitneyu(values[linked], values[~linked])
    return Association(float(test.statistic) / (int(linked.sum()) * int((~linked).sum())), float(test.pvalue))


def of_categories(categories: npt.NDArray[np.int64], linked: Flags) -> Association:
    """Association of a category per entity `[n]`, ordered by its linked share, with being linked `[n]`."""
    table = np.stack([np.bincount(categories[flags], minlength=categories.max() + 1) for flags in (linked, ~linked)])
    table = table[:, table.any(axis=0)]
    if table.shape[1] < 2:
        return Association(0.5, 1.0)
    ordered = table[:, np.argsort(table[0] / table.sum(axis=0))]
    below = np.cumsum(ordered[1]) - ordered[1] / 2  # unlinked entities of lower categories, half of the same
    auc = float((ordered[0] * below).sum() / (table[0].sum() * table[1].sum()))
    return Association(auc, float(stats.chi2_contingency(table, correction=False).pvalue))


def counterpart_leaks(side: Side) -> Iterator[Finding]:
    """What tells, on this side alone, who has a counterpart."""
    if side.linked.all() or not side.linked.any():
        return
    for modality, present in side.present.items():
        association = of_categories(present.astype(np.int64), side.linked)
        shares = [percent(float(present[flags].mean())) for flags in (side.linked, ~side.linked)]
        text = (
            f"{shares[0]} of the entities with a counterpart have {having(modality)}, "
            f"{shares[1]} of those without: having {having(modality)}"
        )
        yield from _leak(side, f"{modality}_presence", association, text)
    association = of_numbers(side.degree, side.linked)
    medians = [float(np.median(side.degree[flags])) for flags in (side.linked, ~side.linked)]
    text = (
        f"Entities with a counterpart have {'more' if association.auc > 0.5 else 'fewer'} relation triples "
        f"(median {medians[0]:g} against {medians[1]:g}): degree"
    )
    yield from _leak(side, "degree", association, text)
    association = of_numbers(np.arange(len(side)), side.linked)
    where = "before" if association.auc < 0.5 else "behind"
    text = f"Entities with a counterpart stand {where} those without in the order of the files: the row number"
    yield from _leak(side, "row_number", association, text)
    yield from _type_leak(side)


def _type_leak(side: Side) -> Iterator[Finding]:
    names = [side.graph.types.get(row, "") for row in range(len(side))]
    sizes = Counter(names)
    common = sorted(name for name, size in sizes.items() if size >= RARE)
    numbers = {name: number for number, name in enumerate(common, start=1)}
    categories = np.array([numbers.get(name, 0) for name in names], dtype=np.int64)
    if len(common) < 2:
        return
    shown = ["rarer types", *(f"type {name!r}" if name else "no type" for name in common)]
    shares = {shown[c]: float(side.linked[categories == c].mean()) for c in np.unique(categories)}
    best, worst = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    text = (
        f"{percent(shares[best])} of the entities of {best} have a counterpart, "
        f"{percent(shares[worst])} of those of {worst}: the type"
    )
    yield from _leak(side, "type", of_categories(categories, side.linked), text)


def _leak(side: Side, check: str, association: Association, text: str) -> Iterator[Finding]:
    if (severity := association.severity) is None:
        return
    unlinked = np.flatnonzero(~side.linked)
    yield Finding(
        check=check,
        severity=severity,
        side=side.name,
        count=len(unlinked),
        share=len(unlinked) / len(side),
        sentence=f"{text} {_TELLS[severity]} who has a counterpart (AUC {association.strength:.2f}).",
        examples=some(side.ids(unlinked)),
        strength=association.strength,
    )


def pair_leaks(pair: GraphPair) -> Iterator[Finding]:
    """What tells whose counterpart an entity is: row order, equal names, equal URIs."""
    links = np.unique(pair.links, axis=0)
    if len(links) < 2:
        return
    yield from _order_leak(links)
    names = [graph.names.get(row, "") for graph, _ in pair.sides() for row in range(len(graph))]
    yield from _shortcut(links, "equal_names", "names", names, pair.n_source)
    pieces = [label_of_uri(uri) for graph, _ in pair.sides() for uri in graph.entities]
    yield from _shortcut(links, "equal_uris", "last pieces of their URIs", pieces, pair.n_source)


def _order_leak(links: Ids) -> Iterator[Finding]:
    ranks = [np.unique(links[:, column], return_inverse=True)[1] for column in (0, 1)]
    if not (ranks[0].any() and ranks[1].any()):  # one entity alone has no order
        return
    correlation = stats.spearmanr(links[:, 0].tolist(), links[:, 1].tolist())
    strength = min(abs(float(correlation.statistic)), 1.0)
    severity = _level(strength, ORDER_LEVELS)
    if severity is None or correlation.pvalue >= SIGNIFICANCE:
        return
    same = ranks[0] == ranks[1]
    yield Finding(
        check="row_order",
        severity=severity,
        side="both",
        count=int(same.sum()),
        share=float(same.mean()),
        sentence=f"Linked entities stand in a like order in both graphs (Spearman {correlation.statistic:.2f}; joined "
        f"in that order, {percent(float(same.mean()))} are right): ties settled by row number would look like skill.",
        examples=some(links[same].ravel()),
        strength=strength,
    )


def _shortcut(links: Ids, check: str, what: str, texts: list[str], n_source: int) -> Iterator[Finding]:
    plain = [_plain(text) for text in texts]
    equal = np.array([bool(plain[source]) and plain[source] == plain[target] for source, target in links])
    share = float(equal.mean())
    severity = _level(share, SHORTCUT_LEVELS)
    if severity is None:
        return
    times = Counter(plain[n_source:])
    pairs = sum(times[text] for text in plain[:n_source] if text)
    yield Finding(
        check=check,
        severity=severity,
        side="both",
        count=int(equal.sum()),
        share=share,
        sentence=f"{percent(share)} of the links join entities whose {what} are equal, and "
        f"{percent(float(equal.sum()) / pairs)} of all pairs with equal ones are links: a shortcut for models that "
        "read them, so report figures with and without.",
        examples=some(links[equal].ravel()),
        strength=share,
    )


def _plain(text: str) -> str:
    """Letters and digits alone, case folded."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _level(strength: float, levels: tuple[tuple[float, Severity], ...]) -> Severity | None:
    return next((severity for least, severity in levels if strength >= least), None)
