"""The presets: one table, a column each; the numbers are METHOD's differences between paper and code.

| # | setting                       | paper      | published  | default    |
|---|-------------------------------|------------|------------|------------|
| 1 | freezing.fusion_weight        | graded     | binary     | binary     |
| 2 | freezing.seed_relevance       | candidates | partner    | candidates |
| 3 | freezing.candidates           | all        | linked     | all        |
| 4 | freezing.cap                  | 0.9        | 0.9        | 0.9        |
|   | freezing.other_cap            | as cap     | 0.1        | as cap     |
|   | freezing.every                | 1          | 1          | 5          |
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
|   | train.epochs                  | 100        | 100        | 50         |
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
        "train.epochs": "50",
        "train.selection": "last",
        "evaluation.csls_rounds": "2",
        "evaluation.reliability": "true",
        "freezing.fusion_weight": "binary",
        "freezing.guard": "true",
        "freezing.every": "5",
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
