"""One row of a file of links, and whether its score is enough."""

from __future__ import annotations

from dataclasses import dataclass

from pmf.data.readers.session import session
from pmf.data.reading import score_of

NOT_THE_SAME = "marked as not the same"
LEAST = "To leave out pairs with a low one: --read least_score=NUMBER."


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row that says two entities are the same, or that they are not.

    Args:
        line: its line, where the form has lines.
        left: id of a source entity, "" where the row says that `right` has no counterpart.
        right: id of a target entity, "" where the row says that `left` has no counterpart.
        part: train, valid or test; "" where the file has no split.
        same: whether they are the same.
    """

    line: int | None
    left: str
    right: str
    part: str = ""
    same: bool = True


def too_low(score: str) -> str:
    """Why a pair with this score is left out; "" where it is not."""
    least = session().options.least_score
    if not least:
        return ""
    value = score_of(score)
    if value is None:
        return "a score that is no number"
    return f"a score below {least}" if value < (score_of(least) or 0) else ""
