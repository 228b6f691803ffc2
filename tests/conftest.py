"""Small real folders and runs that many tests share."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
DATASETS = ROOT.parent / "shared" / "datasets"
ATLAS = ROOT / "assets" / "runs" / "atlas"
"""The bundled run."""

if "PYTEST_XDIST_WORKER" in os.environ:  # several test processes share the cores: one thread each, set before torch
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first and the app's short ones last, so that no test process is left alone at the end.

    Only the engine is measured, so tests of the app run without: a test of a page takes half as long again with it.
    """
    items.sort(key=lambda item: (item.path.name != "test_real_data.py", _lot(item.path)))
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "app") or item.path.is_relative_to(ROOT / "tests" / "e2e"):
            item.add_marker(pytest.mark.no_cover)


LOTS = ("e2e", "pmf", "app")
"""Folders in the order in which they run; what lies beside them comes before the last."""


def _lot(path: Path) -> float:
    lot = path.relative_to(ROOT / "tests").parts[0]
    return LOTS.index(lot) if lot in LOTS else 1.5


@pytest.fixture(scope="session", autouse=True)
def _processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes that tests start use a cache of their own; only commands are measured: measuring an app slows it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PMF_CACHE", str(tmp_path_factory.mktemp("cache")))
        if "COVERAGE_PROCESS_CONFIG" in os.environ:
            from tests.commands import forkserver

            forkserver.ensure_running()
            patch.delenv("COVERAGE_PROCESS_CONFIG")
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For the index of `pmf.alignment.search.index`: its threads and torch's wait for each other on busy cores."""
    import torch  # after the setting above

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The real data sets beside the project; a test that needs them is marked `real`."""
    if not DATASETS.is_dir():
        pytest.skip("the data sets do not lie beside the project")
    return DATASETS


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OpenEA folder of 2 × 64 entities, 56 of them linked, most with a picture that tells who they are."""
    folder = tmp_path_factory.mktemp("tiny")
    rng = random.Random(7)
    edges = [(rng.randrange(64), rng.randrange(4), rng.randrange(64)) for _ in range(260)]
    for side, kept in ((1, 0.9), (2, 0.8)):
        uri = f"http://tiny.example/{side}/e"
        lines = [f"{uri}{h}\t{uri}r{r}\t{uri}{t}\n" for h, r, t in edges if rng.random() < kept]
        lines += [f"{uri}{i}\t{uri}r0\t{uri}{(i + 1) % 64}\n" for i in range(64)]
        (folder / f"rel_triples_{side}").write_text("".join(lines))
        values = [f"{uri}{i}\tkey {i % 9}\t{i * 3}\n" for i in range(64) if rng.random() < kept]
        (folder / f"attr_triples_{side}").write_text("".join(values))
        (folder / f"names_{side}.tsv").write_text("".join(f"{uri}{i}\tthing {i * 37 % 64}\n" for i in range(64)))
        (folder / f"images_{side}").mkdir()
        index = []
        for i in range(64):
            if i % 8 == side:
                continue  # missing
            shown = i if i % 5 else (i * 11 + side * 29) % 64  # every fifth shows something else
            path = f"images_{side}/{i:02}.png"
            _picture(shown, side).save(folder / path)
            index.append(f"{uri}{i}\t{path}\n")
        (folder / f"images_{side}.tsv").write_text("".join(index))
    links = [f"http://tiny.example/1/e{i}\thttp://tiny.example/2/e{i}\n" for i in range(56)]
    (folder / "ent_links").write_text("".join(links))
    return folder


def _picture(shown: int, side: int) -> Image.Image:
    """Colour and place tell what is shown; the side changes the size of the mark."""
    picture = Image.new("RGB", (48, 48), (shown * 4 % 256, shown * 37 % 256, shown * 91 % 256))
    x, y = shown % 8 * 5, shown // 8 * 5
    ImageDraw.Draw(picture).ellipse((x, y, x + 8 + 2 * side, y + 8 + 2 * side), fill=(255, 255, 255))
    return picture


TINY_SETTINGS = {
    "modalities": "structure,relation,attribute,image",
    "model.width": "16",
    "train.epochs": "8",
    "train.freeze_epochs": "5",
    "train.batch_size": "8",
    "train.learning_rate": "0.01",
    "train.evaluate_every": "2",
    "train.checkpoint_every": "2",
    "train.validation_share": "0.25",
    "train.project": "false",
    "freezing.start_epoch": "2",
    "freezing.every": "1",
    "freezing.initial": "0.9",
    "freezing.growth_rate": "1.05",
    "freezing.cap": "0.98",
    "seed_ratio": "0.4",
    "device": "cpu",
}
"""Seconds of training on `tiny_data` that pass through everything a long run does."""
