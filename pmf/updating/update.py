"""A finished run and a newer state of its data → a run folder of its own, or one clear line and nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from pmf.alignment.evaluation.evaluate import evaluate_validation
from pmf.alignment.evaluation.of_new import NewQueries, figures_of_new, rank_new
from pmf.arrays import Ids, no_ids
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit, touching, usable_negatives
from pmf.errors import CheckpointMismatchError, ConfigError, DataFormatError
from pmf.features.feature_set import Feature, build_features, presence
from pmf.files import whole_folder
from pmf.model.graph import Adjacency
from pmf.places import stay_inside
from pmf.progress import Progress, listening, silent, step
from pmf.runs import layout
from pmf.runs.facts import Updated
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training.inputs import TrainingInputs
from pmf.training.links.verdicts import Review, Verdicts, apply_verdicts, read_verdicts
from pmf.training.loop import checkpoint
from pmf.training.loop.believing import believe
from pmf.training.loop.device import resolve_device
from pmf.training.loop.trainer import Trainer
from pmf.training.recording.describe import describe_run, entity_table, link_table
from pmf.training.recording.ending import memory_in_words
from pmf.training.recording.predictions import ranked_queries
from pmf.training.recording.recorder import Recorder
from pmf.updating.carrying import accepted_pairs, carried_links, carried_review, carried_tensors, carried_verdicts
from pmf.updating.changes import Changes
from pmf.updating.due import due
from pmf.updating.start import Start, checkpoint_of, trained_path
from pmf.updating.words import lines_of


def update(
    start: Start, folder: Path, *, verdicts: Path | None = None, progress: Progress = silent
) -> tuple[RunReader, tuple[str, ...]]:
    """Match what is new with the finished model, and keep everything that was decided.

    Args:
        start: what `look` has found.
        folder: the run folder, which must not be there yet.
        verdicts: a file of verdicts on the run's data, see `read_verdicts`, beside those that it was trained with.
        progress: called with (what, done, total).

    Returns:
        The run; and what was left out on the way, a sentence each.

    Raises:
        PMFError: something does not fit; nothing is written then.
    """
    with listening(progress), memory_in_words(), whole_folder(folder) as part:
        left_out = _Update(start, verdicts, progress).write(part, folder.name)
    return RunReader(folder), left_out


class _Update:
    """The finished model on the new data.

    Args:
        start: see `look`.
        verdicts: see `update`.
        progress: see `update`.
    """

    def __init__(self, start: Start, verdicts: Path | None, progress: Progress) -> None:
        self.start = start
        self.left_out: list[str] = []
        run, config, changes = start.run, start.config, start.changes
        tensors, _ = checkpoint.load(checkpoint_of(run))
        self.old_split = stored_split(run)
        self.matched = _confirmed(run, changes.old)
        split, review = self._links(verdicts)
        features = _features(start, tensors, progress)
        graph = Adjacency.from_pair(changes.new)
        present = torch.from_numpy(presence(changes.new, features, config.modalities))
        inputs = TrainingInputs(
            pair=changes.new, graph=graph, features=features, present=present, split=split, review=review
        )
        self.trainer = Trainer(config, inputs, resolve_device(config.device))
        try:
            with step("carrying the model over"):
                self.trainer.restore(carried_tensors(tensors, changes, self.trainer, graph, self.old_split.seed_links))
        except (KeyError, IndexError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointMismatchError(f"{checkpoint_of(run)} does not fit the run: {error}") from None
        self.trainer.next_epoch = config.train.total_epochs

    def _links(self, verdicts: Path | None) -> tuple[LinkSplit, Review]:
        """The links' parts and the verdicts, in the ids of the new data."""
        run, config, changes = self.start.run, self.start.config, self.start.changes
        split = carried_links(self.old_split, changes, config)
        review = carried_review(Review.from_dict(run.facts.review), changes)
        if verdicts is not None:
            given = read_verdicts(stay_inside(verdicts), changes.old)
            self.matched = np.concatenate([self.matched, given.matched])
            kept = carried_verdicts(given, changes)
            if lost := len(given) - len(kept):
                self.left_out.append(f"{lost:,} of the verdicts are about entities that are gone.")
            split, added = apply_verdicts(split, kept, may_use_test_links=False)
            if added.left_out:
                self.left_out.append(f"{added.left_out:,} of the verdicts touch test links, so they spread no labels.")
            review = replace(review, verdicts=_together(review.verdicts, added.verdicts))
        negatives = changes.new.negatives if config.negatives else no_ids(0, 2)
        review = replace(review, negatives=usable_negatives(negatives, split))
        if not len(split.seed_links):
            none = f"no seed link of {run.folder} is left in {changes.new.path}"
            raise ConfigError(f"{none}, so that nothing can be spread: train on those data instead")
        return split, review

    def write(self, part: Path, run_id: str) -> tuple[str, ...]:
        """Fill the run folder."""
        start, trainer, changes = self.start, self.trainer, self.start.changes
        run, config = start.run, start.config
        val_links = trainer.split.val_links
        with step("validating the model on the new data"):
            now = evaluate_validation(trainer.fused(), trainer.split, trainer.n_source) if len(val_links) else {}
        verdict = due(start.trained, changes.new, _validation_figures(run), now, len(val_links))
        with step("spreading labels"):
            self._reason()
            trainer.finish()
            believe(trainer, choose=False)
        updated = Updated(
            parent=run.run_id,
            trained_on=trained_path(run),
            trained_fingerprint=start.trained.fingerprint,
            lines=tuple(lines_of(changes)),
            due=verdict.reasons,
            judged=verdict.judged,
        )
        writer = RunWriter(
            part, epochs=config.train.total_epochs, modalities=config.modalities, n_entities=len(changes.new)
        )
        about = describe_run(config, changes.new, trainer.device, run_id)
        about |= {"review": trainer.review.to_dict(), "account": run.facts.account, "updated": asdict(updated)}
        entities = entity_table(changes.new).assign(new=changes.is_new, changed=changes.is_changed)
        writer.create({name: value for name, value in about.items() if value is not None}, entities,
                      link_table(trainer.split))  # fmt: skip
        writer.accepted(accepted_pairs(self.old_split, self.matched, changes))
        _history(run, writer, changes)
        recorder = Recorder(trainer, writer)
        with step("embedding"):
            embeddings, fused = recorder.store_embeddings(durable=True)
        with step("ranking what is new"):
            ranked = list(rank_new(fused, changes.is_new, trainer.split, trainer.n_source, config.evaluation))
            tables = [table.cpu().numpy() for table in embeddings]
            writer.predictions(_predictions(ranked, tables, trainer, config))
        checkpoint.save(part / layout.CHECKPOINTS / "last.safetensors", *trainer.checkpoint())
        writer.event("results", **_results(run, trainer, ranked))
        writer.event("state", state="finished")
        return tuple(self.left_out)

    def _reason(self) -> None:
        """Let the rules find links of what is new, from the seeds; validation links say whether they may."""
        rules, is_new = self.trainer.links.rules, np.flatnonzero(self.start.changes.is_new)
        if rules is None or not rules.trusted or not len(rules.split.val_links):
            return
        before = rules.links
        report = rules.look(None)
        inferred = rules.links if rules.judge(int(report["right"]), int(report["judged"])) else no_ids(0, 2)
        inferred = inferred[touching(inferred, is_new) & ~touching(inferred, before)]
        rules.links, rules.trusted = np.concatenate([before, inferred]), True


def _features(start: Start, tensors: Mapping[str, torch.Tensor], progress: Progress) -> dict[str, Feature]:
    """Features of the new data in the columns that the model knows; none of a modality that nobody has any more."""
    config, new = start.config, start.changes.new
    features = build_features(new, config.modalities, config.features, columns_of=start.trained, progress=progress)
    for modality, feature in features.items():
        name = f"model.encoders.{modality}"
        table, linear = tensors.get(f"{name}.table"), tensors.get(f"{name}.linear.weight")
        width = len(table) if table is not None else linear.shape[1] if linear is not None else 0
        got = feature.matrix.shape[1]
        if got == width:
            continue
        if feature.present.any():
            expected = f"{modality} features {width:,} wide, as the model was trained on"
            raise DataFormatError(new.path, expected=expected, got=f"{got:,}")
        features[modality] = Feature(np.zeros((len(new), width), np.float32), feature.present)
    return features


def _confirmed(run: RunReader, pair: GraphPair) -> Ids:
    """Pairs that people confirmed before the run, int64 `[v, 2]`; of an update also those that spread no labels."""
    matched = Review.from_dict(run.facts.review).verdicts.matched
    accepted = run.accepted()
    if accepted is None:
        return matched
    rows = accepted[(accepted["given"] == "verdict") & (accepted["state"] != "gone")]
    source, target = ({uri: row + offset for row, uri in enumerate(graph.entities)} for graph, offset in pair.sides())
    pairs = [(source.get(s, -1), target.get(t, -1)) for s, t in zip(rows["source"], rows["target"], strict=True)]
    decided = np.array([ends for ends in pairs if min(ends) >= 0], np.int64).reshape(-1, 2)
    return np.concatenate([matched, decided])


def _together(before: Verdicts, later: Verdicts) -> Verdicts:
    """Earlier and later verdicts; where both are about one entity, the later ones."""
    kept = before.without(later.entities)
    return Verdicts(
        matched=np.concatenate([kept.matched, later.matched]),
        rejected=np.concatenate([kept.rejected, later.rejected]),
        alone=np.concatenate([kept.alone, later.alone]),
        unsure=kept.unsure + later.unsure,
    )


def _validation_figures(run: RunReader) -> Mapping[str, Mapping[str, float]]:
    """Figures of the validation links in the epoch that the run kept, from its log."""
    kept = (run.results() or {}).get("epoch")
    measured = [report for report in run.epoch_reports() if report.get("metrics", {}).get("validation")]
    chosen = [report for report in measured if report["epoch"] == kept] or measured[-1:]
    return chosen[0]["metrics"]["validation"] if chosen else {}


def _history(run: RunReader, writer: RunWriter, changes: Changes) -> None:
    """Write how the model was trained: the epochs of its run, and the relevance of entities that are still there."""
    is_old = changes.before >= 0
    relevance = run.relevance()
    for epoch in run.measured_epochs():
        row = np.full((relevance.shape[1], len(is_old)), np.nan, np.float16)
        row[:, is_old] = relevance[epoch][:, changes.before[is_old]]
        writer.relevance(epoch, row)
    for report in run.epoch_reports():
        writer.event(**report)
    if (held_back := run.held_back()) is not None:
        writer.held_back(held_back)


def _predictions(ranked: Sequence[NewQueries], tables: Sequence[Any], trainer: Trainer, config: Config) -> pd.DataFrame:
    weight = trainer.weight().cpu().numpy()
    parts = [
        ranked_queries(
            part.direction, part.ranking, part.queries, part.keys, part.truth, tables, weight, trainer.split,
            config.modalities,
        )
        for part in ranked
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _results(run: RunReader, trainer: Trainer, ranked: list[NewQueries]) -> dict[str, Any]:
    """The figures of the new entities that have a test link, with what they were measured on."""
    config, before = trainer.config, run.results() or {}
    return {
        "at": "end",
        "epoch": before.get("epoch", config.train.total_epochs),
        "split": "test",
        "scope": config.evaluation.scope,
        "decode": config.evaluation.decoding_name,
        "selection": config.train.selection,
        "seed": config.seed,
        "review": trainer.review.counts,
        "reliability": dict(zip(config.modalities, trainer.reliability.tolist(), strict=True)),
        "label_share": trainer.label_shares,
        "rules_share": trainer.links.rules.share if trainer.links.rules else 0.0,
        "single_modality": {},
        "search": None,
        "chance": before.get("chance"),
        **figures_of_new(ranked),
    }
