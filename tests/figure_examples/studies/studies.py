"""Fixed data for `app.studies.figures.studies`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from app.studies.figures import studies

AXES = {"freezing.cap": "threshold cap δ", "freezing.start_epoch": "first epoch that freezes"}


def lines() -> go.Figure:
    varied = {"freezing.cap": (0.3, 0.5, 0.6, 0.7, 0.8, 0.9), "freezing.start_epoch": (0.0, 5.0, 10.0, 20.0)}
    points = [
        {"axis": axis, "measure": measure, "line": line, "x": x, "mean": mean, "sd": 0.012, "seeds": 3}
        for axis, values in varied.items()
        for place, x in enumerate(values)
        for measure, line, mean in (
            ("Hits@1", "", 0.69 + 0.02 * place),
            ("frozen share", "image", 0.01 + 0.05 * place),
            ("frozen share", "relation", 0.06),
        )
    ]
    levels = [
        {"measure": "Hits@1", "line": "schedule as it is", "mean": 0.73},
        {"measure": "Hits@1", "line": "nothing frozen", "mean": 0.69},
    ]
    return studies.lines(pd.DataFrame(points), pd.DataFrame(levels), AXES, frozenset())


def bars() -> go.Figure:
    rows = {"all": (0.863, 0.002), "without structure": (0.224, 0.003), "without image": (0.849, float("nan"))}
    table = pd.DataFrame(
        {"variant": name, "mean": mean, "sd": sd, "seeds": 3, "first": name == "all"}
        for name, (mean, sd) in rows.items()
    )
    return studies.bars(table, "Hits@1", {"published": 0.835})


EXAMPLES: dict[str, Callable[[], go.Figure]] = {"lines": lines, "bars": bars}
