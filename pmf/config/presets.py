"""The presets: one table, a column each; the numbers are METHOD's differences between paper and code.

| # | setting                       | paper      | published  | default    |
|---|-------------------------------|------------|------------|------------|
| 1 | freezing.fusion_weight        | graded     | binary     | binary     |
| 2 | freezing.seed_relevance       | candidates | partner    | candidates |
| 3 | freezing.candidates           | all        | linked     | all        |
| 4 | freezing.cap                  | 0.9        | 0.9        | 0.9        |
|   | freezing.other_cap            | as cap     | 0.1        | as cap     |
|   | freezing.start_epoch          | 10         | 10         | 5          |
|   | freezing.growth_rate          | 1.2        | 1.2        | 1.44       |
|   | freezing.every                | 1          | 1          | 4          |
|   | freezing.guard                | False      | False      | True       |
|   | model.propagation             | 0.0        | 0.0        | 0.5        |
|   | model.direct                  | 0.0        | 0.0        | 0.5        |
|   | features.char                 | bigrams    | bigrams    | weighted   |
|   | rules.rounds                  | 0          | 0          | 2          |
|   | rules.scored                  | False      | False      | True       |
| 6 | loss.cross_modality_entities  | seeds      | linked     | seeds      |
|   | evaluation.reliability        | False      | False      | True       |
| 7 | evaluation.scoring            | cosine     | dot        | cosine     |
|   | evaluation.csls_rounds        | (no CSLS)  | 2          | 2          |
|   | train.epochs                  | 100        | 100        | 25         |
|   | train.freeze_epochs           | 50         | 50         | 25         |
|   | train.precision               | float32    | float32    | bfloat16   |
| 8 | train.selection               | last       | last       | last       |
| 9 | evaluation.decode             | greedy     | csls       | csls       |

Difference 5 (`max α ≤ δ`) is the same in all three: everything is frozen, nothing is divided by ≤ 0.
The published code selects its best epoch on the test links; no preset of ours does. `default` keeps a
tenth of the seeds to choose its thresholds (`pmf.freezing.rules.guard`) and how much each modality counts
(`pmf.training.loop.reliability`), adds what the seeds say by themselves (`pmf.model.propagation`) and what
words say by themselves (`pmf.model.direct`), trains on pairs that rules find where validation links say that these are
right (`pmf.training.links.rules`), counts what rules think at its end (`pmf.model.believed`), and has no stage 2:
making modalities consistent costs what they know apart.
"""

from __future__ import annotations

from collections.abc import Mapping

from pmf.config.training import TrainConfig
from pmf.errors import ConfigError

PRESETS: dict[str, dict[str, str]] = {
    "paper": {
        "freezing.fusion_weight": "graded",
        "freezing.seed_relevance": "candidates",
        "freezing.candidates": "all",
        "loss.cross_modality_entities": "seeds",
        "train.selection": "last",
        "evaluation.scoring": "cosine",
        "evaluation.decode": "greedy",
    },
    "published": {
        "freezing.fusion_weight": "binary",
        "freezing.seed_relevance": "partner",
        "freezing.candidates": "linked",
        "freezing.other_cap": "0.1",
        "loss.cross_modality_entities": "linked",
        "train.selection": "last",
        "evaluation.scoring": "dot",
        "evaluation.decode": "csls",
        "evaluation.csls_rounds": "2",
    },
    "default": {
        "train.epochs": "25",
        "train.freeze_epochs": "25",
        "train.precision": "bfloat16",
        "train.selection": "last",
        "evaluation.csls_rounds": "2",
        "evaluation.reliability": "true",
        "freezing.fusion_weight": "binary",
        "freezing.guard": "true",
        "freezing.start_epoch": "5",
        "freezing.growth_rate": "1.44",
        "freezing.every": "4",
        "model.propagation": "0.5",
        "model.direct": "0.5",
        "features.char": "weighted",
        "rules.rounds": "2",
        "rules.scored": "true",
    },
}

ITERATIVE_EPOCHS = {"paper": "500", "published": "500", "default": "40"}
"""Epochs of stage 3 that `--iterative` asks for (METHOD, "Training schedule")."""


def preset(name: str) -> dict[str, str]:
    """The settings of a preset, by name.

    Raises:
        ConfigError: there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"unknown preset {name}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def settings_of(name: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of a preset with a person's own, which win.

    Who names `train.epochs` alone need not know of stages: without a stage 2 all of them are of stage 1, else stage 1
    is no longer than all.

    Raises:
        ConfigError: there is no such preset.
    """
    base = preset(name)
    epochs = settings.get("train.epochs", "")
    if "train.freeze_epochs" in settings or not epochs.isdecimal():
        return {**base, **settings}
    usual = TrainConfig()
    total, first = (int(base.get(f"train.{n}", getattr(usual, n))) for n in ("epochs", "freeze_epochs"))
    stage = int(epochs) if first == total else min(first, int(epochs))
    return {**base, "train.freeze_epochs": str(stage), **settings}
