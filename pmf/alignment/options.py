"""How a pair is scored and ranked, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmf.settings import require


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationConfig:
    """How a pair is scored and ranked (METHOD, "Reading the results").

    Args:
        scoring: "cosine" of the fused embeddings, or their "dot" product (difference 7).
        decode: "cosine", "csls", "mutual" or "greedy" (difference 9), see `pmf.alignment.matching`.
        csls_k: neighbours that CSLS averages over.
        csls_rounds: how many times it is applied.
        scope: candidates are the "closed" set of linked non-seed entities, or "open": every entity.
        top_k: candidates kept per query in `predictions.parquet`.
    """

    scoring: Literal["cosine", "dot"] = "cosine"
    decode: Literal["cosine", "csls", "mutual", "greedy"] = "csls"
    csls_k: int = 3
    csls_rounds: int = 1
    scope: Literal["closed", "open"] = "closed"
    top_k: int = 10

    def __post_init__(self) -> None:
        for name in ("csls_k", "csls_rounds", "top_k"):
            require(getattr(self, name) > 0, f"evaluation.{name} must be above 0, got {getattr(self, name)}")

    @property
    def decoding_name(self) -> str:
        """The decoding with its parameters, e.g. "csls(k=3, rounds=2)"."""
        if self.decode == "cosine":
            return self.scoring
        scaled = f"csls(k={self.csls_k}, rounds={self.csls_rounds})"
        return scaled if self.decode == "csls" else f"{self.decode} on {scaled}"
