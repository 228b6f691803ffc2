"""PMF: multi-modal entity alignment by Progressively Modality Freezing (arXiv 2407.16168).

From data to alignment: `read_data`, `train`, `open_run`, `evaluate`, `match`, `explain`; `update` matches what is
new in the data without training; `adopt` makes a run of another system's output, `LiveRun` of a training loop while it
goes on. A `Config` holds every
setting, `PRESETS` what each preset sets. Nothing heavy is imported before one of them is used; `help(pmf.train)` says
more.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pmf.api import PRESETS, Config, LiveRun, adopt, evaluate, explain, match, open_run, read_data, train, update

__all__ = [
    "PRESETS",
    "Config",
    "LiveRun",
    "adopt",
    "evaluate",
    "explain",
    "match",
    "open_run",
    "read_data",
    "train",
    "update",
]
__version__ = "0.1.0"

# PyTorch asks once, at its first large tensor. Pages of 2 MB instead of 4 KB halve the time of attention on a CPU,
# whose operations spend half of it on pages touched for the first time.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'pmf' has no attribute {name!r}")
    from pmf import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
