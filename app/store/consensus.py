"""What all annotators together say of each query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.store.event import Event

Key = tuple[str, str]
"""Side ("source" or "target") and uri of a query."""

PROBE = "probe"
"""Order of cards whose answer is known: verdicts on them are about the annotator."""

BULK = "bulk"
"""Order of verdicts that were given to many pairs at once, most of them unseen."""

ABSTAIN = ("unsure", "flag")
SAYS = ("match", "none", "not")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What stands about a query.

    Args:
        verdict: what it comes to; "" in a conflict.
        other: uri that the verdict is about; "" with "none" and in a conflict.
        rejected: uris that were judged not to be its counterpart; () in a conflict.
        events: every current verdict on it, oldest first.
    """

    verdict: str
    other: str
    rejected: tuple[str, ...]
    events: tuple[Event, ...]

    @property
    def conflict(self) -> bool:
        """Whether the verdicts differ and nobody has decided."""
        return not self.verdict


def consensus(current: Iterable[Event]) -> dict[Key, Outcome]:
    """The outcome of every query that has a verdict.

    The latest adjudication decides; without one no two may contradict each other. To reject different candidates, or
    one and confirm another, is no contradiction; "unsure" and "flag" are no opinion.
    Answers to probes are left out: they are about the annotator.

    Args:
        current: `ReviewStore.current`, of everybody.
    """
    by_query: dict[Key, list[Event]] = {}
    for event in current:
        if event.order != PROBE:
            by_query.setdefault((event.side, event.query), []).append(event)
    return {key: _outcome(events) for key, events in by_query.items()}


def _outcome(events: list[Event]) -> Outcome:
    decided = [event for event in events if event.kind == "adjudication"][-1:]
    opinions = [event for event in events if event.verdict not in ABSTAIN]
    deciding = decided or opinions or events[-1:]
    confirmed = {event.other for event in deciding if event.verdict == "match"}
    rejected = tuple(sorted({event.other for event in deciding if event.verdict == "not"}))
    none = any(event.verdict == "none" for event in deciding)
    agreed = len(confirmed) + none <= 1 and not confirmed & set(rejected)
    last = max(
        deciding, key=lambda event: ("not", "none", "match").index(event.verdict) if event.verdict in SAYS else -1
    )
    return Outcome(
        verdict=last.verdict if agreed else "",
        other=last.other if agreed else "",
        rejected=rejected if agreed else (),
        events=tuple(events),
    )


def opposite(side: str) -> str:
    """The other side."""
    return "target" if side == "source" else "source"
