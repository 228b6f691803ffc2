"""How much a query's first candidate is ahead of its second: where it is least, a person's word is asked first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt


def margins(scores: Iterable[Sequence[float]], blind: Iterable[bool]) -> npt.NDArray[np.float32]:
    """Score of the first candidate minus that of the second, float32 `[q]`; infinite where there is no contest.

    Args:
        scores: of each query's candidates, best first.
        blind: whether everything known of the query is frozen or missing, so that its candidates only tie.

    Source: margin sampling, Scheffer et al., "Active hidden Markov models", IDA 2001.
    """
    both = zip(scores, blind, strict=True)
    return np.array([s[0] - s[1] if len(s) > 1 and not none else np.inf for s, none in both], np.float32)
