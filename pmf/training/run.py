"""A whole training run: data in, run folder out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pmf.audit.account import Account, take_account
from pmf.audit.links import relation_use
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.distributed import Processes, together
from pmf.errors import CheckpointMismatchError
from pmf.failures.table import write_failures
from pmf.places import stay_inside
from pmf.progress import Progress, silent
from pmf.runs import layout
from pmf.runs.lock import RunLock
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter, SilentWriter
from pmf.training.continuing import go_on_from
from pmf.training.inputs import read_data, training_inputs
from pmf.training.loop import checkpoint
from pmf.training.loop.device import resolve_device
from pmf.training.loop.epoch_report import Best
from pmf.training.loop.memory import give_back
from pmf.training.loop.trainer import Trainer
from pmf.training.recording.describe import describe_run, entity_table, link_table
from pmf.training.recording.ending import last_words, memory_in_words, stop_requests
from pmf.training.recording.recorder import Recorder

_LOG = logging.getLogger(__name__)


def train(
    config: Config,
    folder: Path,
    *,
    pair: GraphPair | None = None,
    resume: bool = False,
    progress: Progress = silent,
    tell: Callable[[Account], None] = lambda account: None,
    began: float | None = None,
) -> dict[str, Any]:
    """Train as `config` says, writing `folder` all the way.

    SIGINT or SIGTERM ends the epoch under way, saves a checkpoint and stops; a second one stops at once.

    Args:
        config: every setting.
        folder: the run folder; new, or an unfinished run's when `resume`.
        pair: the data that the config names, where they have been read already.
        resume: go on from the folder's last checkpoint.
        progress: of the data, the features, the epochs and the maps.
        tell: called once with what is used and what is not, before anything is trained.
        began: when the reading of the data began, unix time, where they have been read already.

    Returns:
        The run's final `results` event; of several processes that train together, each returns it.

    Raises:
        PMFError: bad settings or data, a loss that is not finite, too little memory, a folder that is not what it
            should be or that another process writes, or one of several processes has ended.
        OSError: the disk is full, or fails otherwise.
        KeyboardInterrupt: stopped from outside; the run says so and can be resumed.
    """
    stop, began = threading.Event(), began or time.time()
    with memory_in_words(), together(resolve_device(config.device)) as processes:
        if not processes.writes:
            return _beside(config, folder, pair, processes, stop, resume=resume)
        if resume:
            return _resumed(config, folder, pair, processes, stop, progress)
        pair = pair or read_data(config, progress)
        read = time.time()
        trainer = _prepare(config, pair, None, processes, stop, progress)
        made = {name: feature.matrix for name, feature in trainer.labels.features.items()}
        account = take_account(pair, config, made, trainer.split)
        account = replace(account, relations=relation_use(trainer.review.relations))
        tell(account)
        with RunLock(folder):
            writer = _writer(config, folder, len(pair))
            about = {
                **describe_run(config, pair, trainer.device, folder.name),
                "processes": processes.world,
                "review": trainer.review.to_dict(),
                "account": account.to_dict(),
            }
            writer.create(about, entity_table(pair), link_table(trainer.split))
            with last_words(writer), writer:
                writer.event("phase", phase="read", began=began)
                writer.event("phase", phase="features", began=read)
                _train(trainer, writer, stop, progress)
                del trainer  # maps and causes need the memory
                return _conclude(config, pair, writer, progress)


def _beside(
    config: Config, folder: Path, pair: GraphPair | None, processes: Processes, stop: threading.Event, *, resume: bool
) -> dict[str, Any]:
    """Train together with the process that writes the run."""
    trainer = _prepare(config, pair, RunReader(folder) if resume else None, processes, stop, silent)
    if resume:
        _resume(trainer, folder)
    n_entities = trainer.state.frozen_at.shape[1]
    writer = SilentWriter(folder, epochs=config.train.total_epochs, modalities=config.modalities, n_entities=n_entities)
    recorder = Recorder(trainer, writer)
    with stop_requests(stop):
        for done in trainer.epochs():
            leaving = processes.any(stop.is_set())
            recorder.epoch(done, leaving=leaving)
            if leaving:
                break
    if processes.any(stop.is_set()):  # the one who writes has done so by then
        raise KeyboardInterrupt
    return RunReader(folder).results() or {}


def _resumed(
    config: Config, folder: Path, pair: GraphPair | None, processes: Processes, stop: threading.Event, report: Progress
) -> dict[str, Any]:
    """Go on with the run in `folder`."""
    run = RunReader(folder)
    with RunLock(folder) as lock:
        writer = _writer(config, folder, run.n_entities)
        with last_words(writer), writer:
            if lock.left_by:
                writer.event("warning", message=f"Taken over from {lock.left_by}, which ended without a word.")
            writer.event("state", state="running", message="Reading the data.")
            writer.event("phase", phase="read")
            pair = pair or read_data(config, report)
            writer.event("phase", phase="features")
            trainer = _prepare(config, pair, run, processes, stop, report)
            _resume(trainer, folder)
            if lost := sorted(set(range(trainer.next_epoch)) - {one["epoch"] for one in run.epoch_reports()}):
                message = f"The log has lost {len(lost)} epochs that the checkpoint has, the first of them {lost[0]}."
                writer.event("warning", message=message)
                _LOG.warning("%s: %s Curves have a gap there.", folder, message)
            _train(trainer, writer, stop, report)
            del trainer  # maps and causes need the memory
            return _conclude(config, pair, writer, report)


def _writer(config: Config, folder: Path, n_entities: int) -> RunWriter:
    return RunWriter(folder, epochs=config.train.total_epochs, modalities=config.modalities, n_entities=n_entities)


def _prepare(
    config: Config,
    pair: GraphPair | None,
    resumed: RunReader | None,
    processes: Processes,
    stop: threading.Event,
    report: Progress,
) -> Trainer:
    """A trainer with its data in memory."""
    device = resolve_device(config.device)
    inputs = training_inputs(config, pair or read_data(config, report), resumed=resumed, progress=report)

    def of_batches(what: str, done: int, total: int) -> None:
        report("last batches before the stop" if stop.is_set() else what, done, total)

    trainer = Trainer(config, inputs, device, of_batches, processes)
    underway = resumed is not None and (resumed.folder / layout.CHECKPOINTS / "last.safetensors").exists()
    if config.verdicts.base is not None and not underway:
        go_on_from(trainer, stay_inside(Path(config.verdicts.base)))
    return trainer


def _train(trainer: Trainer, writer: RunWriter, stop: threading.Event, report: Progress) -> None:
    """Train to the end, or to the end of the epoch in which somebody asked for a stop."""
    writer.event("state", state="running", epoch=trainer.next_epoch)
    writer.event("phase", phase="train")
    recorder = Recorder(trainer, writer)
    report("epoch", trainer.next_epoch, trainer.config.train.total_epochs)
    with stop_requests(stop):
        for done in trainer.epochs():
            leaving = trainer.processes.any(stop.is_set())  # read once: a later request counts for the next epoch
            recorder.epoch(done, leaving=leaving)
            report("epoch", done.epoch + 1, trainer.config.train.total_epochs)
            if leaving:
                break
    if trainer.processes.any(stop.is_set()):
        raise KeyboardInterrupt


def _conclude(config: Config, pair: GraphPair, writer: RunWriter, report: Progress) -> dict[str, Any]:
    """Draw the maps and find the causes of a run that is trained; return its figures."""
    give_back()
    run = RunReader(writer.folder)
    results = run.results()
    assert results is not None  # the last epoch ends a stage
    if config.train.project:
        writer.event("phase", phase="maps")
        _project(writer, report)
        if (run.links["split"] == "test").any():
            writer.event("phase", phase="causes")
            write_failures(run, pair, report)
    writer.event("state", state="finished")
    return results


def _project(writer: RunWriter, progress: Progress) -> None:
    from pmf.projection.maps import draw_maps  # umap takes seconds to import

    draw_maps(RunReader(writer.folder), lambda name, done, total: progress("maps", done, total))


def _resume(trainer: Trainer, folder: Path) -> None:
    """Put the trainer where the folder's last checkpoint stands."""
    last = folder / layout.CHECKPOINTS / "last.safetensors"
    best = folder / layout.CHECKPOINTS / "best.safetensors"
    try:
        if last.exists():
            trainer.resume(*checkpoint.load(last))
        if best.exists():
            tensors, meta = checkpoint.load(best)
            if meta["epoch"] < trainer.next_epoch:
                trainer.best = Best(meta["metric"], meta["epoch"], tensors)
    except (KeyError, RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:  # it may be anybody's
        raise CheckpointMismatchError(f"the checkpoint of {folder} does not fit this model: {error}") from None
