"""A run that finds no more than blind guesses says so first, and Failures blames what is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shared.services.run_view import RunView
from app.shared.services.verdict import verdict
from pmf.cli import main
from pmf.failures.causes import CAUSES
from pmf.runs.reader import RunReader

QUICK = ("train.epochs=2", "train.freeze_epochs=2", "model.width=16", "model.label_width=16", "rules.rounds=0")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables whose rows all have the same columns; names and values, which would tell, are left out."""
    folder = tmp_path_factory.mktemp("alike")
    for side in ("source", "target"):
        rows = [f"{side[0]}{i},Keeper {i},{1900 + i}" for i in range(60)]
        (folder / f"{side}.csv").write_text("\n".join(["id,name,born", *rows]))
    (folder / "links.csv").write_text("\n".join(["source,target", *(f"s{i},t{i}" for i in range(60))]))
    settings = [part for setting in QUICK for part in ("--set", setting)]
    command = ["train", "--data", str(folder), "--run", str(folder / "run"), "--modalities", "attribute", *settings]
    assert main(command) == 0
    return folder / "run"


def test_overview_begins_with_it(run: Path) -> None:
    judged = verdict(RunView(RunReader(run)))
    assert (judged.kind, judged.see) == ("bad", "failures")
    assert judged.sentence == (
        "At chance: of its 42 test links it finds no more than blind guesses would. Every feature in use is the same "
        "for everybody; attribute values and names were not used."
    )


def test_every_failure_has_that_one_cause(run: Path) -> None:
    table = RunReader(run).failures()
    assert table is not None
    assert set(table.loc[~table["right"], "cause"]) == {"chance"}
    assert table.attrs["notes"][0].startswith("At chance: of its 42 test links it finds no more than blind guesses")
    assert "near-duplicate" not in CAUSES["chance"].sentence
