"""Schedule and optimiser, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmf.config.build import require, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Schedule and optimiser (METHOD, "Training schedule")."""

    epochs: int = setting(100, "stage 1 and stage 2 together.")
    freeze_epochs: int = setting(50, "epochs of stage 1; the others are stage 2.")
    iterative_epochs: int = setting(0, "epochs of stage 3, after those; 0 = no stage 3.")
    collect_every: int = setting(5, "epochs of stage 3 between looks for new links.")
    stable_checks: int = setting(5, "looks in a row that must find a pair before it becomes a link.")
    batch_size: int = setting(3500, "seed links a step.")
    learning_rate: float = setting(1e-3, "AdamW's, at its peak.")
    weight_decay: float = setting(
        1e-4, "AdamW's; of the structure's table with drawn neighbours, of the rows that a step has touched."
    )
    gradient_clip: float = setting(1.1, "largest gradient norm.")
    warmup: float = setting(0.15, "share of a stage's steps that warm up, before the cosine decay.")
    selection: Literal["last", "validation", "test"] = setting(
        "validation",
        'which epoch\'s state a stage ends with: the "last", the best on "validation" links (taken from '
        'the seeds), or on "test" links, only ever to compare with published figures (difference 8).',
    )
    validation_share: float = setting(
        0.1, "share of the seed links set aside where an epoch or a threshold is chosen on them."
    )
    evaluate_every: int = setting(5, "epochs between evaluations.")
    checkpoint_every: int = setting(10, "epochs between checkpoints.")
    snapshots: int = setting(6, "how many epochs keep the embeddings of a sample of entities.")
    project: bool = setting(True, "at the end draw the 2-d maps, and find the causes of the errors.")
    sampling: Literal["auto", "never", "always"] = setting(
        "auto",
        'whether the structure of a batch is computed from drawn neighbours: "auto" = in graphs of a '
        'million entities and edges or more, where it costs less than all of them at each step; "never" '
        'or "always". Embeddings that are stored or scored are always of all neighbours '
        "(`pmf.model.sampling`).",
    )
    fanout: int = setting(8, "of its edges an entity then looks along so many at most, in each layer.")
    precision: Literal["float32", "bfloat16"] = setting(
        "float32",
        'of the large products of steps and relevance; "bfloat16" multiplies in bfloat16 and adds in float32 '
        "on a CPU that can, and in TF32 on a GPU, from 4,000 entities on. Figures, predictions and maps are "
        "always of float32.",
    )

    def __post_init__(self) -> None:
        require(
            0 < self.freeze_epochs <= self.epochs,
            f"train.freeze_epochs must lie in 1 … train.epochs ({self.epochs}), got {self.freeze_epochs}",
        )
        for name in (
            "batch_size",
            "learning_rate",
            "gradient_clip",
            "evaluate_every",
            "checkpoint_every",
            "collect_every",
            "stable_checks",
            "fanout",
        ):
            require(getattr(self, name) > 0, f"train.{name} must be above 0, got {getattr(self, name)}")
        require(self.iterative_epochs >= 0, f"train.iterative_epochs must not be negative, got {self.iterative_epochs}")
        require(self.weight_decay >= 0, f"train.weight_decay must not be negative, got {self.weight_decay}")
        require(self.snapshots >= 0, f"train.snapshots must not be negative, got {self.snapshots}")
        require(0 <= self.warmup < 1, f"train.warmup must lie in [0, 1), got {self.warmup}")
        require(
            0 < self.validation_share < 1, f"train.validation_share must lie in (0, 1), got {self.validation_share}"
        )

    @property
    def stage_starts(self) -> tuple[int, int, int]:
        """First epoch of each stage; a stage without epochs starts where the next does."""
        return 0, self.freeze_epochs, self.epochs

    @property
    def consistent_from(self) -> int:
        """First epoch with stage 2's objective; stage 3 keeps it, but where there is no stage 2, no epoch has it."""
        return self.freeze_epochs if self.freeze_epochs < self.epochs else self.total_epochs

    @property
    def total_epochs(self) -> int:
        """Epochs of all stages."""
        return self.epochs + self.iterative_epochs

    def stage(self, epoch: int) -> int:
        """1, 2 or 3."""
        return sum(epoch >= start for start in self.stage_starts)

    def stage_end(self, stage: int) -> int:
        """The epoch after the last one of a stage."""
        return (*self.stage_starts, self.total_epochs)[stage]
