"""When a circumstance explains errors, by numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pmf.failures.contrast import contrast

RIGHT, WRONG = 80, 20


@pytest.mark.parametrize(
    ("right", "wrong", "ratio", "tells"),
    [
        (8, 10, 5.0, True),  # one half against one tenth
        (40, 10, 1.0, False),  # as often here as there
        (60, 10, 2 / 3, False),
        (16, 7, 1.75, True),
        (16, 5, 1.25, False),
        (0, 1, np.inf, True),
        (64, 19, 19 / 16, False),  # hardly an error is without it, and hardly a right answer
        (0, 0, np.nan, False),  # never
    ],
)
def test_ratio(right: int, wrong: int, ratio: float, tells: bool) -> None:
    holds = np.concatenate([np.arange(RIGHT) < right, np.arange(WRONG) < wrong])
    difference = contrast(holds, np.arange(RIGHT + WRONG) >= RIGHT)
    assert (difference.right, difference.wrong) == (right / RIGHT, wrong / WRONG)
    assert difference.ratio == pytest.approx(ratio, nan_ok=True)
    assert difference.tells is tells


def test_where_nothing_is_right_a_rule_counts() -> None:
    difference = contrast(np.array([True, False]), np.array([True, True]))
    assert difference.right is None
    assert difference.tells
