"""From what a user asks for to a run: preset and settings become a config, a folder is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pmf.audit.account import Account, take_account, usual_modalities, usual_seeds, usual_split
from pmf.config.config import Config
from pmf.config.presets import settings_of
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError
from pmf.places import new_run_folder, run_named
from pmf.progress import Progress, silent
from pmf.runs.reader import RunReader
from pmf.training.continuing import continued_config
from pmf.training.inputs import read_data
from pmf.training.run import train


def new_run(
    preset_name: str,
    settings: Mapping[str, str],
    folder: Path | None,
    progress: Progress,
    tell: Callable[[Account], None] = lambda account: None,
) -> tuple[Path, dict[str, Any]]:
    """Train from the start, or with the setting `verdicts.base` go on from another run.

    Args:
        preset_name: which column of the preset table; a run that goes on keeps that of the other.
        settings: by name, as text; they win over the preset.
        folder: the run folder, or None for a new one in the runs folder.
        progress: see `train`.
        tell: see `train`.

    Returns:
        The run folder and the final results.

    Raises:
        PMFError: anything wrong with the settings, the data or the folder.
    """
    began = time.time()
    config, pair = run_config(preset_name, settings, progress)
    folder = folder or free_folder(config)
    return folder, train(config, folder, pair=pair, progress=progress, tell=tell, began=began)


def run_config(
    preset_name: str, settings: Mapping[str, str], progress: Progress = silent
) -> tuple[Config, GraphPair | None]:
    """Every setting of a new run, see `new_run`, and its data where they had to be read for it.

    Raises:
        PMFError: anything wrong with the settings, the data or the run to go on from.
    """
    base = settings.get("verdicts.base")
    if base is not None:
        return continued_config(run_named(base), settings), None
    values = settings_of(preset_name, settings)
    if "data" not in settings:
        raise ConfigError("say what to train on: --data FOLDER, or --data demo")
    config = Config(data=settings["data"], preset=preset_name).with_settings(values)
    if "modalities" in settings and not _split_open(config, settings):
        return config, None
    pair = read_data(config, progress)
    return config.with_settings(usual_settings(pair, config, settings)), pair


def _split_open(config: Config, settings: Mapping[str, str]) -> bool:
    """Whether it is left to the data how their links are cut."""
    return "split" not in settings and "seed_ratio" not in settings and config.seeds == "links"


def resumed_run(folder: Path, settings: Mapping[str, str], progress: Progress) -> tuple[Path, dict[str, Any]]:
    """Go on with an unfinished run, with the settings it was started with.

    Raises:
        ConfigError: settings were given, the run is finished, or another system trains it.
        PMFError: the folder or its data cannot be used.
    """
    if settings:
        raise ConfigError(f"a resumed run keeps its settings; leave out {', '.join(settings)}")
    run = RunReader(folder)
    if run.facts.adopted is not None:
        raise ConfigError(f"{folder} is trained by another system; only its own loop can go on")
    if run.state().name == "finished":
        raise ConfigError(f"{folder} is finished; to train on from it, for 10 more epochs: --from {folder}")
    config = replace(run.facts.config(), data=run.facts.data_path)
    return folder, train(config, folder, resume=True, progress=progress)


def usual_settings(pair: GraphPair, config: Config, settings: Mapping[str, str]) -> dict[str, str]:
    """What the data decide where nobody has: the modalities, the split that their links have, what stands in for links.

    Args:
        pair: the data.
        config: so far.
        settings: given by name.

    Raises:
        ConfigError: nothing in the data tells entities apart.
    """
    usual = {"split": usual_split(pair)} if _split_open(config, settings) else {}
    modalities = config.modalities
    if "modalities" not in settings:
        modalities = usual_modalities(pair, config.features)
        if not modalities:
            lines = " ".join(use.sentence for use in take_account(pair, config, modalities=()).modalities)
            raise ConfigError(f"nothing in {pair.name} tells entities apart. {lines}")
        usual["modalities"] = ",".join(modalities)
    if "seeds" not in settings:
        usual["seeds"] = usual_seeds(pair, modalities)
    return usual


def free_folder(config: Config) -> Path:
    """A new run's folder in the runs folder, named by data, preset and time."""
    return new_run_folder(config.data, config.preset)
