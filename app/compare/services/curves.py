"""The course of several runs, epoch by epoch, in one table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.compare.services.runs import NAMES
from app.shared.services import freezing_record as freezing
from app.shared.services import headline
from app.shared.services.run_view import RunView

COLUMNS = ["run", "panel", "epoch", "value"]
FROZEN = " frozen"


def curves(runs: Sequence[RunView], direction: str) -> tuple[pd.DataFrame, list[str]]:
    """What the runs measured while training.

    Args:
        runs: any, in the order of their letters.
        direction: of Hits@1.

    Returns:
        A row a point: run (its letter), panel (what is measured), epoch, value; and the modalities left out because
        no run ever froze anything of them.
    """
    parts = [
        part.assign(run=letter) for letter, run in zip(NAMES, runs, strict=False) for part in _parts(run, direction)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS), []
    table = pd.concat(sorted(parts, key=_place), ignore_index=True)[COLUMNS]
    most = table.groupby("panel", sort=False)["value"].max()
    still = [panel for panel in most.index[most == 0] if panel.endswith(FROZEN)]
    return table[~table["panel"].isin(still)], [panel.removesuffix(FROZEN) for panel in still]


def measured_alone(points: pd.DataFrame) -> str:
    """Which runs were evaluated on links that no other run was, in a sentence; "" where all can be compared.

    Args:
        points: as `curves` gives them.
    """
    hits = points[points["panel"].str.startswith("Hits@1")]
    runs = hits.groupby("panel", sort=False)["run"].unique()
    alone = [
        f"{letters[0]} on {panel.removeprefix('Hits@1, ')}" for panel, letters in runs.items() if len(letters) == 1
    ]
    if not alone or len(runs) < 2:
        return ""
    return f"While training they were not all measured alike, so these curves stand apart: {'; '.join(alone)}."


def _place(part: pd.DataFrame) -> int:
    """Hits@1 first, then the loss, then what froze; `sorted` keeps the order of the runs."""
    panel = part["panel"].iloc[0]
    return 0 if panel.startswith("Hits@1") else 2 if panel.endswith(FROZEN) else 1


def _parts(run: RunView, direction: str) -> list[pd.DataFrame]:
    hits = headline.curve(run)
    hits = hits[hits["direction"] == direction]
    losses = [(report["epoch"], report.get("losses", {})) for report in run.reports]
    loss = [(epoch, parts["fused"]) for epoch, parts in losses if "fused" in parts]
    shares = freezing.shares(run)
    parts = [
        pd.DataFrame({"panel": "Hits@1, " + hits["split"] + " links", "epoch": hits["epoch"], "value": hits["hits"]}),
        pd.DataFrame(loss, columns=["epoch", "value"]).assign(panel="fused loss"),
        pd.DataFrame({"panel": shares["modality"] + FROZEN, "epoch": shares["epoch"], "value": shares["frozen"]}),
    ]
    return [part for part in parts if len(part)]
