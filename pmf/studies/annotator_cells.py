"""The runs of the study "annotator": a base a seed, and those that go on from it, one an order and budget."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pmf.arrays import Ids
from pmf.config.config import Config
from pmf.config.presets import settings_of
from pmf.data.graph_pair import GraphPair
from pmf.runs.reader import RunReader
from pmf.studies.annotator import ORDERS, SPLIT, review_split, verdict_file, write_review_data
from pmf.studies.catalogue import Study, Variant
from pmf.studies.cells import Cell, Planned, Request, common_settings
from pmf.training.continuing import going_on


def plan_annotator(study: Study, request: Request, pair: GraphPair) -> Planned:
    """The cells, with the divided data in place; verdict files are written when a base run is there to ask about."""
    common = common_settings(study, request, pair)
    start, *others = study.variants(())
    bases, pools = {}, {}
    for seed in request.seeds:
        ratio = Config(data=request.data).with_settings(common).seed_ratio
        split, pools[seed] = review_split(pair.links, seed_ratio=ratio, seed=seed)
        data = (request.out / "data" / f"{pair.path.name}-review-seed{seed}").resolve()
        if not data.exists():
            write_review_data(pair, split, data)
        settings = {**common, "data": str(data), "split": SPLIT, "seed": str(seed)}
        config = Config(data=str(data), preset=request.preset).with_settings(settings_of(request.preset, settings))
        folder = request.out / "runs" / f"base-seed{seed}"
        bases[seed] = Cell(variant=start, seed=seed, settings=settings, config=config, folder=folder, base=True)
    continued = [_continued(variant, bases[seed], pools[seed]) for variant in others for seed in request.seeds]
    return [*bases.values(), *continued], []


def _continued(variant: Variant, base: Cell, pool: Ids) -> Cell:
    """A cell that goes on from a base with the verdicts of a variant."""
    name = f"{variant.setting}={variant.value}-seed{base.seed}"
    settings, before = {"verdicts.base": str(base.folder)}, _nothing
    if variant.setting in ORDERS:
        file = (base.folder.parents[1] / "verdicts" / f"{name}.csv").resolve()
        settings["verdicts.file"] = str(file)
        before = partial(_ask, base, pool, file, variant)
    config = going_on(base.config, base.folder, settings)
    return Cell(
        variant=variant,
        seed=base.seed,
        settings=settings,
        config=config,
        folder=base.folder.parent / name,
        before=before,
    )


def _nothing() -> None:
    pass


def _ask(base: Cell, pool: Ids, file: Path, variant: Variant) -> None:
    run = RunReader(base.folder)
    verdict_file(run, pool, file, order=variant.setting, budget=float(variant.value), seed=base.seed)
