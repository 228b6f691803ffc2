"""What a run finds, as proposals in the alignment of its data."""

from __future__ import annotations

import pandas as pd

from app.shared.services.run_view import RunView, fingerprint
from app.store import ReviewStore
from app.store.aligning import Proposed
from app.store.alignment import Pair
from pmf.alignment.evaluation.align import match_run
from pmf.runs.links import stored_split

LIKELY_ALONE = 0.5
"""From this probability on, that an entity has no counterpart is proposed."""


def propose_run(store: ReviewStore, run: RunView, *, one_to_one: bool = True) -> Proposed:
    """Propose the pairs that `pmf match` finds, and the source entities that more likely than not have no counterpart.

    Args:
        store: the review store.
        run: with embeddings, or adopted with scores.
        one_to_one: whether entities may not share a counterpart.

    Raises:
        RunFormatError: there are no embeddings yet, or the run does not say which data it is of.
        ConfigError: the run is at chance, or too few entities are left to match.
    """
    data = fingerprint(run)
    found = match_run(run.reader, decode="mutual", one_to_one=one_to_one)
    pairs: dict[Pair, float | None] = {}
    chance = found.alignment.get("probability", pd.Series(float("nan"), index=found.alignment.index))
    for source, target, probability in zip(found.alignment["source"], found.alignment["target"], chance, strict=True):
        pairs[str(source), str(target)] = None if pd.isna(probability) else float(probability)
    if "probability" in found.dangling:
        alone = found.dangling[found.dangling["probability"] >= LIKELY_ALONE]
        pairs |= {
            (str(source), ""): float(probability)
            for source, probability in zip(alone["source"], alone["probability"], strict=True)
        }
    return store.propose(data, run.run_id, pairs, _given(run))


def _given(run: RunView) -> set[tuple[str, str]]:
    """Entities of links that a run was given: what it says of them was not found by it."""
    split = stored_split(run.reader)
    return {
        ("source" if run.is_source(entity) else "target", str(run.uris[entity]))
        for links in (split.seed_links, split.val_links)
        for entity in links.ravel().tolist()
    }
