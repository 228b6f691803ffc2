"""Train what a study needs, one run after the other; a study that was killed goes on where it was."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmf.arrays import Ids
from pmf.audit.account import Account, usual_modalities
from pmf.bounded.json_files import read_json
from pmf.config.config import Config
from pmf.config.presets import settings_of
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.data.readers.session import each_once
from pmf.data.split import split_links
from pmf.errors import ConfigError, DataFormatError
from pmf.files import replace_file
from pmf.processes import take_lock
from pmf.progress import Progress
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.studies.catalogue import Study, Variant, find_study
from pmf.studies.variations import Original
from pmf.training.start import new_run, resumed_run

QUIET = {"train.project": "false"}
"""Nobody looks at the projections of dozens of runs, and they take longer than training small data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A study as asked for.

    Args:
        study: its name.
        data: folder of a data set, or "demo".
        out: folder of the study.
        seeds: one run of each variant a seed.
        preset: of the variants that name none.
        settings: by name, as text; they win over the study's shared ones.
    """

    study: str
    data: str
    out: Path
    seeds: Sequence[int]
    preset: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One variant with one seed: an ordinary run; cells of equal configuration have one run.

    Args:
        variant: what is varied.
        seed: of the run.
        settings: what the run is started with, on top of the preset that `config` names.
        config: the same, resolved.
        folder: of the run.
        before: called before the run is started, to make what it needs.
        base: whether other cells go on from its checkpoint, which then stays.
    """

    variant: Variant
    seed: int
    settings: Mapping[str, str]
    config: Config
    folder: Path
    before: Callable[[], None] = lambda: None
    base: bool = False


Planned = tuple[list[Cell], list[str]]


def train_cells(
    request: Request,
    plan: Callable[[Study, Request, GraphPair], Planned],
    progress: Progress,
    tell: Callable[[Account], None] = lambda account: None,
) -> Planned:
    """Train every cell that is not yet trained.

    Args:
        request: what is asked for; more seeds than last time are welcome, other settings are not.
        plan: `plan_cells`, or a study's own.
        progress: called with (what, done, total), as by `train`; "study" counts runs.
        tell: called with what the first run that is trained uses; the others differ from it as their names say.

    Returns:
        The cells, all finished, in the order of the catalogue, and a sentence for each variant left out because the
        data have too few links for it.

    Raises:
        PMFError: bad settings or data, or `out` holds something else. What is finished then stays.
    """
    study = find_study(request.study)
    if not request.seeds or len(set(request.seeds)) < len(request.seeds):
        raise ConfigError("a study needs at least one seed, and each seed once")
    with each_once():
        pair = read_graph_pair(request.data)
        request.out.mkdir(parents=True, exist_ok=True)
        return _trained(request, study, pair, plan, progress, tell)


def _trained(
    request: Request,
    study: Study,
    pair: GraphPair,
    plan: Callable[[Study, Request, GraphPair], Planned],
    progress: Progress,
    tell: Callable[[Account], None],
) -> Planned:
    with _alone(request.out):
        _claim(request, pair)
        cells, left_out = plan(study, request, pair)
        runs = {cell.folder: cell for cell in cells}
        for done, cell in enumerate(runs.values()):
            progress("study", done, len(runs))
            if _train(cell, progress, tell):
                tell = _silent
        progress("study", len(runs), len(runs))
    return cells, left_out


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep a second process out of the folder; a killed one no longer counts."""
    with (out / ".lock").open("w") as file:
        if not take_lock(file.fileno()):
            raise ConfigError(f"another process is at work on the study in {out}; wait for it to end")
        yield


def _claim(request: Request, pair: GraphPair) -> None:
    """Note down what the folder is for, or see that it is for this."""
    path = request.out / "study.json"
    about = {"study": request.study, "dataset": pair.name, "fingerprint": pair.fingerprint}
    if not path.exists():
        study = find_study(request.study)
        settings = {**study.shared, **request.settings}
        request_now = {"question": study.question, "preset": request.preset, "settings": settings}
        text = json.dumps(about | request_now, indent=2, ensure_ascii=False) + "\n"
        replace_file(path, lambda p: p.write_text(text, encoding="utf-8"))
        return
    try:
        request_before = read_json(path)
    except DataFormatError as error:
        raise ConfigError(f"{path} is damaged ({error}); choose another --out folder") from None
    if not isinstance(request_before, dict) or {name: request_before.get(name) for name in about} != about:
        raise ConfigError(f"{request.out} holds another study, or one of other data; choose another --out folder")


def common_settings(study: Study, request: Request, pair: GraphPair) -> dict[str, str]:
    """Of every run of a study, what is asked for winning over what the study shares."""
    given = request.settings.get("modalities")
    options = Config(data=request.data).with_settings(settings_of(request.preset, request.settings)).features
    modalities = given.split(",") if given else list(usual_modalities(pair, options))
    if study.brings_images and "image" not in modalities:
        modalities = [*modalities, "image"]
    return {**QUIET, **study.shared, **request.settings, "modalities": ",".join(modalities)}


def plan_cells(study: Study, request: Request, pair: GraphPair) -> Planned:
    """The cells, with their data in place, and why the others cannot be."""
    common = common_settings(study, request, pair)
    modalities = tuple(common["modalities"].split(","))
    original = Original(pair, Config(data=request.data).with_settings(common).features)
    runs: dict[Config, Path] = {}
    cells, left_out = [], []
    for variant in study.variants(modalities):
        data = _data(variant, request, original)
        links = pair.links if variant.data is None else read_graph_pair(data).links
        preset_name = variant.preset or request.preset
        for seed in request.seeds:
            settings = {**common, **variant.settings, "data": data, "seed": str(seed)}
            config = Config(data=data, preset=preset_name).with_settings(settings_of(preset_name, settings))
            if (problem := _too_few(config, links)) is not None:
                left_out.append(f"{variant.setting} = {variant.value} is left out: {problem}")
                break
            name = re.sub(r"[^A-Za-z0-9.=]+", "-", f"{variant.setting}={variant.value}-seed{seed}")
            folder = runs.setdefault(config, request.out / "runs" / name)
            cells.append(Cell(variant=variant, seed=seed, settings=settings, config=config, folder=folder))
    if not cells:
        raise ConfigError(f"nothing is left of the study: {left_out[0]}")
    return cells, left_out


def _data(variant: Variant, request: Request, original: Original) -> str:
    """The data a variant trains on, written if they are not there yet."""
    if variant.data is None:
        return request.data if request.data == "demo" else str(Path(request.data).resolve())
    folder = (request.out / "data" / f"{original.pair.path.name}-{variant.data.name}").resolve()
    if not folder.exists():
        variant.data.write(original, folder)
    return str(folder)


def _too_few(config: Config, links: Ids) -> str | None:
    """Why the links cannot be cut so that variants can be compared, None where they can."""
    if config.split != "ratio":
        return None
    share = config.validation_share
    cut = split_links(links, seed_ratio=config.seed_ratio, validation_share=share, seed=config.seed)
    if len(cut.test_links) and (len(cut.val_links) or not share):
        return None
    return (
        f"{len(links)} links cannot be split with seed_ratio={config.seed_ratio} and validation_share={share}: "
        "every part of a study needs at least one link"
    )


def _silent(account: Account) -> None:
    """Every run after the first says nothing: their accounts are alike."""


def _train(cell: Cell, progress: Progress, tell: Callable[[Account], None]) -> bool:
    """Train, go on, or see that it is done, and whether it was begun; a finished run needs its checkpoints no more."""
    begins = not (cell.folder / layout.CONFIG).exists()
    if not begins:
        run = RunReader(cell.folder)
        if run.facts.config() != cell.config:
            raise ConfigError(f"{cell.folder} was trained with other settings; choose another --out folder")
        if run.state().name != "finished":
            resumed_run(cell.folder, {}, progress)
    else:
        cell.before()
        new_run(cell.config.preset, cell.settings, cell.folder, progress, tell)
    if not cell.base:
        shutil.rmtree(cell.folder / layout.CHECKPOINTS, ignore_errors=True)
    return begins
