"""A run folder that a training loop of somebody else's fills, epoch by epoch, so that the pages follow it.

with pmf.LiveRun("data/cities", "runs/mine", epochs=50) as run:
    links = run.split.seed_links                       # int64 [s, 2]; row numbers of the embeddings below
    for epoch in range(50):
        loss = train_one_epoch(model, links)
        structure, image = model.embed()               # a row an entity, the source graph's first
        run.epoch(loss=loss, structure=structure, image=image, weights=model.gates())
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from pmf.adopting import writing
from pmf.adopting.fusing import Blocks, Table, blocks
from pmf.adopting.given import EMBEDDINGS
from pmf.adopting.ranking import evaluation_of, ranked_by, ranking_settings
from pmf.adopting.rows import Entities
from pmf.adopting.split import split_of
from pmf.adopting.writing import Plan
from pmf.config.build import require
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import DEMO_FOLDER, read_graph_pair
from pmf.errors import NonFiniteLossError
from pmf.modalities import MODALITIES
from pmf.modalities.whole import WHOLE
from pmf.progress import Progress, silent
from pmf.runs import layout
from pmf.runs.facts import Adopted
from pmf.runs.lock import RunLock
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training.recording.ending import last_words
from pmf.training.recording.rank_history import standing

LAYOUT = "a training loop"


class LiveRun:
    """Writes a run folder while somebody else's model trains; a context manager, which ends the run.

    Args:
        data: the data set that is trained on.
        folder: the run folder, which must hold no run yet.
        epochs: that the training will have.
        split: which links are test links: a split of the data, a run on it, or a file of them; see `pmf.adopt`.
        scope: candidates, "closed" or "open".
        decode: how candidates are ranked, cosine when left out.
        settings: of that by name, as in `pmf.adopt`.
        keep_every: epochs after which embeddings and figures are written anew, besides the last.
        snapshots: how many epochs keep the embeddings of a sample of entities, for the map over the epochs.
        maps: draw the maps and find the causes of errors at the end.
        progress: of those.

    Raises:
        PMFError: the data cannot be read, or there is no such split.
    """

    def __init__(
        self,
        data: str | Path | GraphPair,
        folder: str | Path,
        *,
        epochs: int,
        split: str | None = None,
        scope: str = "closed",
        decode: str | None = None,
        settings: Mapping[str, object] | None = None,
        keep_every: int = 5,
        snapshots: int = 6,
        maps: bool = True,
        progress: Progress = silent,
    ) -> None:
        require(epochs > 0 and keep_every > 0, "epochs and keep_every must be above 0")
        self.pair = data if isinstance(data, GraphPair) else read_graph_pair(data)
        entities = Entities(self.pair)
        self.split = split_of(entities, split, Path())
        self.folder, self.epochs, self.keep_every = Path(folder), epochs, keep_every
        texts = {name: str(value) for name, value in (settings or {}).items()}
        self._evaluation = evaluation_of(ranking_settings(texts, scope=None, decode=decode), scope=scope)
        self._data = "demo" if self.pair.path == DEMO_FOLDER else str(self.pair.path)
        self._lines = (*entities.lines, ranked_by(EMBEDDINGS, self._evaluation))
        self._maps, self._progress = maps, progress
        self._due = set(np.linspace(0, epochs - 1, snapshots).round().astype(int).tolist())
        self._next, self._blocks, self._opened = 0, None, contextlib.ExitStack()
        self._plan: Plan | None = None
        self._kept: list[tuple[int, npt.NDArray[np.float16]]] = []
        self._course: list[pd.DataFrame] = []
        self._began = time.monotonic()

    _blocks: Blocks | None
    _writer: RunWriter
    _frozen_at: npt.NDArray[np.int16]

    def __enter__(self) -> LiveRun:
        self._opened.enter_context(RunLock(self.folder))
        return self

    def epoch(
        self,
        *,
        loss: Any = None,
        learning_rate: float = 0.0,
        fused: Any = None,
        weights: Any = None,
        relevance: Any = None,
        **modalities: Any,
    ) -> None:
        """Record one epoch; arrays and tensors have a row an entity, those of the source graph first.

        Args:
            loss: a number, or several by name.
            learning_rate: of the epoch.
            fused: `[n, D]`; may be left out where modalities come, which then stand side by side.
            weights: `[m]` or `[m, n]`, the factor (gate) of each modality in the order in which they come; a feature
                whose gate is 0 counts as frozen since the epoch in which it closed.
            relevance: `[m, n]` in [0, 1], NaN = not measured.
            modalities: `[n, d]` each, by name: structure, relation, attribute, image, value, name, char.

        Raises:
            ConfigError: shapes or names do not fit the data or the first epoch.
            NonFiniteLossError: a loss or an embedding is not finite.
        """
        number = self._next
        require(number < self.epochs, f"{self.folder} was to have {self.epochs} epochs, and this is one more")
        losses = _losses(loss, number)
        made, gates = self._made(fused, weights, modalities, number)
        if self._plan is None:
            self._begin(made, freezing=weights is not None or relevance is not None)
        plan = self._plan
        assert plan is not None
        require(
            made.modalities == plan.modalities,
            f"epoch {number} is of {', '.join(made.modalities)}, the first was of {', '.join(plan.modalities)}",
        )
        self._frozen_at = _frozen_at(self._frozen_at, made, gates, number)
        if relevance is not None:
            self._writer.relevance(number, self._relevance(relevance, plan))
        self._blocks, self._next = made, number + 1
        now = number % self.keep_every == 0 or self._next == self.epochs
        metrics = self._keep(plan, made, number) if now or number in self._due else {}
        fields = {
            "losses": losses,
            "learning_rate": float(learning_rate),
            "measured": relevance is not None,
            "train_seconds": time.monotonic() - self._began,
            **writing.shares_of(self._frozen_at, plan.modalities),
        }
        self._writer.event("epoch", **writing.epoch_fields(plan, number, metrics, **fields))
        self._began = time.monotonic()

    def _made(self, fused: Any, weights: Any, modalities: Mapping[str, Any], epoch: int) -> tuple[Blocks, Table | None]:
        """The embeddings of an epoch, and the gates `[m, n]` where they were given."""
        unknown = [name for name in modalities if name not in MODALITIES]
        require(not unknown, f"unknown modality {', '.join(unknown)}; there are {', '.join(MODALITIES)}")
        require(fused is not None or bool(modalities), "an epoch needs embeddings: fused, or those of modalities")
        named = {**modalities, **({} if fused is None else {"fused": fused})}
        tables = {name: _array(values) for name, values in named.items()}
        for name, table in tables.items():
            require(
                table.ndim == 2 and len(table) == len(self.pair),
                f"{name} has shape {table.shape}, expected a row for each of {len(self.pair):,} entities",
            )
            if not np.isfinite(table).all():
                raise NonFiniteLossError(f"the embeddings {name} of epoch {epoch} are not finite")
        whole = tables.pop("fused", None)
        gates = None if weights is None else _array(weights)
        if gates is not None:
            gates = np.repeat(gates[:, None], len(self.pair), axis=1) if gates.ndim == 1 else gates
            expected = (len(tables), len(self.pair))
            require(gates.shape == expected, f"weights have shape {gates.shape}, expected {expected}")
        made = blocks(whole, tables, gates)
        ordered = None if gates is None else gates[[list(tables).index(m) for m in made.modalities if m != WHOLE.name]]
        return made, ordered

    def _begin(self, made: Blocks, *, freezing: bool) -> None:
        """Lay out the folder, once it is known what comes."""
        lines = (*self._lines, *filter(None, (made.remark,)))
        adopted = Adopted(layout=LAYOUT, source="", embeddings=True, probabilities=False, lines=lines)
        self._plan = plan = Plan(
            pair=self.pair,
            split=self.split,
            modalities=made.modalities,
            epochs=self.epochs,
            evaluation=self._evaluation,
            data=self._data,
            adopted=adopted,
            freezing=freezing,
            maps=self._maps,
        )
        self._writer = RunWriter(self.folder, epochs=self.epochs, modalities=plan.modalities, n_entities=len(self.pair))
        writing.create(self._writer, plan, self.folder.name)
        self._opened.enter_context(self._writer)
        self._frozen_at = writing.frozen_at(made)
        self._writer.event("state", state="running", epoch=0)
        self._writer.event("phase", phase="train")

    def _relevance(self, values: Any, plan: Plan) -> Table:
        table = _array(values)
        named = sum(name != WHOLE.name for name in plan.modalities)
        require(
            table.shape == (named, len(self.pair)),
            f"relevance has shape {table.shape}, expected {(named, len(self.pair))}",
        )
        require(bool((np.isnan(table) | ((table >= 0) & (table <= 1))).all()), "relevance must lie in [0, 1]")
        rest = np.full((len(plan.modalities) - named, len(self.pair)), np.nan, np.float32)
        return np.concatenate([table, rest])

    def _keep(self, plan: Plan, made: Blocks, epoch: int) -> dict[str, writing.Figures]:
        """Embeddings, figures and, where it is due, a snapshot of an epoch."""
        writing.write_embeddings(self._writer, made, durable=False)
        self._writer.frozen_at(self._frozen_at)
        if epoch in self._due:
            sample = writing.sample_of(plan)
            self._kept.append((epoch, made.fused[sample].astype(np.float16)))
            self._writer.snapshots(sample, [at for at, _ in self._kept], [table for _, table in self._kept])
            if len(plan.pool.truth):
                self._course.append(standing(torch.from_numpy(made.fused), plan.pool, epoch, plan.evaluation))
                self._writer.course(pd.concat(self._course, ignore_index=True))
        figures = writing.figures_of(plan, made.fused)
        return {"test": figures} if figures else {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._opened:
            if self._plan is None:  # nothing came, so there is no run
                return
            with last_words(self._writer, resumable=False):
                if error is not None:
                    raise error
                self._end(self._plan)

    def _end(self, plan: Plan) -> None:
        assert self._blocks is not None  # an epoch came, or there would be no plan
        writing.write_embeddings(self._writer, self._blocks)
        self._writer.frozen_at(self._frozen_at)
        self._writer.event("phase", phase="evaluate")
        writing.end_with_embeddings(self._writer, plan, self._blocks)
        if self._maps:
            writing.look_into(RunReader(self.folder), self._writer, self.pair, self._progress)
        self._writer.event("state", state="finished")


def _frozen_at(before: npt.NDArray[np.int16], made: Blocks, gates: Table | None, epoch: int) -> npt.NDArray[np.int16]:
    """Since when each feature is frozen: its gate is closed."""
    now = writing.frozen_at(made)
    if gates is not None:
        closed = np.zeros(now.shape, np.bool_)
        closed[: len(gates)] = gates == 0
        since = np.where(before >= 0, before, epoch)
        now = np.where(closed & (now != layout.MISSING), since, now).astype(np.int16)
    return now


def _losses(loss: Any, epoch: int) -> dict[str, float]:
    if loss is None:
        return {}
    by_name = loss if isinstance(loss, Mapping) else {"total": loss}
    losses = {str(name): float(_array(value)) for name, value in by_name.items()}
    for name, value in losses.items():
        if not math.isfinite(value):
            raise NonFiniteLossError(f"the loss {name} of epoch {epoch} is {value}")
    return losses


def _array(values: Any) -> Table:
    """A float32 copy of an array, a list or a tensor of any device."""
    if isinstance(values, torch.Tensor):
        values = values.detach().float().cpu().numpy()
    return np.array(values, np.float32)
