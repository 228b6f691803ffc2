"""How a pair is scored and ranked, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pmf.config.build import require, setting

Decode = Literal["cosine", "csls", "mutual", "greedy", "sinkhorn", "hungarian"]
DECODES: tuple[str, ...] = get_args(Decode)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationConfig:
    """How a pair is scored and ranked (METHOD, "Reading the results")."""

    scoring: Literal["cosine", "dot"] = setting(
        "cosine", '"cosine" of the fused embeddings, or their "dot" product (difference 7).'
    )
    reliability: bool = setting(
        False,
        "whether a modality counts as much as validation links are found best by it "
        "(`pmf.training.loop.reliability`), else all count alike. Figures on validation links have then "
        "seen them.",
    )
    decode: Decode = setting(
        "csls",
        '"cosine" and "csls" rank each query alone, "sinkhorn" by the transport plan of all queries '
        'together; "mutual", "greedy" (difference 9) and "hungarian" rank by CSLS and then decide '
        "one-to-one. See `pmf.alignment.matching`.",
    )
    csls_k: int = setting(3, "neighbours that CSLS averages over.")
    csls_rounds: int = setting(1, "how many times it is applied.")
    sinkhorn_temperature: float = setting(0.025, "of the transport plan, see `pmf.alignment.matching.sinkhorn`.")
    sinkhorn_iterations: int = setting(10, "times that its rows and columns are normalised.")
    hungarian_neighbours: int = setting(100, "candidates of an entity that may become its partner.")
    scope: Literal["closed", "open"] = setting(
        "closed", 'candidates are the "closed" set of linked non-seed entities, or "open": every entity.'
    )
    top_k: int = setting(10, "candidates kept per query in `predictions.parquet`.")
    exact_pairs: int = setting(
        10_000_000_000,
        "pairs of a source and a target up to which all count. Above, on a CPU, each entity's best by "
        "cosine stand for all others, what this misses is told with the results, and these are of a "
        'sample of the links. "greedy" and "sinkhorn" still go through all pairs.',
    )
    index_pairs: int = setting(
        1_000_000_000_000,
        "pairs up to which those best are found by going through all, once, of many entities by short rows first; "
        "above, by an index (package faiss-cpu). Either may miss some.",
    )
    index_recall: float = setting(
        0.98, "share of the exact ten best that short rows or the index must find of a sample, in (0, 1]."
    )
    memory_mb: int = setting(
        640, "MiB for scores, in blocks or kept between passes; embeddings and an index come on top."
    )

    def __post_init__(self) -> None:
        for name in (
            "csls_k",
            "csls_rounds",
            "sinkhorn_temperature",
            "sinkhorn_iterations",
            "hungarian_neighbours",
            "top_k",
            "memory_mb",
        ):
            require(getattr(self, name) > 0, f"evaluation.{name} must be above 0, got {getattr(self, name)}")
        for name in ("exact_pairs", "index_pairs"):
            require(getattr(self, name) >= 0, f"evaluation.{name} must not be negative, got {getattr(self, name)}")
        require(0 < self.index_recall <= 1, f"evaluation.index_recall must lie in (0, 1], got {self.index_recall}")

    @property
    def decoding_name(self) -> str:
        """The decoding with its parameters, e.g. "csls(k=3, rounds=2)"."""
        if self.decode == "cosine":
            return self.scoring
        if self.decode == "sinkhorn":
            return f"sinkhorn(temperature={self.sinkhorn_temperature:g}, iterations={self.sinkhorn_iterations})"
        scaled = f"csls(k={self.csls_k}, rounds={self.csls_rounds})"
        return scaled if self.decode == "csls" else f"{self.decode} on {scaled}"
