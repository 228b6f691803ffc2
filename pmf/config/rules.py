"""Settings of the rules, by name."""

from __future__ import annotations

from dataclasses import dataclass

from pmf.config.build import require


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """Rules beside learning (METHOD, "Rules beside learning").

    Args:
        rounds: how often pairs found by rules are trained on; 0 = learning alone, as in paper and published code.
        inference_rounds: how often an inference turns between which relations agree and which entities are the same.
        least_probability: of a pair that an inference keeps.
        seed_probability: of a pair that is trained on though the model does not find it; a pair that rules and model
            agree on is, whatever its probability.
        least_factor: weaker evidence does not count.
        model_probability: what a pair that the model finds best from both sides is worth as evidence.
        literals: whether attribute values are evidence: equal ones, numbers that are close, texts that are alike.
        products_per_fact: of entity pairs that a round may look at; of larger neighbourhoods the largest are left out.
    """

    rounds: int = 0
    inference_rounds: int = 5
    least_probability: float = 0.1
    seed_probability: float = 0.95
    least_factor: float = 0.02
    model_probability: float = 0.5
    literals: bool = True
    products_per_fact: int = 64

    def __post_init__(self) -> None:
        require(self.rounds >= 0, f"rules.rounds must not be negative, got {self.rounds}")
        for name in ("inference_rounds", "products_per_fact"):
            require(getattr(self, name) > 0, f"rules.{name} must be above 0, got {getattr(self, name)}")
        for name in ("least_probability", "seed_probability", "least_factor", "model_probability"):
            value = getattr(self, name)
            require(0 < value < 1, f"rules.{name} must lie in (0, 1), got {value}")
