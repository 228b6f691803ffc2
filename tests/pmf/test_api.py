"""`import pmf` in a program: what it gives is what the commands give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import pmf
from pmf.cli import main
from pmf.errors import ConfigError, RunFormatError
from pmf.runs.reader import RunReader
from tests.conftest import ROOT, TINY_SETTINGS

EXAMPLE = ROOT / "assets" / "examples" / "dbp15k.py"


@pytest.fixture(scope="module")
def run(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    pair = pmf.read_data(tiny_data)
    assert len(pair) == 128
    return pmf.train(pair, settings=TINY_SETTINGS, run=tmp_path_factory.mktemp("api") / "tiny")


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, pmf; print(sorted({'torch', 'numpy', 'pandas'} & {*sys.modules}), dir(pmf), callable(pmf.train))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
    assert done.stdout.endswith("True\n")
    assert all(name in done.stdout for name in pmf.__all__)


def test_every_name_is_there_and_documented() -> None:
    for name in pmf.__all__:
        assert getattr(pmf, name) is not None
        assert name == "PRESETS" or getattr(pmf, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pmf.nothing  # type: ignore[attr-defined]


def test_figures_are_those_of_the_command(run: RunReader, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(run.folder), "--decode", "sinkhorn", "--json"]) == 0
    assert pmf.evaluate(run, decode="sinkhorn") == json.loads(capsys.readouterr().out)
    assert pmf.evaluate(run.folder, scope="open")["scope"] == "open"


def test_the_alignment_is_that_of_the_command(run: RunReader, tmp_path: Path) -> None:
    out = tmp_path / "alignment.tsv"
    assert main(["match", str(run.folder), "--out", str(out)]) == 0
    own = pmf.match(run).alignment
    pd.testing.assert_frame_equal(own, pd.read_csv(out, sep="\t"), check_dtype=False, rtol=1e-4)


def test_a_pair_is_explained_by_uri_and_by_number(run: RunReader) -> None:
    pair = pmf.explain(run, "http://tiny.example/1/e3", "http://tiny.example/2/e3")
    assert pair.similarity == pytest.approx(sum(part.share for part in pair.evidence))
    assert pair.neighbours is not None  # the data set is at hand
    assert pmf.explain(str(run.folder), pair.source.id, pair.target.id) == pair


def test_a_run_is_opened_by_name_and_settings_take_plain_values(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    short = {"modalities": ("structure",), "train.epochs": 2, "train.freeze_epochs": 2, "train.project": False}
    config = pmf.Config(data=str(tiny_data)).with_settings({**pmf.PRESETS["paper"], "device": "cpu"})
    seen: list[str] = []
    trained = pmf.train(config, settings=short, progress=lambda what, done, total: seen.append(what))
    assert trained.folder.parent == tmp_path
    assert pmf.open_run(trained.run_id).modalities == ("structure",)
    assert "epoch" in seen
    assert trained.facts.settings["evaluation.decode"] == pmf.PRESETS["paper"]["evaluation.decode"]


def test_what_is_wrong_is_said(run: RunReader, tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no setting train\.epoch"):
        pmf.train(tiny_data, settings={"train.epoch": 3}, run=tmp_path / "none")
    with pytest.raises(ConfigError, match="decode must be one of"):
        pmf.match(run, decode="best")
    with pytest.raises(ConfigError, match="scope must be closed or open"):
        pmf.explain(run, 0, 64, scope="all")
    with pytest.raises(ConfigError, match="no target entity"):
        pmf.explain(run, 0, 0)
    with pytest.raises(RunFormatError, match="no run folder"):
        pmf.open_run(tmp_path)


def first_links(folder: Path, out: Path, count: int) -> Path:
    """A folder in DBP15K's layout with its first links, their entities, and what is said of those."""
    out.mkdir()
    links = (folder / "ill_ent_ids").read_text().splitlines()[:count]
    (out / "ill_ent_ids").write_text("\n".join(links))
    for side in (0, 1):
        ids = {line.split("\t")[side] for line in links}

        def keep(name: str, test: Callable[[list[str]], bool], side: int = side) -> None:
            lines = (folder / f"{name}_{side + 1}").read_text().splitlines(keepends=True)
            (out / f"{name}_{side + 1}").write_text("".join(line for line in lines if test(line.rstrip().split("\t"))))

        keep("ent_ids", lambda cells, ids=ids: cells[0] in ids)
        keep("triples", lambda cells, ids=ids: {cells[0], cells[2]} <= ids)
        keep("rel_ids", lambda cells: True)
        keep("training_attrs", lambda cells: True)  # lines on other entities are left out by the reader
    return out


def example(data: Path, out: Path, epochs: int) -> str:
    command = [sys.executable, EXAMPLE, data, "--epochs", str(epochs), "--out", out]
    where = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=where, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(out / "alignment.tsv", sep="\t")) > 0
    return done.stdout


def test_the_example_goes_from_data_to_alignment(tiny_data: Path, tmp_path: Path) -> None:
    printed = example(tiny_data, tmp_path / "out", epochs=4)
    assert "64 + 64 entities, 56 links" in printed
    assert "source_to_target: Hits@1" in printed
    assert len(EXAMPLE.read_text().splitlines()) <= 60


@pytest.mark.real
def test_the_example_on_dbp15k(datasets: Path, tmp_path: Path) -> None:
    part = first_links(datasets / "mmkg" / "DBP15K" / "zh_en", tmp_path / "zh_en", 1_000)
    printed = example(part, tmp_path / "out", epochs=2)
    assert "1,000 + 1,000 entities, 1,000 links" in printed
