"""`pmf alignment` on the bundled run: proposals, a rule, verdicts, files, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from app.alignment.__main__ import main
from app.alignment.services.tables import moment
from app.shared.services.run_view import RunView
from app.store import ReviewStore, open_store
from pmf.alignment.evaluation.align import match_run
from pmf.data.readers.link_files import link_rows
from pmf.data.readers.near_ids import NearIds
from pmf.runs import layout
from pmf.runs.accepted import pair_id
from tests.app.alignment.conftest import RUN
from tests.app.store.events import new_event
from tests.conftest import ROOT

Table = list[dict[str, str]]


@pytest.fixture
def url(proposed: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(proposed, tmp_path)}"


@pytest.fixture
def store(url: str) -> Iterator[ReviewStore]:
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture
def say(url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that succeeds and gives what it prints."""

    def say(*arguments: object) -> str:
        capsys.readouterr()
        assert main(["--store", url, *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return say


def rows(text: str) -> Table:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_what_match_finds_is_proposed_and_a_rule_accepts_the_sure_ones(say: Callable[..., str], run: RunView) -> None:
    matching = match_run(run.reader, decode="mutual")
    listed = rows(say("show", RUN))
    pairs = {(row["source"], row["target"]): row for row in listed if row["target"]}
    assert set(pairs) == set(zip(matching.alignment["source"], matching.alignment["target"], strict=True))
    alone = {row["source"] for row in listed if not row["target"]}
    assert alone == set(matching.dangling["source"][matching.dangling["probability"] >= 0.5])
    assert {row["state"] for row in listed} == {"proposed"}
    assert all(row["id"] == pair_id(*pair) for pair, row in pairs.items())

    sure = sum(float(row["probability"]) >= 0.99 for row in listed)
    out = say("accept", RUN, "--over", 0.99)
    assert out.startswith(f"{sure} pairs accepted; pmf alignment undo ")
    assert len(rows(say("show", RUN, "--state", "accepted"))) == sure
    batch = out.split()[-4]
    history = rows(say("history", RUN, *next(iter(pairs))))
    assert [row["what"] for row in history] == ["proposed", "accepted"]
    assert say("undo", batch, "--by", "Bo") == f"{sure} entries taken back\n"
    assert rows(say("show", RUN, "--state", "accepted")) == []
    assert [row["who"] for row in rows(say("history", RUN, *next(iter(pairs))))][-1] == "Bo"
    assert say("propose", RUN) == f"0 new, {len(listed)} proposed again, 0 withdrawn\n"


def test_verdicts_of_review_and_the_alignment_are_one_thing(
    say: Callable[..., str], store: ReviewStore, run: RunView, tmp_path: Path
) -> None:
    listed = store.alignment(run.fingerprint)
    before = max(one.time for one in listed)
    wrong, right = listed[0], listed[1]
    fields = {"fingerprint": run.fingerprint, "time": before + 86_400}
    store.append(
        new_event(wrong.source, "not", other=wrong.target, **fields),
        new_event(right.source, other=right.target, reason="=cmd", **fields),
    )
    changes = rows(say("diff", RUN, "--since", moment(before + 1).isoformat()))
    assert {(row["source"], row["before"], row["after"], row["who"]) for row in changes} == {
        (wrong.source, "proposed", "rejected", "Ann"),
        (right.source, "proposed", "accepted", "Ann"),
    }
    assert rows(say("diff", RUN, "--since", "2020-01-01", "--until", "2020-01-02")) == []
    ids = tuple(NearIds(dict.fromkeys(part, 0)) for part in (run.uris[: run.n_source], run.uris[run.n_source :]))
    for name in ("out.csv", "out.tsv", "out.sssom.tsv", "out.nt", "out.rdf"):
        assert say("export", RUN, "--out", tmp_path / name) == f"1 pair written to {tmp_path / name}\n"
        (row,) = link_rows(tmp_path / name, *ids)
        assert right.pair == (row.left, row.right)
    assert "'=cmd" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")  # no formula
    assert "ManualMappingCuration" in (tmp_path / "out.sssom.tsv").read_text()


def test_proposals_beside_accepted_pairs_and_places_that_a_form_lacks_are_said(
    say: Callable[..., str], store: ReviewStore, run: RunView, tmp_path: Path
) -> None:
    first = next(one for one in store.alignment(run.fingerprint) if one.target)
    other = run.uris[run.n_source]
    assert other != first.target
    store.append(new_event(first.source, other=other, fingerprint=run.fingerprint))
    listed = store.alignment(run.fingerprint)
    alone = sum(not one.target for one in listed)
    beside = sum(one.state == "proposed" and one.counterparts > 0 for one in listed)
    assert beside >= 1
    said = say("export", RUN, "--out", tmp_path / "all.nt", "--state", "accepted", "--state", "proposed")
    proposals = "proposal" if beside == 1 else "proposals"
    assert f"left out: {beside} {proposals} beside an accepted pair, {alone} without counterpart" in said
    assert (tmp_path / "all.nt").read_text().count("\n") == len(listed) - alone - beside


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nowhere"], "nowhere is no run folder"),
        (["undo", "0" * 5000], "there is nothing to take back with the id 0000"),
        (["follow", RUN, RUN], "already"),
        (["export", RUN, "--out", "/nowhere/at/all.csv"], "No such file or directory"),
    ],
)
def test_what_is_refused_is_one_line(
    url: str, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    status = main(["--store", url, *arguments])
    printed = capsys.readouterr()
    assert status == (0 if says == "already" else 2)
    assert says in printed.out + printed.err
    assert (printed.out + printed.err).count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["accept", RUN, "--over", "7"], "'7' is no number from 0 to 1"),
        (["accept", RUN, "--over", "nan"], "'nan' is no number from 0 to 1"),
        (["diff", RUN, "--since", "yesterday"], "'yesterday' is no date like"),
    ],
)
def test_wrong_usage(url: str, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--store", url, *arguments])
    assert says in capsys.readouterr().err


def test_an_update_takes_the_alignment_on_and_marks_what_changed(
    say: Callable[..., str], store: ReviewStore, run: RunView, tmp_path: Path
) -> None:
    for name in ("atlas", "atlas-next"):
        shutil.copytree(RUN, tmp_path / name)
    config = tmp_path / "atlas-next" / layout.CONFIG
    values = json.loads(config.read_text())
    values["dataset"]["fingerprint"] = "e" * 64
    values["updated"] = {"parent": "atlas", "trained_on": "data", "trained_fingerprint": run.fingerprint}
    config.write_text(json.dumps(values))
    kept, changed, gone, open_ = [one for one in store.alignment(run.fingerprint) if one.target][:4]
    for one in (kept, changed, gone):
        store.append(new_event(one.source, other=one.target, fingerprint=run.fingerprint))
    found = [
        (kept, "kept", ""),
        (changed, "changed", "its name"),
        (gone, "gone", "source"),
        (open_, "changed", "its type"),
    ]
    accepted = [(one.id, *one.pair, "verdict", state, what) for one, state, what in found]
    pd.DataFrame(accepted, columns=list(layout.ACCEPTED_COLUMNS)).to_parquet(config.parent / layout.ACCEPTED)

    listed = len(store.alignment(run.fingerprint))
    assert say("propose", config.parent) == (
        f"0 new, {listed} proposed again, 0 withdrawn\nthe alignment of atlas goes on; 2 accepted pairs changed\n"
    )
    states = {one.pair: (one.state, one.text) for one in store.alignment("e" * 64)}
    assert states[kept.pair] == ("accepted", "")
    assert states[changed.pair] == ("changed", "its name")
    assert states[gone.pair] == ("changed", "gone: source")
    assert states[open_.pair] == ("proposed", "")
    again = new_event(changed.source, other=changed.target, fingerprint="e" * 64, time=4e9)
    store.append(again)  # somebody looked again
    assert say("propose", config.parent).endswith("0 accepted pairs changed\n")
    assert {one.pair: one.state for one in store.alignment("e" * 64)}[changed.pair] == "accepted"


def test_an_update_without_its_parent_says_so(say: Callable[..., str], tmp_path: Path) -> None:
    shutil.copytree(RUN, tmp_path / "next")
    config = tmp_path / "next" / layout.CONFIG
    values = json.loads(config.read_text())
    values["updated"] = {"parent": "../atlas", "trained_on": "data", "trained_fingerprint": "f"}
    config.write_text(json.dumps(values))
    assert "../atlas is not beside it" in say("propose", config.parent)


def test_it_is_a_command_of_pmf(url: str) -> None:
    command = [sys.executable, "-m", "pmf", "alignment", "--store", url, "history", RUN, "no such entity"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert done.stderr.startswith("pmf alignment: the alignment of a data set")
    assert done.stdout == "when\twhat\twho\trun\tprobability\ttext\tstands\tid\tbatch\n"


def test_times_that_no_calendar_has() -> None:
    assert [moment(time).year for time in (-1e14, 0, 1e14)] == [1970, 1970, 9999]
