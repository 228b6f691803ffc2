"""Every query ranked alone: by similarity, or by CSLS."""

from __future__ import annotations

from pmf.alignment.search.similarity import Similarities
from pmf.config.evaluation import EvaluationConfig


def cosine(similarities: Similarities, _: EvaluationConfig) -> Similarities:
    """The similarities as they are."""
    return similarities


def csls(similarities: Similarities, config: EvaluationConfig) -> Similarities:
    """Hubs held back, with the config's k and rounds; see `Similarities.csls`."""
    return similarities.csls(config.csls_k, config.csls_rounds)
