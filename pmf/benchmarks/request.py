"""What one section of the benchmark is asked to measure; plain values, so that a process can be told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pmf.config.build import require
from pmf.config.config import Config
from pmf.config.presets import settings_of

SYNTHETIC = "synthetic"
"""In place of a folder: a pair drawn in memory, of DBP15K's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One section.

    Args:
        section: "machine", "epoch", "growth", "search", "ranks", "to_hits", "update", "check",
            "memory", "device" or "drawn".
        preset: which settings to start from.
        settings: by name, as text; they win over the preset.
        repeat: times that a part is measured.
        size: entities of both graphs together, for "growth", "search" and "ranks".
        hits: Hits@1 in (0, 1] to train to, for "to_hits".
        check: which one of `pmf.benchmarks.agreement`, for "check".
    """

    section: str
    preset: str = "published"
    settings: Mapping[str, str] = field(default_factory=dict)
    repeat: int = 3
    size: int = 0
    hits: float = 1.0
    check: str = ""

    def __post_init__(self) -> None:
        require(self.repeat > 0, f"--repeat must be above 0, got {self.repeat}")
        require(0 < self.hits <= 1, f"--to-hits must lie in (0, 1], got {self.hits}")

    def config(self, forced: Mapping[str, str] | None = None) -> Config:
        """The settings of the run that is measured; `forced` ones win over all others.

        Raises:
            ConfigError: an unknown preset or setting, or a value of the wrong type or range.
        """
        base = Config(data=SYNTHETIC, preset=self.preset)
        config = base.with_settings(settings_of(self.preset, {**self.settings, **(forced or {})}))
        require("structure" in config.modalities, "a benchmark needs the modality structure")
        require(config.model.attention == "published", "a benchmark needs model.attention=published")
        return config
