"""What commands tell while they work: at once what they do, then how far they are, to an honest end."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pmf.alignment.search import approximate
from pmf.cli import main, parser
from pmf.commands import progress
from pmf.commands.progress import Bars, Lines
from pmf.places import ASSETS
from tests.conftest import ROOT

RUN = ASSETS / "runs" / "atlas"
ARGUMENTS = {
    "app": ["--no-browser", "--port", "0"],
    "alignment": ["--help"],
    "serve": ["--help"],
    "train": ["--data", "nowhere"],
    "adopt": ["--data", "nowhere", "--from", "nothing"],
    "evaluate": ["no-run"],
    "match": ["no-run", "--out", "pairs.tsv"],
    "explain": ["no-run", "--all"],
    "failures": ["no-run"],
    "update": ["no-run", "--data", "nowhere"],
    "maps": ["no-run"],
    "study": ["size", "--data", "nowhere", "--out", "study"],
    "bench": ["--sizes", "none"],
    "queue": ["--root", "runs"],
    "queue list": [],
    "queue add": ["--data", "nowhere"],
    "queue stop": ["no-id"],
    "queue kill": ["no-id"],
    "queue resume": ["no-id"],
    "queue cancel": ["no-id"],
    "queue slots": ["0"],
    "queue work": [],
    "estimate": ["--data", "nowhere"],
    "runs list": ["runs"],
    "runs export": ["no-run", "--out", "run.zip"],
    "runs import": ["no-file"],
    "runs delete": ["no-run"],
    "runs restore": ["no-run"],
    "data inspect": ["nowhere"],
    "data convert": ["no-file", "--out", "x.safetensors"],
    "data audit": ["nowhere"],
    "data import": ["nowhere"],
    "data synthesize": ["--out", "."],
}
HEAVY = re.compile(r"\| +(numpy|torch|pandas|scipy|sklearn|pyarrow|umap|streamlit)$")


def _commands(of: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    if of.get_default("command"):
        yield name
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from _commands(below, f"{name} {word}".strip())


@pytest.mark.parametrize("command", list(_commands(parser())))
def test_the_first_line_comes_before_anything_heavy_is_imported(command: str, tmp_path: Path) -> None:
    line = [sys.executable, "-X", "importtime", "-m", "pmf", *command.split(), *ARGUMENTS[command]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        before = []
        for told in process.stderr:
            if told.startswith(f"pmf {command}: "):
                break
            before.append(told.rstrip())
        else:
            pytest.fail("it never said what it does")
        process.kill()
    assert not [told for told in before if HEAVY.search(told)]


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_lines_tell_how_far_it_is_and_how_long_it_will_take(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for done in range(11):
        lines("maps", done, 10)
        clock.now += 1.5
    lines("reading", 0, 1)
    clock.now += 200
    lines("reading", 1, 1)
    lines("at once", 3, 3)
    lines("reading \x1b[2Jx", 0, 1)
    assert capsys.readouterr().err.splitlines() == [
        "maps: 0 of 10 …",
        "maps: 2 of 10, about 12 s left",
        "maps: 4 of 10, about 9.0 s left",
        "maps: 6 of 10, about 6.0 s left",
        "maps: 8 of 10, about 3.0 s left",
        "maps: 10 of 10 in 15 s",
        "reading …",
        "reading: done in 3 min",
        "reading [2Jx …",
    ]


def test_a_long_step_that_tells_nothing_is_not_silent(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.beat()
    clock.now = 3
    lines.beat()
    lines("maps", 1, 6)
    lines("drawing", 0, 1)
    for clock.now in range(4, 9):
        lines.beat()
    lines("drawing", 1, 1)
    clock.now = 15
    lines.beat()
    lines("maps", 2, 6)
    clock.now = 19
    lines.beat()
    lines("maps", 6, 6)
    assert capsys.readouterr().err.splitlines() == [
        "at work, 3.0 s so far",
        "drawing …",
        "drawing, 2.0 s so far",
        "drawing, 4.0 s so far",
        "drawing: done in 5.0 s",
        "maps: 1 of 6, 12 s so far",
        "maps: 2 of 6, about 64 s left",
        "maps: 6 of 6 in 16 s",
    ]


def test_lines_do_not_get_rarer_because_something_else_took_long(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    lines("maps", 0, 2)
    clock.now = 500
    lines("maps", 1, 2)
    lines("causes", 0, 1)
    for clock.now in range(501, 507):
        lines.beat()
    lines("causes", 1, 1)
    lines("maps", 2, 2)
    for clock.now in (507, 508):
        lines.beat()
    assert capsys.readouterr().err.splitlines()[1:] == [
        "maps: 1 of 2, about 8 min left",
        "causes …",
        "causes, 2.0 s so far",
        "causes, 4.0 s so far",
        "causes, 6.0 s so far",
        "causes: done in 6.0 s",
        "maps: 2 of 2 in 8 min",
        "at work, 8 min so far",
    ]


def test_what_takes_long_ends_in_a_line_though_none_told_how_far_it_was(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    lines("batch", 0, 2)
    lines("epoch", 1, 2)
    for clock.now in (2, 4):
        lines("batch", 1, 2)
    lines("epoch", 2, 2)
    assert capsys.readouterr().err.splitlines()[-1] == "epoch: 2 of 2 in 4.0 s"


SLOW = """
import time, sys
from pmf import cli, progress
from pmf.commands import maps
def slow(options):
    time.sleep(3)
    with progress.step("a step that nobody sees into"):
        until = time.monotonic() + 3
        while time.monotonic() < until:  # in Python: one call into C keeps the lock, and nobody could speak
            pass
maps._run = slow
sys.exit(cli.main(["maps", "atlas"]))
"""


def test_no_process_is_silent_for_longer_than_a_pause(tmp_path: Path) -> None:
    """While it imports, sleeps or computes without a word, each gap is a pause and little more."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    began = time.monotonic()
    told = []
    line = [sys.executable, "-c", SLOW]
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [(time.monotonic() - began, text.rstrip()) for text in process.stderr]
    assert process.returncode == 0
    times = [0.0, *(when for when, _ in told)]
    assert max(later - before for before, later in pairwise(times)) < 2 * progress.PAUSE
    assert any(text.startswith("at work, ") for _, text in told)
    assert told[-1][1].startswith("a step that nobody sees into: done in ")


def test_days_of_work_are_told_in_some_hundred_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for epoch in range(1000):
        for batch in range(101):
            lines("batch", batch, 100)
            clock.now += 1
        lines("epoch", epoch + 1, 1000)
    told = capsys.readouterr().err.splitlines()
    assert 50 < len(told) < 300
    assert told[-1].startswith("epoch: 1,000 of 1,000 in ")


def test_a_bar_ends_with_its_activity(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars()
    bars("reading", 0, 1)
    bars("reading", 1, 1)
    printed = capsys.readouterr().err
    assert "reading: 100%" in printed
    assert printed.endswith("\n")
    bars("at once", 3, 3)
    bars("epoch", 4, 6)  # after a resume
    printed = capsys.readouterr().err
    assert "at once" not in printed
    assert "4/6 [00:00<" in printed
    assert not printed.endswith("\n")
    bars.close()


def test_match_tells_how_far_it_is_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    monkeypatch.setattr(approximate, "memory_bytes", lambda _: 2**16)  # many blocks, as of a large run
    assert main(["match", str(RUN), "--out", str(tmp_path / "pairs.tsv")]) == 0
    first, *others = (line for line in capsys.readouterr().err.splitlines() if "so far" not in line)
    assert first.startswith("pmf match: write the alignment")
    assert others[0] == "scoring pairs …"
    between = [re.fullmatch(r"comparing: ([\d,]+) of ([\d,]+)(, about .* left)?", line) for line in others]
    assert any(line and 0 < _number(line[1]) < _number(line[2]) for line in between)
    ends = [line for line in others if re.match(r"comparing: ([\d,]+) of \1 in ", line)]
    assert ends
    assert others[-1].startswith("choosing partners: done in ")


@pytest.mark.parametrize("silent", ["--quiet", "--json"])
def test_nothing_but_the_result_comes(silent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", str(RUN), "--out", str(tmp_path / "pairs.tsv"), silent]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1


def _number(text: str) -> int:
    return int(text.replace(",", ""))
