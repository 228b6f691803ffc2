"""A whole training run: data in, run folder out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pmf.alignment.evaluate import Candidates, evaluate
from pmf.config import Config
from pmf.data.graph_pair import GraphPair, Ids
from pmf.data.readers import read_graph_pair
from pmf.data.split import LinkSplit
from pmf.errors import CheckpointMismatchError, ConfigError, PMFError
from pmf.features.feature_set import build_features, structure_presence
from pmf.model.graph import Adjacency
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training import checkpoint
from pmf.training.describe import describe_run, entity_table, link_table
from pmf.training.predictions import prediction_table
from pmf.training.report import Best, EpochReport
from pmf.training.seeds import links_of
from pmf.training.trainer import Trainer

_SAMPLE_PAIRS = 500

Progress = Callable[[str, int, int], None]


def resolve_device(name: str) -> torch.device:
    """The device of a name; "auto" is CUDA if there is one, else the CPU.

    Raises:
        ConfigError: CUDA is asked for and not there, or the name is unknown.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ConfigError(f"device must be auto, cpu or cuda, got {name}")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device cuda was asked for, and this machine has none; use --device auto")
    return torch.device(name)


def train(config: Config, folder: Path, *, resume: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Train as `config` says, writing `folder` all the way.

    Args:
        config: every setting.
        folder: the run folder; new, or an unfinished run's when `resume`.
        resume: go on from the folder's last checkpoint.
        progress: called with (what, done, total).

    Returns:
        The run's final `results` event.

    Raises:
        PMFError: bad settings or data, a loss that is not finite, a folder that is not what it should be.
        KeyboardInterrupt: stopped from outside; the run says so and can be resumed.
    """
    report = progress or (lambda what, done, total: None)
    device = resolve_device(config.device)
    torch.set_float32_matmul_precision("medium" if config.train.precision == "bfloat16" else "highest")
    report("reading", 0, 1)
    pair = read_graph_pair(config.data, image_ratio=config.image_ratio)
    features = build_features(pair, config.modalities, config.features, progress=report)
    split = links_of(config, pair, features)
    present = np.stack(
        [structure_presence(pair) if m == "structure" else features[m].present for m in config.modalities]
    )
    trainer = Trainer(
        config,
        Adjacency.from_pair(pair),
        features,
        torch.from_numpy(present),
        split,
        pair.n_source,
        device,
        lambda done, total: report("batch", done, total),
    )
    writer = RunWriter(folder, epochs=config.train.total_epochs, modalities=config.modalities, n_entities=len(pair))
    if resume:
        _resume(trainer, pair, folder)
    else:
        writer.create(describe_run(config, pair, device, folder.name), entity_table(pair), link_table(split))
    with writer:
        return _recorded(trainer, writer, report)


def _recorded(trainer: Trainer, writer: RunWriter, progress: Progress) -> dict[str, Any]:
    """Train, and leave a word in the log however it ends."""
    writer.event("state", state="running", epoch=trainer.next_epoch)
    try:
        snapshots = _Snapshots(trainer, writer)
        for report in trainer.epochs():
            _record(report, trainer, writer)
            snapshots.take(report.epoch)
            progress("epoch", report.epoch + 1, trainer.config.train.total_epochs)
        results = RunReader(writer.folder).results()
        assert results is not None  # the last epoch ends a stage
        if trainer.config.train.project:
            _project(writer, progress)
        writer.event("state", state="finished")
        return results
    except KeyboardInterrupt:
        writer.event("state", state="stopped", message="Stopped on request; resume to go on.")
        raise
    except (PMFError, OSError, MemoryError, RuntimeError) as error:
        writer.event("state", state="failed", message=f"{type(error).__name__}: {error}")
        raise


def _project(writer: RunWriter, progress: Progress) -> None:
    from pmf.projection import project_run  # umap takes seconds to import

    project_run(RunReader(writer.folder), writer, progress)


def _record(report: EpochReport, trainer: Trainer, writer: RunWriter) -> None:
    """Write one epoch to the folder; the log line comes last, when all it speaks of is there."""
    setting = trainer.config.train
    names = trainer.config.modalities
    if report.relevance is not None:
        writer.relevance(report.epoch, report.relevance.cpu().numpy())
        writer.frozen_at(trainer.state.frozen_at.cpu().numpy())
    if trainer.best is not None and trainer.best.epoch == report.epoch:
        checkpoint.save(
            writer.folder / layout.CHECKPOINTS / "best.safetensors",
            trainer.best.tensors,
            {"epoch": trainer.best.epoch, "metric": trainer.best.metric},
        )
    if report.stage_ended:
        last = report.epoch + 1 == setting.total_epochs
        if last:
            trainer.finish()
        _record_state(trainer, writer, "end" if last else f"stage {report.stage}")
    if report.stage_ended or (report.epoch + 1) % setting.checkpoint_every == 0:
        checkpoint.save(writer.folder / layout.CHECKPOINTS / "last.safetensors", *trainer.checkpoint())
    fields = asdict(report)
    for unwanted in ("relevance", "stage_ended"):
        del fields[unwanted]
    for name in ("threshold", "frozen_share", "missing_share"):
        fields[name] = dict(zip(names, fields[name], strict=True))
    writer.event("epoch", **fields)


def _record_state(trainer: Trainer, writer: RunWriter, at: str) -> None:
    """Embeddings, predictions and figures of the state that a stage ends with."""
    config = trainer.config
    embeddings = trainer.model.embed_all()
    for name, table in zip(config.modalities, embeddings, strict=True):
        writer.embedding(name, table.cpu().half().numpy())
    # figures come from what is stored, so that `evaluate` on the folder repeats them to the last digit
    stored = trainer.fused().half()
    writer.embedding("fused", stored.cpu().numpy())
    writer.embedding("weight", trainer.weight().cpu().numpy())
    writer.frozen_at(trainer.state.frozen_at.cpu().numpy())
    pool = Candidates.test(trainer.split, config.evaluation.scope, trainer.n_source, stored.shape[0])
    figures = evaluate(stored.float(), pool, config.evaluation)
    single = {
        name: evaluate(table.half().float(), pool, config.evaluation)
        for name, table in zip(config.modalities, embeddings, strict=True)
    }
    writer.predictions(prediction_table(stored.float(), embeddings, trainer.weight(), pool, trainer.split, config))
    writer.event(
        "results",
        at=at,
        epoch=trainer.best.epoch if trainer.best else trainer.next_epoch,
        split="test",
        scope=config.evaluation.scope,
        decode=config.evaluation.decoding_name,
        selection=config.train.selection,
        seed=config.seed,
        single_modality=single,
        **figures,
    )


class _Snapshots:
    """Fused embeddings of a fixed sample of linked entities at epochs spread over the run."""

    def __init__(self, trainer: Trainer, writer: RunWriter) -> None:
        setting = trainer.config.train
        self.trainer, self.writer = trainer, writer
        self.due = set(np.linspace(0, setting.total_epochs - 1, setting.snapshots).round().astype(int).tolist())
        self.sample = _sample(trainer.split, trainer.config.seed)
        self.epochs: list[int] = []
        self.fused: list[Any] = []
        old = RunReader(writer.folder).snapshots()
        for epoch, fused in zip(old["epochs"].tolist(), old["fused"], strict=True) if old else []:
            if epoch < trainer.next_epoch:
                self.epochs.append(epoch)
                self.fused.append(fused)

    def take(self, epoch: int) -> None:
        if epoch in self.due:
            self.epochs.append(epoch)
            self.fused.append(self.trainer.fused()[self.sample].half().cpu().numpy())
            self.writer.snapshots(self.sample, self.epochs, self.fused)


def _sample(split: LinkSplit, seed: int) -> Ids:
    links = np.concatenate([split.seed_links, split.val_links, split.test_links])
    chosen = np.random.default_rng(seed).permutation(len(links))[:_SAMPLE_PAIRS]
    return np.unique(links[chosen])


def _resume(trainer: Trainer, pair: GraphPair, folder: Path) -> None:
    """Put the trainer where the folder's last checkpoint stands."""
    run = RunReader(folder)
    if run.config["dataset"]["fingerprint"] != pair.fingerprint:
        raise CheckpointMismatchError(f"{folder} was trained on other data than {pair.path} holds now")
    last = folder / layout.CHECKPOINTS / "last.safetensors"
    if last.exists():
        trainer.resume(*checkpoint.load(last))
    best = folder / layout.CHECKPOINTS / "best.safetensors"
    if best.exists():
        tensors, meta = checkpoint.load(best)
        if meta["epoch"] < trainer.next_epoch:
            trainer.best = Best(meta["metric"], meta["epoch"], tensors)
