"""What all annotators together say, by entity of a run."""

from __future__ import annotations

from collections.abc import Mapping

from app.shared.services.run_view import RunView
from app.store.consensus import Key, Outcome, opposite


def ids(run: RunView) -> dict[Key, int]:
    """Entity id by side and uri."""
    sides = ["source"] * run.n_source + ["target"] * (run.n - run.n_source)
    return {key: i for i, key in enumerate(zip(sides, run.uris, strict=True))}


def accepted(run: RunView, outcomes: Mapping[Key, Outcome]) -> dict[int, int]:
    """Entity → its confirmed counterpart, both ways round."""
    id_of = ids(run)
    partner_of: dict[int, int] = {}
    for (side, uri), outcome in outcomes.items():
        query, other = id_of.get((side, uri)), id_of.get((opposite(side), outcome.other))
        if outcome.verdict == "match" and query is not None and other is not None:
            partner_of[query] = other
            partner_of[other] = query
    return partner_of
