"""Runs that go on from others with verdicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pmf.cli import main
from pmf.data.graph_pair import GraphPair
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.training.loop import checkpoint
from tests.commands import TINY
from tests.pmf.training.links.test_verdicts import line, write

QUICK = ["--set", "train.epochs=3", "--set", "train.freeze_epochs=3"]


@pytest.fixture(scope="module")
def base(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run in which something is frozen, whatever validation links say."""
    folder = tmp_path_factory.mktemp("verdicts") / "base"
    always = ["--set", "freezing.guard=false"]
    assert main(["train", "--data", str(tiny_data), "--run", str(folder), *TINY, *always]) == 0
    return folder


def say(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_run_goes_on_with_verdicts_and_says_what_it_used(
    base: Path, pair: GraphPair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunReader(base)
    links = run.links
    seed, val, test = (links.loc[links["split"] == name].iloc[0] for name in ("seed", "validation", "test"))
    free = np.setdiff1d(np.arange(len(pair)), links[["source", "target"]].to_numpy())
    lone = int(free[free < pair.n_source][0])
    file = write(
        tmp_path / "v.csv",
        line(pair, int(val["source"]), int(val["target"]), "match"),
        line(pair, int(seed["source"]), int(seed["target"]), "not"),
        line(pair, lone, None, "none"),
        line(pair, int(test["source"]), int(test["target"]), "match"),
    )
    command = ["train", "--verdicts", str(file), "--from", str(base), *QUICK]
    out = tmp_path / "on"
    status, said, errors = say(capsys, *command, "--run", str(out), "--json")
    assert status == 0, errors
    results = json.loads(said)
    assert results["review"] == {
        "matched": 1,
        "rejected": 1,
        "alone": 1,
        "left_out": 1,
        "test_links_used": 0,
        "unsure": 0,
        "relations": 0,
    }
    on = RunReader(out)
    split = {(int(r.source), int(r.target)): r.split for r in on.links.itertuples()}
    assert split[int(val["source"]), int(val["target"])] == "seed"
    assert (int(seed["source"]), int(seed["target"])) not in split
    assert split[int(test["source"]), int(test["target"])] == "test"
    assert len(on.epoch_reports()) == 3
    assert on.facts.recorded["model"] == run.facts.recorded["model"]
    assert on.facts.review["alone"] == [lone]

    confirmed = [*command, "--verdicts-may-use-test-links", "yes", "--run", str(tmp_path / "confirmed")]
    status, said, errors = say(capsys, *confirmed)
    assert status == 0, errors
    assert "1 link with a verdict no longer among the test links" in said
    table = RunReader(tmp_path / "confirmed").links
    assert (table["split"] == "test").sum() == (links["split"] == "test").sum() - 1


def test_going_on_starts_where_the_base_stands(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "still"
    still = ["--set", "train.learning_rate=1e-12", "--set", "train.weight_decay=0"]
    assert main(["train", "--from", str(base), "--run", str(out), *QUICK, *still]) == 0
    before, after = RunReader(base), RunReader(out)
    frozen = before.frozen_at()
    assert frozen is not None
    assert (frozen >= 0).any()  # or the next line says nothing
    assert ((frozen >= 0) <= (after.frozen_at() >= 0)).all()
    assert (after.frozen_at()[frozen >= 0] == 0).all()
    ours, theirs = (checkpoint.load(f / layout.CHECKPOINTS / "last.safetensors")[0] for f in (base, out))
    for name, tensor in ours.items():
        if name.startswith("model."):
            torch.testing.assert_close(theirs[name], tensor, rtol=0, atol=1e-6)
    assert (after.links == before.links).all(axis=None)


def test_a_run_with_verdicts_resumes_without_the_files_it_began_with(
    base: Path, pair: GraphPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = RunReader(base).links
    free = np.setdiff1d(np.arange(len(pair)), links[["source", "target"]].to_numpy())
    source, target = int(free[0]), int(free[-1])
    gone = tmp_path / "gone"
    shutil.copytree(base, gone / "base")
    file = write(gone / "v.csv", line(pair, source, target, "match"), line(pair, int(free[1]), target, "not"))
    command = [
        "train",
        "--from",
        str(gone / "base"),
        "--verdicts",
        str(file),
        *QUICK,
        "--set",
        "train.checkpoint_every=1",
    ]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main([*command, "--run", str(whole)]) == 0

    real = checkpoint.save

    def dies(path: Path, tensors: Any, meta: Any) -> None:
        if path.parent.parent == cut and meta.get("next_epoch") == 3:
            raise OSError("the disk is full")
        real(path, tensors, meta)

    monkeypatch.setattr(checkpoint, "save", dies)
    assert main([*command, "--run", str(cut)]) == 2
    monkeypatch.undo()
    shutil.rmtree(gone)
    assert main(["train", "--resume", str(cut)]) == 0
    first, second = (checkpoint.load(f / layout.CHECKPOINTS / "last.safetensors")[0] for f in (whole, cut))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--set", "model.width=8"], "keeps its model.width"),
        (["--seed", "4"], "keeps its seed"),
        (["--verdicts", "nowhere.csv"], "nowhere.csv: expected a file, got nothing"),
    ],
)
def test_what_a_continuation_cannot_change_is_one_line(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], says: str
) -> None:
    out = tmp_path / "refused"
    status, _, errors = say(capsys, "train", "--from", str(base), "--run", str(out), "--json", *more)
    assert (status, errors.count("\n")) == (2, 1)
    assert says in errors
    assert not out.exists()


def test_other_data_or_no_checkpoint_is_one_line(
    base: Path, tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_data, other)
    names = (other / "names_1.tsv").read_text().splitlines()
    (other / "names_1.tsv").write_text("\n".join(names[1:]) + "\n")
    command = ["train", "--run", str(tmp_path / "refused"), "--json", *QUICK]
    status, _, errors = say(capsys, *command, "--from", str(base), "--data", str(other))
    assert status == 2
    assert "was trained on other data" in errors
    bare = tmp_path / "bare"
    shutil.copytree(base, bare)
    shutil.rmtree(bare / layout.CHECKPOINTS)
    status, _, errors = say(capsys, *command, "--from", str(bare))
    assert status == 2
    assert "is no checkpoint that can be read" in errors
    assert not (tmp_path / "refused").exists()


def test_from_the_start_verdicts_are_seeds_too(tiny_data: Path, base: Path, pair: GraphPair, tmp_path: Path) -> None:
    links = RunReader(base).links
    free = np.setdiff1d(np.arange(len(pair)), links[["source", "target"]].to_numpy())
    source, target = int(free[0]), int(free[-1])
    file = write(tmp_path / "v.csv", line(pair, source, target, "match"))
    out = tmp_path / "fresh"
    assert main(["train", "--data", str(tiny_data), "--verdicts", str(file), "--run", str(out), *TINY, *QUICK]) == 0
    table = RunReader(out).links
    assert table.iloc[(table["split"] == "seed").sum() - 1].tolist() == [source, target, "seed"]
    assert len(table) == len(links) + 1
