"""What an update starts from: a finished run, and its data as they were and as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pmf.alignment.matching import DECODERS
from pmf.config.config import Config, VerdictConfig
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError, DataFormatError
from pmf.progress import Progress, silent, step
from pmf.runs import layout
from pmf.runs.graphs import graphs_of
from pmf.runs.reader import RunReader
from pmf.updating.changes import Changes, compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What an update starts from.

    Args:
        run: that is updated.
        config: of its training, on the new data.
        trained: the data that its model was trained on.
        changes: of the data since the run.
    """

    run: RunReader
    config: Config
    trained: GraphPair
    changes: Changes


def look(run: RunReader, data: str | Path, progress: Progress = silent) -> Start:
    """Compare a run's data with a newer state of them; nothing is computed or written yet.

    Args:
        run: a finished run, whose data lie where it found them.
        data: the new data.
        progress: called with (what, done, total).

    Raises:
        ConfigError: the run has no model, its training has not finished, or its data have changed or gone.
        DataFormatError: the new data cannot be read, or are other data.
    """
    if run.facts.adopted is not None:
        raise ConfigError(
            f"{run.folder} was trained by another system, whose model is not here: adopt what it gives anew"
        )
    if run.state().name != "finished":
        raise ConfigError(
            f"{run.folder} has not finished training, and an update needs a finished model: "
            f"pmf train --resume {run.folder}"
        )
    if not checkpoint_of(run).is_file():
        raise ConfigError(
            f"{run.folder} came without its model ({layout.CHECKPOINTS}/{checkpoint_of(run).name}): put that back, or "
            "train on the new data"
        )
    progress("reading", 0, 2)
    old, problem = graphs_of(run)
    if old is None:
        raise ConfigError(f"{run.folder} cannot be updated: {problem}. Put the new data into another folder.")
    progress("reading", 1, 2)
    new = read_graph_pair(data, image_ratio=run.facts.settings["image_ratio"])
    progress("reading", 2, 2)
    config = run.facts.config()
    decode = config.evaluation.decode if DECODERS[config.evaluation.decode].decide is None else "csls"
    evaluation = replace(config.evaluation, scope="open", decode=decode)
    config = replace(config, data=str(data), verdicts=VerdictConfig(), evaluation=evaluation)
    trained = _trained_on(run, old)
    with step("comparing the data"):
        return Start(run=run, config=config, trained=trained, changes=compare(old, new))


def checkpoint_of(run: RunReader) -> Path:
    """The file of its model."""
    return run.folder / layout.CHECKPOINTS / "last.safetensors"


def trained_path(run: RunReader) -> str:
    """Where the data lie that its model was trained on, as `Facts.data_path`."""
    return run.facts.data_path if run.facts.updated is None else run.facts.updated.trained_on


def _trained_on(run: RunReader, old: GraphPair) -> GraphPair:
    """The data that the model was trained on: of an updated run, those of its first ancestor.

    Raises:
        ConfigError: they have changed or gone.
    """
    updated = run.facts.updated
    if updated is None:
        return old
    try:
        pair = read_graph_pair(updated.trained_on, image_ratio=run.facts.settings["image_ratio"])
    except DataFormatError as error:
        raise ConfigError(
            f"{run.folder} cannot be updated: the data of its training are gone ({error}). "
            "Put them back, or train on the new data"
        ) from None
    if pair.fingerprint != updated.trained_fingerprint:
        raise ConfigError(
            f"{run.folder} cannot be updated: {updated.trained_on} has changed since its training. "
            "Put that back as it was, or train on the new data"
        )
    return pair
