"""`pmf bench --gpu` without a GPU: every check compares the CPU with itself, and finds what was planted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pmf.alignment.search.similarity import Similarities
from pmf.benchmarks import agreement, gpu
from pmf.benchmarks.agreement import Sides, summary
from pmf.benchmarks.request import Request
from pmf.cli import main
from pmf.freezing.relevance import RelevanceMeter
from pmf.model import encoders
from tests.commands import TINY

ON_CPU = Request(section="check", preset="default", settings={"device": "cpu"})


@pytest.fixture(scope="module")
def sides() -> Sides:
    return Sides(ON_CPU)


@pytest.mark.parametrize("name", gpu.CHECKS)
def test_the_cpu_agrees_with_itself(name: str, sides: Sides) -> None:
    found = summary(agreement.CHECKS[name](sides))
    assert found["disagrees"] == ""
    assert found["compared"] >= 2
    assert 0 <= found["found"] <= found["allowed"]


def test_the_checks_are_those_that_are_there_and_all_fits_into_eight_minutes() -> None:
    assert tuple(agreement.CHECKS) == gpu.CHECKS
    limits = gpu.SECONDS
    assert sum(limits.values()) + (len(gpu.CHECKS) - 1) * limits["check"] <= 60 * gpu.MINUTES == 480


def changed(owner: Any, name: str, change: Callable[[Any, Any], Any], patch: pytest.MonkeyPatch) -> None:
    """Let a function give something else: what `change` makes of its arguments and of what it gives."""
    plain = getattr(owner, name)
    patch.setattr(owner, name, lambda *given, **named: change(given, plain(*given, **named)))


def in_small_blocks(memory: float) -> bool:
    """Whether that is the side that stands for the GPU."""
    return memory in (1, 2**20)


PLANTED = {
    # the products that a GPU makes
    "losses and gradients": (encoders, "fixed_product", lambda given, out: out.roll(1, 0), "cross_"),
    "training": (encoders, "fixed_product", lambda given, out: out.roll(1, 0), "loss "),
    "relevance": (
        RelevanceMeter,
        "__call__",
        lambda given, out: out + 0.01 if in_small_blocks(given[0].search.memory_mb) else out,
        "relevance by ",
    ),
    "ranks": (
        Similarities,
        "csls",
        lambda given, out: out.plain() if in_small_blocks(given[0].memory) else out,
        "source",
    ),
    "resume": (
        agreement.checkpoint,
        "load",
        lambda given, out: ({k: t * (k != "optimizer.0.exp_avg") for k, t in out[0].items()}, out[1]),
        "weights ",
    ),
    "memory": (agreement, "step_memory", lambda given, out: {k: 2 * v for k, v in out.items()}, "memory of a "),
}


@pytest.mark.parametrize("name", gpu.CHECKS)
def test_what_is_planted_is_found_and_said_in_a_line(name: str, sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, function, change, says = PLANTED[name]
    changed(owner, function, change, monkeypatch)
    line = summary(agreement.CHECKS[name](sides))["disagrees"]
    assert says in line
    assert "differs by " in line
    assert "allowed " in line
    assert "\n" not in line


PLANT = """
import pmf.data.readers
from pmf.freezing.relevance import RelevanceMeter
plain = RelevanceMeter.__call__
RelevanceMeter.__call__ = lambda self, given: plain(self, given) + 0.01 * (self.search.memory_mb == 1)
"""


@pytest.mark.full
def test_the_command_goes_on_after_what_failed_and_writes_both_files(
    tiny_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(PLANT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    out = tmp_path / "a_gpu"
    arguments = ["bench", "--gpu", "--device", "cpu", "--data", str(tiny_data), "--out", str(out), "--repeat", "1"]
    assert main([*arguments, "--seconds", "4800", "--quiet", *TINY, "--set", "modalities=structure,relation"]) == 2
    printed = capfd.readouterr()
    assert printed.err.splitlines()[-1] == f"pmf: 1 of 9 failed, see {out}.md"
    assert printed.out.count("FAILED") == 1
    figures = json.loads((tmp_path / "a_gpu.json").read_text())
    (failed,) = figures["failed"]
    assert failed.startswith("same as the CPU: relevance: relevance by ")
    assert [row["what"] for row in figures["rows"] if row["problem"]] == ["same as the CPU: relevance"]
    assert all(row["figures"] for row in figures["rows"])
    assert figures["machine"]["device"] == "cpu"
    table = (tmp_path / "a_gpu.md").read_text()
    assert table.count("| FAILED |") == 1
    for line in (
        "## whole run",
        "| stage 1 |",
        "## an epoch by its parts",
        "| contrastive losses, forward |",
        failed[:20],
    ):
        assert line in table


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_is_one_line_and_the_way_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--gpu", "--json", "--out", str(tmp_path / "gpu")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert "PyTorch finds no GPU on this machine" in line
    assert "--device cpu" in line
    assert list(tmp_path.iterdir()) == []


def test_what_takes_too_long_is_given_up_and_the_next_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    report = gpu.GPUReport(ON_CPU, 4800, quiet=True)
    monkeypatch.setitem(gpu.SECONDS, "check", 0.001)
    rows = list(zip(range(2), report.run(), strict=False))
    assert [row.problem for _, row in rows] == ["check was not done in 0 s"] * 2
    assert all(line.startswith("same as the CPU: ") for line in report.failed())
    assert "| FAILED |" in report.markdown()


def test_a_folder_that_is_not_there_is_told_before_anything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--gpu", "--device", "cpu", "--out", "/nowhere/gpu"]) == 2
    assert "--out needs a folder that is there, got /nowhere/gpu" in capsys.readouterr().err


def test_names_do_not_become_markup() -> None:
    assert gpu._plain("a|b\n<i>[x](y)*_`") == r"a\|b \<i\>\[x\](y)\*\_\`"
