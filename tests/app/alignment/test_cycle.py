"""Three data sets aligned two by two: what contradicts is listed, what agrees is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pmf
from app.alignment.__main__ import main
from app.alignment.services.cycle import contradictions
from app.shared.services.run_view import RunView
from pmf.errors import ConfigError

NAMES = ("Ada", "Ben", "Cid", "Dot", "Eve", "Fay")
SETS = "abc"
RIGHT = 0.9


def people(folder: Path, one: str, other: str) -> Path:
    """Two tables of the same people, with one link."""
    folder.mkdir()
    for name, letter in (("source", one), ("target", other)):
        rows = "".join(f"{letter}{i},{who}\n" for i, who in enumerate(NAMES))
        (folder / f"{name}.csv").write_text(f"id,name\n{rows}")
    (folder / "links.csv").write_text(f"source,target\n{one}0,{other}0\n")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """a–b and b–c as they are; a–c takes two people for each other, one of them not surely."""
    root = tmp_path_factory.mktemp("three")
    folders = []
    for one, other in ("ab", "bc", "ac"):
        wrong = {1: 2, 2: 1} if one + other == "ac" else {}
        pairs = [f"{one}{i},{other}{wrong.get(i, i)},{0.6 if i == 1 and wrong else RIGHT}\n" for i in range(1, 6)]
        (root / f"{one}{other}.csv").write_text("source,target,probability\n" + "".join(pairs))
        data = people(root / f"data-{one}{other}", one, other)
        folders.append(root / f"run-{one}{other}")
        pmf.adopt(data, root / f"{one}{other}.csv", run=folders[-1], maps=False)
    return folders


def test_a_chain_that_leads_to_somebody_else_is_listed(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", f"sqlite:///{tmp_path}/reviews.sqlite"]
    for run in runs:
        assert main([*store, "propose", str(run)]) == 0
    capsys.readouterr()
    assert main([*store, "cycle", *map(str, runs), "--state", "proposed"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "1 of 4 groups over 3 data sets hold two entities of one\n"
    header, *rows = [line.split("\t") for line in printed.out.splitlines()]
    listed = [dict(zip(header, row, strict=True)) for row in rows]
    assert len(listed) == 6
    assert {row[end] for row in listed for end in ("source", "target")} == {s + i for s in SETS for i in "12"}
    assert [(row["source"], row["target"]) for row in listed if row["suspect"] == "True"] == [("a1", "c2")]
    assert main([*store, "cycle", *map(str, runs)]) == 0  # nobody has accepted anything
    assert capsys.readouterr().err.startswith("0 of ")


def test_several_counterparts_in_one_alignment_are_a_decision(runs: list[Path]) -> None:
    views = [RunView(pmf.open_run(run)) for run in runs]
    two = [("a1", "b1", "accepted", None), ("a1", "b2", "accepted", None)]
    assert contradictions(views, [two, [], []]).contradicting == 0
    through = [two, [("b1", "c1", "accepted", None)], []]
    assert contradictions(views, through).contradicting == 1


def test_a_graph_that_is_both_sides_cannot_be_told(runs: list[Path]) -> None:
    view = RunView(pmf.open_run(runs[0]))
    view.__dict__["uris"] = np.array([*view.uris[:-1], view.uris[0]], dtype=object)
    with pytest.raises(ConfigError, match="cannot be told"):
        contradictions([view], [[]])
