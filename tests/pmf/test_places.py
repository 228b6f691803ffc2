"""`PMF_RUNS`, `PMF_DATA` and `PMF_CACHE` mean the same to every command, to the queue and to the app."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.shared.services import catalog, data_sets
from pmf import places
from pmf.cli import main
from tests.commands import TINY
from tests.conftest import ROOT

EVERY_COMMAND = """
import contextlib, io, json, os, sys
from pmf.cli import COMMANDS, DATA_COMMANDS, main

used = set()

def pmf(*arguments):
    used.add(arguments[1] if arguments[0] == "data" else arguments[0])
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(arguments) == 0, arguments
    return out.getvalue()

settings = json.loads(sys.argv[1])
pmf("data", "inspect", "tiny")
pmf("data", "audit", "tiny")
pmf("data", "synthesize", "--onto", "tiny", "--out", "planted")
pmf("data", "import", "planted")
pmf("estimate", "--data", "tiny", *settings)
run = os.path.basename(json.loads(pmf("train", "--data", "tiny", *settings, "--json"))["run"])
assert [one["run"] for one in json.loads(pmf("runs", "list", "--json"))] == [run]
for command in ("evaluate", "failures", "maps"):
    pmf(command, run)
pmf("match", run, "--out", "alignment.tsv")
pmf("update", run, "--data", "planted", "--look")
pmf("explain", run, "--all")
pmf("runs", "export", run, "--out", "copy.zip")
pmf("runs", "delete", run)
pmf("runs", "restore", run)
copy = os.path.basename(json.loads(pmf("runs", "import", "copy.zip", "--json"))["run"])
other = os.path.basename(json.loads(pmf("adopt", "--data", "tiny", "--from", "alignment.tsv", "--json"))["run"])
pmf("study", "size", "--data", "tiny", "--out", "study", "--seeds", "0", *settings, "--set", "train.epochs=5")
pmf("bench", "--part", "epoch", "--data", "tiny", "--repeat", "1", "--device", "cpu", "--set", "model.width=16")
names = {module.__name__.rpartition(".")[2].rstrip("_") for module in (*COMMANDS, *DATA_COMMANDS)}
print(json.dumps({"runs": [run, copy, other], "not_used": sorted(names - used)}))
"""


@pytest.fixture
def foreign(tiny_data: Path, tmp_path: Path) -> Path:
    """A working folder that is empty; beside it `data`, with a data set called tiny in it."""
    shutil.copytree(tiny_data, tmp_path / "data" / "tiny")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def environment(**values: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)} | values


def test_every_command_obeys_the_three_variables(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {name: str(foreign.parent / name[4:].lower()) for name in places.VARIABLES}
    command = [sys.executable, "-c", EVERY_COMMAND, json.dumps(TINY)]
    where = environment(**values)
    done = subprocess.run(command, cwd=foreign, env=where, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    # what becomes another process has tests of its own, and so has the queue; convert takes two files
    assert result["not_used"] == ["alignment", "app", "convert", "queue", "serve"]
    assert sorted(item.name for item in foreign.iterdir()) == ["alignment.tsv", "copy.zip", "planted", "study"]
    assert list((foreign.parent / "cache").iterdir())
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert {*result["runs"], "atlas"} <= set(catalog.run_folders())  # the app sees what they wrote
    assert data_sets.known() == ["demo", "planted", "tiny"]


def test_the_queue_and_its_trainings_obey_relative_ones(foreign: Path) -> None:
    where = environment(PMF_RUNS="../runs", PMF_DATA="../data", PMF_CACHE="../cache")

    def queue(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "pmf", "queue", *arguments, "--json"]
        done = subprocess.run(command, cwd=foreign, env=where, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    run_id = queue("add", "--data", "tiny", *TINY)["run_id"]
    deadline = time.monotonic() + 120
    while (job := queue("list")["jobs"][0])["state"] in ("waiting", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert (job["run_id"], job["state"]) == (run_id, "finished"), job
    assert (foreign.parent / "runs" / run_id / "config.json").is_file()
    assert list((foreign.parent / "cache").iterdir())
    assert list(foreign.iterdir()) == []


def test_the_app_and_the_commands_agree_where_none_is_set(
    foreign: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PMF_RUNS", "PMF_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(foreign.parent)  # where `data/tiny` lies
    assert data_sets.known() == ["demo", "tiny"]
    assert main(["train", "--data", "tiny", *TINY]) == 0
    assert [name for name in catalog.run_folders() if name.startswith("tiny-default-")]


def test_a_path_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "pets").mkdir(parents=True)
    assert places.data_named("pets") == tmp_path / "data" / "pets"
    (tmp_path / "pets").mkdir()
    assert places.data_named("pets") == Path("pets")
    assert places.data_named("nowhere") == Path("nowhere")
    assert places.data_named("a\0b") == Path("a\0b")
