"""Whether a circumstance of errors explains any: how often it holds among right answers too.

A rule can hold for every error and still say nothing, if it holds as often where the answer is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

TELLS = 1.5
"""How many times as often as for right answers a rule must hold for errors to count: then at least a third of the
errors with it are more than right answers let expect. Set on the validation links of OpenEA EN_FR, where the ratios of
the rules lie below 1.1 or above 1.7 (assets/docs/results.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A rule among right and wrong answers.

    Args:
        right: share of the right answers for which it holds, in [0, 1]; None where none is right.
        wrong: share of the wrong ones; None where none is wrong.
    """

    right: float | None
    wrong: float | None

    @property
    def ratio(self) -> float:
        """Share of the wrong answers by share of the right ones, infinite without any; NaN where it cannot be seen."""
        right, wrong = np.array([self.right, self.wrong], np.float64)  # None is NaN there
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(wrong / right)

    @property
    def tells(self) -> bool:
        """Whether it explains errors, as far as this run shows; where nothing is right, that cannot be seen."""
        return self.right is None or self.ratio >= TELLS


def contrast(holds: Mask, wrong: Mask) -> Contrast:
    """How a rule fares.

    Args:
        holds: `[q]`, for which queries it does.
        wrong: `[q]`, which queries are.
    """
    return Contrast(right=_share(holds[~wrong]), wrong=_share(holds[wrong]))


def _share(part: Mask) -> float | None:
    return float(part.mean()) if len(part) else None
