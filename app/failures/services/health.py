"""Tables of a run's health, as figures and pages need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from app.shared.services.headline import DIRECTIONS
from pmf.failures.freezing_harm import Harm
from pmf.failures.records import Agreement, Hubness

MOST_HARMS = 12


def harm(harms: Sequence[Harm]) -> pd.DataFrame:
    """What freezing cost: `group, modality, cost, low, high, certain, links`, costs in points of Hits@1.

    All links before types, then the largest cost or gain first; of many only the first.
    """
    order = sorted(harms, key=lambda one: (one.type != "", -abs(one.cost)))[:MOST_HARMS]
    columns = ["group", "modality", "cost", "low", "high", "certain", "links"]
    rows = [
        {
            "group": f"{one.modality} · {one.type or 'all links'}",
            "modality": one.modality,
            "cost": 100 * one.cost,
            "low": 100 * one.low,
            "high": 100 * one.high,
            "certain": one.certain,
            "links": one.links,
        }
        for one in order
    ]
    return pd.DataFrame(rows, columns=columns)


def agreement(pairs: Sequence[Agreement]) -> pd.DataFrame:
    """Pairs of modalities: `pair, both, one, neither, queries, correlation`."""
    rows = pd.DataFrame(asdict(one) for one in pairs)
    pair = rows["modality"] + " · " + rows["other"]
    neither = 1 - rows["both"] - rows["one"]
    return rows.assign(pair=pair, neither=neither)[["pair", "both", "one", "neither", "queries", "correlation"]]


def calibration(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    """How often what is said with a probability comes true: `direction, probability, observed, n`."""
    return pd.DataFrame(
        [{"direction": direction} | dict(point) for direction, part in curves.items() for point in part]
    )


def hubs(hubness: Sequence[Hubness]) -> pd.DataFrame:
    """How uneven each direction is, to read."""
    return pd.DataFrame(
        {
            "Direction": DIRECTIONS[one.direction],
            "Skewness": f"{one.skewness:.1f}",
            "Hubs": f"{one.hubs:.1%}",
            "Never predicted": f"{one.never:.1%}",
            "Queries of the largest hub": one.most,
        }
        for one in hubness
    )
