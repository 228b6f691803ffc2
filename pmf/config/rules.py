"""Settings of the rules, by name."""

from __future__ import annotations

from dataclasses import dataclass

from pmf.config.build import require, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """Rules beside learning (METHOD, "Rules beside learning")."""

    rounds: int = setting(
        0,
        "how often pairs found by rules are trained on; 0 = learning alone, as in paper and published code.",
    )
    scored: bool = setting(
        False,
        "whether what rules think of a pair counts in the similarity that a run ends with, as a share of structure's: "
        "as much as validation links say, and nothing if they do not surely gain by it.",
    )
    inference_rounds: int = setting(
        5, "how often an inference turns between which relations agree and which entities are the same."
    )
    least_probability: float = setting(0.1, "of a pair that an inference keeps.")
    seed_probability: float = setting(
        0.95,
        "of a pair that is trained on though the model does not find it; a pair that rules and model "
        "agree on is, whatever its probability.",
    )
    least_factor: float = setting(0.02, "weaker evidence does not count.")
    model_probability: float = setting(
        0.5, "what a pair that the model finds best from both sides is worth as evidence."
    )
    literals: bool = setting(
        True, "whether attribute values are evidence: equal ones, numbers that are close, texts that are alike."
    )
    usual_doubt: float = setting(
        0.02,
        "share of the seed links that rules may clearly speak against although most are right; where it is larger, "
        "those that they speak against do not train. 1 = all seed links train.",
    )
    products_per_fact: int = setting(
        64, "of entity pairs that a round may look at; of larger neighbourhoods the largest are left out."
    )

    def __post_init__(self) -> None:
        require(self.rounds >= 0, f"rules.rounds must not be negative, got {self.rounds}")
        for name in ("inference_rounds", "products_per_fact"):
            require(getattr(self, name) > 0, f"rules.{name} must be above 0, got {getattr(self, name)}")
        require(0 <= self.usual_doubt <= 1, f"rules.usual_doubt must lie in [0, 1], got {self.usual_doubt}")
        for name in ("least_probability", "seed_probability", "least_factor", "model_probability"):
            value = getattr(self, name)
            require(0 < value < 1, f"rules.{name} must lie in (0, 1), got {value}")
