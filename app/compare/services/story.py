"""Why one run finds more than another, as far as freezing shows it."""

from __future__ import annotations

from app.compare.services.runs import NAMES, Common, Ids, Mask
from app.shared.services import freezing_record as freezing
from app.shared.services import headline
from app.shared.services.run_view import RunView

LEAST_FALL = 0.05
"""A fall of Hits@1 between two evaluations from which on it is worth telling; smaller ones are noise of training."""
LEAST_PART = 0.1
"""Part of a difference that a group of queries must hold to be named."""
ALL = 0.99
"""Part of a modality's features from which on all of it is said to be frozen."""


def because(first: RunView, other: RunView, both: Common, place: int, direction: str) -> str:
    """What goes with the difference, as the second half of a sentence; "" where freezing does not show it.

    Args:
        first: run A.
        other: the run that is compared with it.
        both: the queries of both.
        place: of the other run in `both`.
        direction: of the queries.
    """
    change = both.found[place].astype(int) - both.found[0].astype(int)
    fell = fall(other, direction) if change.sum() < 0 else ""
    return fell or _frozen_in_one(first, other, both, change, place)


def fall(run: RunView, direction: str) -> str:
    """The largest fall of a run's own curve, with what froze most meanwhile; "" where it never fell far."""
    curve = headline.curve(run)
    curve = curve[(curve["direction"] == direction) & (curve["split"] == curve["split"].iloc[-1:].squeeze())]
    falls = -curve["hits"].diff()
    if not (falls >= LEAST_FALL).any():
        return ""
    at = falls.index.get_loc(falls.idxmax())
    after, before = curve.iloc[at], curve.iloc[at - 1]
    lost = f"its Hits@1 on {after['split']} links fell by {100 * falls.max():.1f} points"
    epochs = f"between epochs {before['epoch']} and {after['epoch']}"
    return f"{lost} {_most_frozen(run, int(before['epoch']), int(after['epoch'])) or epochs}"


def _most_frozen(run: RunView, before: int, after: int) -> str:
    """The modality and the epoch in which most of its features froze, after one evaluation and by another."""
    shares = freezing.shares(run).set_index(["epoch", "modality"])
    frozen = (shares["frozen"] / (1 - shares["missing"])).unstack()
    rise = frozen.diff().loc[before + 1 : after].stack()
    if rise.empty or rise.max() <= 0:
        return ""
    epoch, modality = rise.idxmax()
    share = frozen.loc[epoch, modality]
    much = f"all of {modality}" if share >= ALL else f"{share:.0%} of {modality}"
    return f"when {much} was frozen, most of it in epoch {epoch}"


def _frozen_in_one(first: RunView, other: RunView, both: Common, change: Ids, place: int) -> str:
    """The queries with a modality frozen in one of the runs alone that hold most of the difference."""
    total, parts = int(change.sum()), []
    for modality in first.modalities:
        if total == 0 or modality not in other.modalities or first.frozen_at is None or other.frozen_at is None:
            continue
        frozen = [_frozen(run, modality, both) for run in (first, other)]
        for where, inside in ((NAMES[place], frozen[1] & ~frozen[0]), ("A", frozen[0] & ~frozen[1])):
            net = int(change[inside].sum())
            if net / total >= LEAST_PART:
                parts.append((net / total, net, modality, where, int(inside.sum())))
    if not parts:
        return ""
    _, net, modality, where, queries = max(parts)
    points = 100 * abs(net) / len(both.queries)
    return f"{points:.1f} of them on the {queries:,} queries with {modality} frozen only in {where}"


def _frozen(run: RunView, modality: str, both: Common) -> Mask:
    row = run.frozen_at[run.modalities.index(modality)] >= 0
    return row[both.queries] | row[run.partner[both.queries]]
