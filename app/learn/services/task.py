"""The closing task: of some pairs with a frozen picture, which would be found if it were not frozen?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.learn.services.ranks import ranks
from app.shared.services.run_view import RunView
from pmf.errors import MissingModalityError
from pmf.runs import layout

CARDS = 6
_STEP = 7  # coprime to any number of cards below it, so that the answer wanders


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A query whose truth was not ranked first, and where one of the two pictures is frozen.

    Args:
        query: entity id.
        truth: its counterpart.
        rank: of the truth by plain similarity.
        thawed: the same had the image frozen nothing.
        alone: by the pictures alone.
    """

    query: int
    truth: int
    rank: float
    thawed: float
    alone: float

    @property
    def over_frozen(self) -> bool:
        """Whether the picture would have helped."""
        return self.thawed < self.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Cards to choose from, exactly one of them over-frozen; `rounds` can be played."""

    cards: tuple[Pair, ...]
    answer: int
    rounds: int


def play(run: RunView, number: int) -> Round:
    """One round; the clearest cases come first, and after the last round the first comes again.

    Raises:
        RunFormatError: the ranks have not been computed.
        MissingModalityError: the run has no over-frozen picture.
    """
    pairs = _one_per_link(run, [p for p in _frozen(run) if p.rank > 1])
    answers = sorted((p for p in pairs if _clear(p)), key=lambda p: (p.thawed, p.alone, -p.rank, p.query))
    answers = answers or sorted((p for p in pairs if p.over_frozen), key=lambda p: (p.thawed - p.rank, p.query))
    others = sorted((p for p in pairs if not p.over_frozen), key=lambda p: (p.rank, p.query))
    if not answers:
        raise MissingModalityError(f"{run.run_id} froze no picture that would have helped")
    number %= len(answers)
    first = number * (CARDS - 1)
    cards = [others[i % len(others)] for i in range(first, first + min(CARDS - 1, len(others)))]
    place = (number + 1) * _STEP % (len(cards) + 1)
    cards.insert(place, answers[number])
    return Round(cards=tuple(cards), answer=place, rounds=len(answers))


def _clear(pair: Pair) -> bool:
    """Whether the pictures agree by themselves, so that it can be seen; others gain by what happens to their rivals."""
    return pair.over_frozen and pair.thawed == 1 == pair.alone


def _frozen(run: RunView) -> list[Pair]:
    """Every test query where both have a picture, and at least one of the two is frozen."""
    table: pd.DataFrame = ranks(run)
    columns = ["query", "truth", "similarity_rank", "thawed_image", "alone_image"]
    return [
        Pair(query=int(q), truth=int(t), rank=float(rank), thawed=float(thawed), alone=float(alone))
        for q, t, rank, thawed, alone in table[columns].itertuples(index=False)
        if layout.MISSING not in (epochs := [run.frozen_epoch("image", int(e)) for e in (q, t)]) and max(epochs) >= 0
    ]


def _one_per_link(run: RunView, pairs: list[Pair]) -> list[Pair]:
    """Of the two directions of a link the one that gains more."""
    best: dict[frozenset[int], Pair] = {}
    for pair in pairs:
        key = frozenset((pair.query, pair.truth))
        if key not in best or pair.rank - pair.thawed > best[key].rank - best[key].thawed:
            best[key] = pair
    return list(best.values())
