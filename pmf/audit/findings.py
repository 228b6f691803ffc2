"""What an audit says: one finding a fact, in one plain sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["leak", "warning", "note", "info"]
SideName = Literal["source", "target", "both"]

SEVERITIES: tuple[Severity, ...] = ("leak", "warning", "note", "info")
"""Worst first. A leak gives answers away, a warning makes a result doubtful, a note should be known."""

EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found.

    Args:
        check: name of the check, e.g. "attribute_presence".
        severity: see `SEVERITIES`.
        side: the graph it is about.
        count: entities, links, triples or pictures concerned.
        share: `count` as a share of all of them on that side, in [0, 1].
        sentence: what was found, for people.
        examples: ids of the pair of a few entities concerned; of links, both ends one after the other.
        strength: effect size in [0, 1] of a leak or a shortcut, None of anything else.
    """

    check: str
    severity: Severity
    side: SideName
    count: int
    share: float
    sentence: str
    examples: tuple[int, ...] = ()
    strength: float | None = None


def some(entities: Iterable[int]) -> tuple[int, ...]:
    """The first few of them, as examples."""
    return tuple(int(entity) for entity, _ in zip(entities, range(EXAMPLES), strict=False))


def percent(share: float) -> str:
    """A share for people; "0 %" and "100 %" only where they are exact."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"
