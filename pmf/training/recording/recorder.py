"""What of a training goes into its run folder, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates, decoded_figures, evaluate, ranked, search_figures
from pmf.alignment.matching import DECODERS
from pmf.alignment.search.approximate import require_search
from pmf.alignment.search.similarity import Similarities
from pmf.arrays import Ids
from pmf.audit.chance import FEWEST_LINKS, at_chance
from pmf.data.split import LinkSplit
from pmf.freezing.fusion import fuse
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training.loop import checkpoint
from pmf.training.loop.believing import believe
from pmf.training.loop.epoch_report import EpochReport
from pmf.training.loop.memory import give_back
from pmf.training.loop.trainer import Trainer
from pmf.training.recording.held_back import held_back
from pmf.training.recording.predictions import prediction_table
from pmf.training.recording.rank_history import standing

_SAMPLE_PAIRS = 500

Directions = Mapping[str, Mapping[str, float]]


class Recorder:
    """Writes a training's epochs to its run folder.

    A kill between any two writes loses nothing but time: the checkpoint comes last, so whatever was not yet
    written is written again after a resume.

    Of several processes each has one, as they share what is computed here; the writer of all but one writes nothing.

    Args:
        trainer: the training.
        writer: the hand on the folder.
    """

    def __init__(self, trainer: Trainer, writer: RunWriter) -> None:
        self.trainer, self.writer = trainer, writer
        pool = self._pool()
        require_search(len(pool.source), len(pool.target), trainer.config.evaluation, trainer.device)
        self.snapshots = _Snapshots(trainer, writer)

    def epoch(self, report: EpochReport, *, leaving: bool) -> None:
        """Write one epoch, with a checkpoint where one is due or the training is `leaving`."""
        trainer, writer = self.trainer, self.writer
        setting = trainer.config.train
        if report.relevance is not None:
            writer.relevance(report.epoch, report.relevance.cpu().numpy())
            writer.frozen_at(trainer.state.frozen_at.cpu().numpy())
        if report.stage_ended:
            self._end_stage(report, last=report.epoch + 1 == setting.total_epochs)
        self.snapshots.take(report.epoch)
        writer.event("epoch", **_fields(report, trainer.config.modalities))
        if not trainer.processes.writes:
            return
        if trainer.best is not None and trainer.best.epoch == report.epoch:
            checkpoint.save(
                writer.folder / layout.CHECKPOINTS / "best.safetensors",
                trainer.best.tensors,
                {"epoch": trainer.best.epoch, "metric": trainer.best.metric},
            )
        if report.stage_ended or leaving or (report.epoch + 1) % setting.checkpoint_every == 0:
            checkpoint.save(writer.folder / layout.CHECKPOINTS / "last.safetensors", *trainer.checkpoint())
            if not report.stage_ended:
                self.store_embeddings(durable=False)

    def store_embeddings(self, *, durable: bool) -> tuple[Tensor, Tensor]:
        """Store the embeddings as they stand, and return what is stored: `[m, n, d]` of the modalities, and fused.

        In the middle of a training they are for looking at only, and not worth waiting for the disk.
        """
        trainer, writer = self.trainer, self.writer
        give_back()
        weight, model = trainer.weight(), trainer.model
        m, n = weight.shape
        # figures come from what is stored, so that `evaluate` on the folder repeats them to the last digit; in float32
        # there is but a part of it at a time, as whole tables are the largest things in memory
        halves = torch.empty(0, dtype=torch.float16, device=weight.device)
        stored = halves
        for part, embedded in model.embed_parts():
            if not len(halves):
                halves = halves.new_empty(m, n, embedded.shape[-1])
                stored = halves.new_empty(n, m * embedded.shape[-1])
            halves[:, part] = embedded
            stored[part] = fuse(embedded, weight[:, part], in_place=True)
        for name, table in zip(trainer.config.modalities, halves, strict=True):
            writer.embedding(name, table.cpu().numpy(), durable=durable)
        writer.embedding("fused", stored.cpu().numpy(), durable=durable)
        writer.embedding("weight", weight.cpu().numpy(), durable=durable)
        writer.frozen_at(trainer.state.frozen_at.cpu().numpy())
        return halves, stored

    def _end_stage(self, report: EpochReport, *, last: bool) -> None:
        """Embeddings, predictions and figures of the state that a stage ends with."""
        trainer, writer = self.trainer, self.writer
        if last:
            writer.event("phase", phase="evaluate")
            believe(trainer)
            if (evidence := held_back(trainer)) is not None:
                writer.held_back(evidence)
            trainer.finish()
            believe(trainer, choose=False)
        config = trainer.config
        embeddings, stored = self.store_embeddings(durable=True)
        pool = self._pool()
        single = {
            name: evaluate(table, pool, config.evaluation, trainer.processes)
            for name, table in zip(config.modalities, embeddings, strict=True)
        }
        del embeddings  # the files have them: before the largest things in memory are made
        if last:
            writer.event("phase", phase="predictions")
        plain = pool.similarities(stored, config.evaluation, trainer.processes)
        del stored  # before the largest thing in memory is made
        scores = DECODERS[config.evaluation.decode].score(plain, config.evaluation)
        fused = self._fused(scores, pool)
        del scores
        writer.event(
            "results",
            at="end" if last else f"stage {report.stage}",
            epoch=trainer.best.epoch if trainer.best else trainer.next_epoch,
            split="test",
            scope=config.evaluation.scope,
            decode=config.evaluation.decoding_name,
            selection=config.train.selection,
            seed=config.seed,
            review=trainer.review.counts,
            reliability=dict(zip(config.modalities, trainer.reliability.tolist(), strict=True)),
            label_share=trainer.label_shares,
            rules_share=trainer.links.rules.share if trainer.links.rules else 0.0,
            single_modality=single,
            chance=self._chance(report.metrics.get("validation"), fused, pool),
            **fused,
        )

    def _chance(
        self, validation: Directions | None, test: Mapping[str, Any], pool: Candidates
    ) -> dict[str, Any] | None:
        """Whether the run finds more than blind guesses: by validation links or, where those are few, test links."""
        split, n = self.trainer.split, self.trainer.state.frozen_at.shape[1]
        n_source = self.trainer.n_source
        if validation and len(split.val_links) >= FEWEST_LINKS:
            figures, name, links = validation, "validation", split.val_links
            taken = [len(np.unique(side)) for side in split.seed_links.T]
            sides = [n - n_source - taken[1], n_source - taken[0]]
        else:
            figures, name, links = test, "test", split.test_links
            sides = [len(pool.target), len(pool.source)]
        if not all(direction in figures for direction in layout.DIRECTIONS):
            return None
        hits = [(figures[direction], max(1, side)) for direction, side in zip(layout.DIRECTIONS, sides, strict=True)]
        return {"split": name, "links": len(links), "at_chance": at_chance(hits, len(links))}

    def _pool(self) -> Candidates:
        """Who is compared at the end."""
        trainer = self.trainer
        return Candidates.test(
            trainer.split, trainer.config.evaluation.scope, trainer.n_source, trainer.state.frozen_at.shape[1]
        )

    def _fused(self, scores: Similarities, pool: Candidates) -> dict[str, Any]:
        """Write the predictions; return the figures of the scores of fused embeddings, and of the search for them."""
        trainer, config = self.trainer, self.trainer.config
        rankings = ranked(scores, pool, config.evaluation)
        if trainer.processes.writes:
            run = RunReader(self.writer.folder)
            tables = [table for name in config.modalities if (table := run.embedding(name)) is not None]
            weight = trainer.weight().cpu().numpy()
            self.writer.predictions(prediction_table(rankings, tables, weight, pool, trainer.split, config))
        search = search_figures(scores, pool, config.evaluation)
        return {**decoded_figures(scores, pool, config.evaluation, rankings), "search": search}


def _fields(report: EpochReport, modalities: tuple[str, ...]) -> dict[str, Any]:
    """The log line of an epoch."""
    fields = asdict(replace(report, relevance=None))  # which would be copied
    for unwanted in ("relevance", "stage_ended"):
        del fields[unwanted]
    for name in ("threshold", "frozen_share", "missing_share"):
        fields[name] = dict(zip(modalities, fields[name], strict=True))
    if proposals := fields.pop("proposals"):
        fields["proposals"] = {m: one for m, one in zip(modalities, proposals, strict=True) if one}
    return fields


class _Snapshots:
    """At epochs spread over the run: fused embeddings of a sample of linked entities, and how test queries stand."""

    def __init__(self, trainer: Trainer, writer: RunWriter) -> None:
        setting = trainer.config.train
        self.trainer, self.writer = trainer, writer
        self.due = set(np.linspace(0, setting.total_epochs - 1, setting.snapshots).round().astype(int).tolist())
        self.sample = _sample(trainer.split, trainer.config.seed)
        self.epochs: list[int] = []
        self.fused: list[Any] = []
        self.course: list[pd.DataFrame] = []
        if not trainer.next_epoch:
            return  # of several processes this may be there before the folder is
        old, stood = RunReader(writer.folder).snapshots(), RunReader(writer.folder).course()
        for epoch, fused in zip(old["epochs"].tolist(), old["fused"], strict=True) if old else []:
            if epoch < trainer.next_epoch:
                self.epochs.append(epoch)
                self.fused.append(fused)
        if stood is not None:
            self.course.append(stood[stood["epoch"] < trainer.next_epoch])

    def take(self, epoch: int) -> None:
        if epoch not in self.due:
            return
        trainer, writer = self.trainer, self.writer
        fused = trainer.fused()
        self.epochs.append(epoch)
        self.fused.append(fused[self.sample].half().cpu().numpy())
        writer.snapshots(self.sample, self.epochs, self.fused)
        if len(trainer.split.test_links):
            scope = trainer.config.evaluation.scope
            pool = Candidates.test(trainer.split, scope, trainer.n_source, len(fused))
            self.course.append(standing(fused, pool, epoch, trainer.config.evaluation, trainer.processes))
            writer.course(pd.concat(self.course, ignore_index=True))


def _sample(split: LinkSplit, seed: int) -> Ids:
    links = np.concatenate([split.seed_links, split.val_links, split.test_links])
    chosen = np.random.default_rng(seed).permutation(len(links))[:_SAMPLE_PAIRS]
    return np.unique(links[chosen])
