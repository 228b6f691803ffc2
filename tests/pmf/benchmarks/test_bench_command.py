"""`pmf bench` as a user runs it: sections in processes of their own, a table or JSON, one line for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmf.benchmarks.request import Request
from pmf.benchmarks.suite import measure
from pmf.cli import main
from pmf.commands import bench
from pmf.errors import UnfinishedError
from tests.commands import TINY
from tests.conftest import ROOT


def test_all_parts_make_a_table(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--data", str(tiny_data), "--repeat", "1", "--sizes", "400", *TINY]
    assert main([*arguments, "--set", "modalities=structure,relation"]) == 0
    printed = capsys.readouterr().out
    assert "structure + relation, width 16, batch 8, float32; cpu" in printed
    starts = [
        "MACHINE",
        "square 2048 × 2048 × 2048",
        "EPOCH",
        "contrastive losses, backward",
        "GROWTH",
        "400",
        "SEARCH",
    ]
    places = [printed.index(start) for start in starts]
    assert places == sorted(places)
    assert printed.count("limit 300 s for all sizes, not reached") == 2


def test_json_is_one_object(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--to-hits", "0.01", "--preset", "default", "--data", str(tiny_data), *TINY]
    assert main([*arguments, "--set", "model.propagation=0", "--json"]) == 0
    output = capsys.readouterr()
    results = json.loads(output.out)
    assert list(results) == ["to_hits"]
    assert results["to_hits"]["reached"]
    assert output.err == ""
    bench._print_to_hits(results["to_hits"])
    assert "Hits@1 0.010 of validation links reached: best 0." in capsys.readouterr().out


def test_a_journey_adds_up_to_the_seconds_of_the_whole_training(
    tiny_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["bench", "--part", "journey", "--data", str(tiny_data), *TINY, "--set", "train.iterative_epochs=2"]
    assert main([*arguments, "--json"]) == 0
    output = capfd.readouterr()
    figures = json.loads(output.out)["journey"]
    assert output.err == ""
    seconds = {row["phase"]: row["seconds"] for row in figures["rows"]}
    assert list(seconds) == [
        "start",
        "read",
        "features",
        "rules",
        "stage 1",
        "stage 2",
        "stage 3",
        "evaluation of epochs",
        "snapshots, checkpoints, figures",
        "evaluate",
        "predictions",
        "end",
    ]
    assert sum(seconds.values()) == pytest.approx(figures["seconds"])
    assert all(took >= 0 for took in seconds.values())
    assert seconds["start"] > 0.1  # a process that imports all it needs
    assert figures["preset"] == "default"
    bench._print_journey(figures)
    assert "tiny" in capfd.readouterr().out


def test_sizes_end_at_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--part", "search", "--sizes", "4000,400", "--seconds", "0.05"]
    assert main([*arguments, "--json"]) == 0
    stopped = "400 entities: search was not done in 0 s"
    found = {"rows": [], "limit_seconds": 0.05, "stopped": stopped}
    assert json.loads(capsys.readouterr().out) == {"search": found}
    assert main(arguments) == 0
    assert f"limit 0.05 s for all sizes; stopped at {stopped}" in capsys.readouterr().out


def test_two_processes_share_an_evaluation_and_find_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bench", "--part", "ranks", "--sizes", "3001", "--repeat", "1", "--set", "modalities=structure"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["ranks"]
    (row,) = found["rows"]
    assert (row["entities"], row["queries"], row["width"], row["same"]) == (3000, 1500, 300, True)
    for name, ratio in (("seconds", "ratio"), ("cpu_seconds", "cpu_ratio")):
        assert row[ratio] == pytest.approx(row["alone"][name] / row["together"][name])
    bench._print_ranks(found)
    assert "3,000    300    1,500" in capsys.readouterr().out


def test_a_process_of_ranks_that_fails_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """So many numbers in a row that no machine holds them."""
    assert main(["bench", "--part", "ranks", "--sizes", "4", "--json", "--set", "model.width=900000000000"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("pmf: a process of ranks ended early: RuntimeError: ")
    assert output.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "train.epok=3"], "there is no setting train.epok"),
        (["--preset", "mine"], "unknown preset mine"),
        (["--set", "modalities=relation"], "a benchmark needs the modality structure"),
        (["--set", "model.attention=gatconv"], "a benchmark needs model.attention=published"),
        (["--repeat", "0"], "--repeat must be above 0, got 0"),
        (["--sizes", "10,many"], "--sizes needs whole numbers with commas between, got 10,many"),
        (["--sizes", "100,-3"], "--sizes needs numbers above 0, got 100,-3"),
        (["--seconds", "nan"], "--seconds must be above 0 and at most a day, got nan"),
        (["--to-hits", "1.5"], "--to-hits must lie in (0, 1], got 1.5"),
        (["--part", "epoch", "--data", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--json", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("pmf: ")
    assert says in line


def test_a_part_and_hits_exclude_each_other() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--part", "epoch", "--to-hits", "0.5"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        ("echo Traceback >&2; echo MemoryError: no >&2; exit 1", "growth ended early: MemoryError: no"),
        ("exit 3", "growth ended early: status 3"),
        ("kill -9 $$", "growth was killed, most likely because memory ran out"),
    ],
)
def test_a_section_that_dies_says_of_what(
    ending: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "python"
    dying.write_text(f"#!/bin/sh\n{ending}\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(UnfinishedError, match=f"^{says}$"):
        measure(Request(section="growth"))


def test_the_process_that_waits_stays_small() -> None:
    """What it holds would be inherited as the peak of every section."""
    script = "import sys, pmf.benchmarks.suite as s; s.Request(section='x').config(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
