"""More runs than can be drawn beside each other: a row a run, and means over those that were told the same."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.compare.services.settings import settings_of
from app.shared.services import headline
from app.shared.services.run_view import RunView

MEASURES = {"hits@1": "Hits@1 %", "hits@10": "Hits@10 %", "mrr": "MRR %"}
SEED = "seed"


def table(runs: Sequence[RunView], direction: str) -> tuple[pd.DataFrame, list[str]]:
    """Every run with its headline figures and the settings that differ.

    Args:
        runs: at least one.
        direction: of the figures.

    Returns:
        A row a run: `Run`, a column a setting that differs, `Links` and the measures in percent, NaN where a run has
        none; and the names of those settings.
    """
    by_run = [dict(settings_of(run)) for run in runs]
    names = list(dict.fromkeys(name for settings in by_run for name in settings))
    differ = [name for name in names if len({settings.get(name, "–") for settings in by_run}) > 1]
    rows = []
    for run, settings in zip(runs, by_run, strict=True):
        figures = headline.headline(run)
        metrics = figures.metrics.get(direction, {}) if figures else {}
        row: dict[str, object] = {"Run": run.title} | {name: settings.get(name, "–") for name in differ}
        row |= {"Links": figures.split if figures else "–"}
        rows.append(row | {title: 100 * metrics.get(name, float("nan")) for name, title in MEASURES.items()})
    return pd.DataFrame(rows), differ


def grouped(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Mean and standard deviation of the runs that agree in some settings.

    Args:
        rows: as `table` gives them.
        by: names of settings; runs on other links are never put together.

    Returns:
        A row a group, the best Hits@1 first: the settings, `Links`, `Runs`, each measure in percent and `± ` measure,
        which is NaN for a single run.
    """
    groups = rows.groupby([*by, "Links"], sort=False)
    parts = {"Runs": groups.size()}
    for title in MEASURES.values():
        parts |= {title: groups[title].mean(), f"± {title.removesuffix(' %')}": groups[title].std()}
    return pd.DataFrame(parts).reset_index().sort_values("Hits@1 %", ascending=False, ignore_index=True)
