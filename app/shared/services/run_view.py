"""One run with what all pages ask of it, each part read once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.language import languages
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.about import read_about
from pmf.runs.reader import RunReader, RunState

Ids = npt.NDArray[np.int64]

NOT_RANKED, WRONG, RIGHT = -1, 0, 1
OUTCOMES = {NOT_RANKED: "not ranked", RIGHT: "● right", WRONG: "✕ wrong"}


class RunView:
    """A run folder as it stands; build a new one when `catalog.stamp` changes.

    Entity ids index every array here. Nothing is written to after it is made, so that sessions may share it.

    Args:
        reader: of the folder.
        stamp: what `catalog.stamp` was when it was opened, None where nobody asks.
    """

    def __init__(self, reader: RunReader, stamp: object = None) -> None:
        self.reader, self.stamp = reader, stamp
        self.run_id = reader.run_id
        self.modalities = reader.modalities
        self.n_source, self.n = reader.n_source, reader.n_entities

    @cached_property
    def reports(self) -> list[dict[str, Any]]:
        """One report an epoch."""
        return self.reader.epoch_reports()

    @property
    def scope(self) -> str:
        """Which candidates queries are ranked among, "closed" or "open"."""
        return self.reader.facts.scope

    @property
    def seed(self) -> str:
        """The seed of its random choices, "?" where it does not say."""
        return "?" if self.reader.facts.seed is None else str(self.reader.facts.seed)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the data it was trained on, "" where it does not say."""
        return self.reader.facts.fingerprint

    @cached_property
    def title(self) -> str:
        """What it is called on screen: the name somebody gave it, else its id."""
        return title_of(self.reader.folder)

    @property
    def state(self) -> RunState:
        """Where the run stands now; never cached, because a heartbeat goes stale without any write."""
        return self.reader.state()

    @cached_property
    def labels(self) -> npt.NDArray[np.object_]:
        """A label per entity."""
        return self.reader.entities["label"].to_numpy(dtype=object)

    @cached_property
    def uris(self) -> npt.NDArray[np.object_]:
        """The URI of each entity."""
        return self.reader.entities["uri"].to_numpy(dtype=object)

    @cached_property
    def _folded(self) -> pd.Series:
        return pd.Series(self.labels).astype(str).str.casefold()

    @cached_property
    def types(self) -> npt.NDArray[np.object_]:
        """The type of each entity, "" where the data does not say."""
        return self.reader.entities["type"].to_numpy(dtype=object)

    @cached_property
    def languages(self) -> npt.NDArray[np.object_]:
        """The language of each entity, "" where its URI does not say."""
        return languages(self.uris)

    @cached_property
    def degree(self) -> Ids:
        """Relation triples at each entity."""
        return self.reader.entities["degree"].to_numpy(dtype=np.int64)

    @cached_property
    def partner(self) -> Ids:
        """The linked counterpart of each entity, -1 without one; of several the first."""
        partner = np.full(self.n, -1, np.int64)
        source, target = (self.reader.links[side].to_numpy() for side in ("source", "target"))
        partner[source[::-1]] = target[::-1]
        partner[target[::-1]] = source[::-1]
        return partner

    @cached_property
    def split(self) -> npt.NDArray[np.object_]:
        """The split of each entity's link, "" without one."""
        split = np.full(self.n, "", object)
        for side in ("source", "target"):
            split[self.reader.links[side].to_numpy()] = self.reader.links["split"].to_numpy(dtype=object)
        return split

    @cached_property
    def frozen_at(self) -> npt.NDArray[np.int16] | None:
        """`[modalities, entities]`: epoch, -1 never, -2 missing; None before the first epoch."""
        return self.reader.frozen_at()

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """One row a query, indexed by its entity id; None until the run has ended."""
        table = self.reader.predictions()
        return None if table is None else table.drop_duplicates("query").set_index("query", drop=False)

    @cached_property
    def best(self) -> Ids:
        """The first candidate of each ranked entity, -1 for the others."""
        best = np.full(self.n, -1, np.int64)
        if self.predictions is not None:
            first = [row[0] if len(row) else -1 for row in self.predictions["candidates"]]
            best[self.predictions.index.to_numpy()] = first
        return best

    @cached_property
    def outcome(self) -> npt.NDArray[np.int8]:
        """RIGHT where the truth has rank 1, WRONG where it has not, NOT_RANKED elsewhere."""
        outcome = np.full(self.n, NOT_RANKED, np.int8)
        if self.predictions is not None:
            ranked = self.predictions[self.predictions["rank"].notna()]
            outcome[ranked.index.to_numpy()] = (ranked["rank"] <= 1).to_numpy()
        return outcome

    @cached_property
    def failures(self) -> pd.DataFrame | None:
        """One row a test query, indexed by its entity id; None until the causes have been computed."""
        table = self.reader.failures()
        return None if table is None else table.drop_duplicates("query").set_index("query", drop=False)

    @cached_property
    def causes(self) -> npt.NDArray[np.object_]:
        """The primary cause of each entity's error as a query, "" where it is right or nothing is known."""
        causes = np.full(self.n, "", object)
        if self.failures is not None:
            causes[self.failures.index.to_numpy()] = self.failures["cause"].to_numpy(dtype=object)
        return causes

    def is_source(self, entity: int) -> bool:
        """Whether an entity belongs to the source graph."""
        return entity < self.n_source

    def frozen_epoch(self, modality: str, entity: int) -> int:
        """Epoch in which a feature froze, or `layout.NEVER_FROZEN`, or `layout.MISSING`."""
        if self.frozen_at is None:
            return layout.NEVER_FROZEN
        return int(self.frozen_at[self.modalities.index(modality), entity])

    def find(self, text: str, limit: int = 50) -> list[int]:
        """Ids of entities whose label holds `text`; whole and beginning matches first, then shorter labels."""
        wanted = text.strip().casefold()
        if not wanted:
            return []
        hits = self._folded[self._folded.str.contains(wanted, regex=False)]
        order = sorted(hits.index, key=lambda i: (not hits[i].startswith(wanted), len(hits[i]), i))
        return [int(i) for i in order[:limit]]


def fingerprint(run: RunView) -> str:
    """SHA-256 of the data of a run, which verdicts and kept slices belong to.

    Raises:
        RunFormatError: the run does not say which data it was trained on.
    """
    if not run.fingerprint:
        raise RunFormatError(f"{run.run_id} does not say which data it was trained on, so nothing can be kept of it.")
    return run.fingerprint


def title_of(folder: Path) -> str:
    """What the run in a folder is called on screen: the name somebody gave it, else its id."""
    try:
        return read_about(folder).name or folder.name
    except RunFormatError:
        return folder.name


def not_yet(run: RunView, what: str) -> str:
    """Why something that training writes at its end is not there."""
    state, adopted = run.state, run.reader.facts.adopted
    if adopted is not None and state.name != "running":
        return f"{what} not there: none came with {adopted.layout}."
    if state.name == "running":
        return f"{what} written when training ends; {run.run_id} is at epoch {state.epoch + 1} of {state.epochs}."
    if state.name == "finished":
        return f"{what} not in the folder of {run.run_id}, although its training finished."
    ended = {"failed": "failed", "stopped": "was stopped"}.get(state.name, "was interrupted")
    return f"{what} not there, because the training of {run.run_id} {ended} after {state.epoch + 1} epochs."
