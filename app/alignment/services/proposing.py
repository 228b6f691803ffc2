"""What a run finds, as proposals in the alignment of its data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.alignment.services.given import given_links
from app.shared.services.run_view import RunView, fingerprint
from app.store import ReviewStore
from app.store.aligning import Proposed
from app.store.alignment import Pair
from app.store.consensus import Key
from pmf.alignment.evaluation.of_scores import scores_only
from pmf.runs import layout
from pmf.runs.reader import RunReader

LIKELY_ALONE = 0.5
"""From this probability on, that an entity has no counterpart is proposed."""


MOST_PAIRS = 10**9
"""Pairs of entities that are compared while somebody waits; more take minutes."""


def why_not(run: RunView) -> str:
    """Why the pages do not match a run's entities, in a sentence; "" where there is one."""
    if run.n_source * (run.n - run.n_source) > MOST_PAIRS:
        return f"So many entities take minutes to compare. On the command line: pmf match {run.run_id} --out FILE"
    if run.reader.embedding("fused") is None and not scores_only(run.reader):
        return "There are no embeddings yet: the first stage of the training has not ended."
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What proposing a run's pairs brought; of an update also what became of accepted pairs.

    Args:
        pairs: how many are new, proposed again, and withdrawn.
        follows: the run whose data came before, "" where the run is no update or its parent is not here any more.
        changed: accepted pairs of which the update says that their evidence changed, or that they are gone.
    """

    pairs: Proposed
    follows: str = ""
    changed: int = 0


def propose_run(store: ReviewStore, run: RunView, *, one_to_one: bool = True) -> Proposals:
    """Propose the pairs that `pmf match` finds, and the source entities that more likely than not have no counterpart.

    The data of an updated run take on the alignment of those before, and what the update found changed is marked.

    Args:
        store: the review store.
        run: with embeddings, or adopted with scores.
        one_to_one: whether entities may not share a counterpart.

    Raises:
        RunFormatError: there are no embeddings yet, or the run does not say which data it is of.
        ConfigError: the run is at chance, or too few entities are left to match.
    """
    from pmf.alignment.evaluation.align import match_run  # here, not above: it imports torch, and pages this

    data = fingerprint(run)
    found = match_run(run.reader, one_to_one=one_to_one)
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
    follows = _take_on(store, run)
    proposed = store.propose(data, run.run_id, pairs, _given(run))
    return Proposals(pairs=proposed, follows=follows, changed=mark_changed(store, run))


def _take_on(store: ReviewStore, run: RunView) -> str:
    """Let an updated run's data take on the alignment of its parent's, where that lies beside it."""
    updated = run.reader.facts.updated
    folder = run.reader.folder.parent / Path(updated.parent if updated else "").name
    if updated is None or not (folder / layout.CONFIG).is_file():
        return ""
    older = RunReader(folder).facts.fingerprint
    if older and older != fingerprint(run):
        store.follow(fingerprint(run), older, run.run_id)
    return updated.parent


def mark_changed(store: ReviewStore, run: RunView) -> int:
    """Mark accepted pairs of which an update says that their evidence changed, or that they are gone; how many."""
    table = run.reader.accepted()
    if table is None:
        return 0
    rows = table[table["state"] != "kept"]
    words = [
        ": ".join(filter(None, ("gone" if state == "gone" else "", what)))
        for what, state in zip(rows["what"], rows["state"], strict=True)
    ]
    why = dict(zip(zip(rows["source"], rows["target"], strict=True), words, strict=True))
    return store.mark_changed(fingerprint(run), run.run_id, why)


def _given(run: RunView) -> set[Key]:
    """Entities of links that a run was given: that it does not propose them withdraws nothing."""
    return {
        ("source" if run.is_source(entity) else "target", str(run.uris[entity]))
        for entity in given_links(run).ravel().tolist()
    }
