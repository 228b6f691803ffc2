"""What every decoding is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig


@dataclass(frozen=True, slots=True)
class Decoder:
    """How similarities become scores, and scores a decision.

    Args:
        score: scales plain similarities, in place; every query's candidates are ranked by the result.
        decide: from those scores the target row of each source row `[s]`, no target twice, -1 for none;
            None where every query is ranked on its own.
    """

    score: Callable[[Similarities, EvaluationConfig], Similarities]
    decide: Callable[[Similarities, EvaluationConfig], Tensor] | None = None
