"""Studies as a user runs them: small real runs, killed in the middle and gone on with, and what they report."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pmf.cli import main
from pmf.commands import study as command
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.data.degrees import degree_bucket
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.studies.catalogue import STUDIES, Study, Variant
from pmf.studies.study import readable
from tests.commands import as_arguments, pmf, start
from tests.conftest import TINY_SETTINGS
from tests.small_data import lay

SHORT = {**TINY_SETTINGS, "train.epochs": "5", "train.freeze_epochs": "3", "rules.rounds": "0"}
"""Without rules, which find everybody in so small a data set."""


SET = as_arguments({name: value for name, value in SHORT.items() if name != "modalities"})


def arguments(name: str, data: Path, out: Path, *more: str) -> list[str]:
    return ["study", name, "--data", str(data), "--out", str(out), *SET, *more, "--json"]


@pytest.fixture(scope="module")
def modalities(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of three seeds."""
    out = tmp_path_factory.mktemp("study") / "modalities"
    assert main(arguments("modalities", tiny_data, out, "--modalities", "structure,image", "--seeds", "0,1,2")) == 0
    return out


def figures(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "results.parquet")


def test_every_row_is_the_figure_of_its_run(modalities: Path) -> None:
    table = figures(modalities)
    assert len(table) == 3 * 3 * 2 * 2  # variants, seeds, stages, directions
    assert set(table["value"]) == {"all", "structure", "image"}
    for row in table.to_dict("records"):
        run = RunReader(modalities / "runs" / row["run"])
        results = run.results(row["stage"])
        assert results is not None
        assert row["hits@1"] == results[row["direction"]]["hits@1"]
        assert row["mean_rank"] == results[row["direction"]]["mean_rank"]
        assert (row["scope"], row["decode"], row["selection"]) == (results["scope"], results["decode"], "last")
        assert run.facts.seed == row["seed"]
        if row["value"] != "all":
            assert run.modalities == (row["value"],)
        else:
            assert row["hits@1_image"] == results["single_modality"]["image"][row["direction"]]["hits@1"]
    assert not list((modalities / "runs").glob("*/checkpoint"))


def test_the_summary_is_the_mean_and_compares_the_same_queries(modalities: Path) -> None:
    summary = pd.read_parquet(modalities / "summary.parquet").set_index(["value", "direction"]).sort_index()
    table = figures(modalities).query("stage == 'end'").set_index(["value", "direction", "seed"]).sort_index()
    for key, row in summary.iterrows():
        scores = table.loc[key, "hits@1"]
        assert row["hits@1_mean"] == pytest.approx(scores.mean())
        assert row["hits@1_sd"] == pytest.approx(scores.std(ddof=1))
        assert row["seeds"] == 3
        reference = table.loc[("all", key[1]), "hits@1"]
        if key[0] == "all":
            assert pd.isna(row["difference_hits@1"])
            continue
        assert row["difference_hits@1"] == pytest.approx((scores - reference).mean())
        assert row["queries"] <= 56
        assert row["p_queries_holm"] >= row["p_queries"]
        votes = Counter()
        for seed in (0, 1, 2):
            for sign, name in ((1, key[0]), (-1, "all")):
                run = RunReader(modalities / "runs" / f"modalities={name}-seed{seed}")
                for found in run.predictions().query("split == 'test' and direction == @key[1]").itertuples():
                    votes[found.query] += sign * (found.rank <= 1)
        assert row["wins"] == sum(vote > 0 for vote in votes.values())
        assert row["losses"] == sum(vote < 0 for vote in votes.values())
        assert row["wins"] + row["losses"] > 0


def test_groups_add_up_to_the_whole(modalities: Path) -> None:
    groups = pd.read_parquet(modalities / "groups.parquet")
    end = figures(modalities).query("stage == 'end'").set_index(["value", "seed", "direction"]).sort_index()
    for (*key, by), part in groups.groupby(["value", "seed", "direction", "by"]):
        whole = end.loc[tuple(key)]
        assert part["queries"].sum() == whole["n_test"]
        assert np.average(part["hits@1"], weights=part["queries"]) == pytest.approx(whole["hits@1"])
        if by == "degree":
            assert len(part) > 1
    assert degree_bucket(np.array([0, 1, 2, 3, 25, 26, 900])).tolist() == [
        "0",
        "1-2",
        "1-2",
        "3-5",
        "11-25",
        "26+",
        "26+",
    ]


def test_killed_in_the_middle_it_goes_on_where_it_was(modalities: Path, tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    command = arguments("modalities", tiny_data, out, "--modalities", "structure,image", "--seeds", "0,1")
    started = start(*command)
    second = out / "runs" / "modalities=all-seed1"
    deadline = time.monotonic() + 120
    while not (second / layout.EVENTS).exists() or len(RunReader(second).epoch_reports()) < 3:
        assert time.monotonic() < deadline
        assert started.is_alive(), "the study ended before it could be killed"
        time.sleep(0.005)
    started.kill()
    started.join(60)
    assert not (out / "results.parquet").exists()
    first = out / "runs" / "modalities=all-seed0"
    log = (first / layout.EVENTS).read_bytes()
    begun = RunReader(second).facts.created
    unfinished = RunReader(second).state().name != "finished"
    again = pmf(*command)
    assert again.returncode == 0, again.stderr
    assert (first / layout.EVENTS).read_bytes() == log
    assert RunReader(second).facts.created == begun
    assert unfinished
    unbroken = figures(modalities).query("seed < 2").reset_index(drop=True)
    pd.testing.assert_frame_equal(figures(out), unbroken)
    printed: dict[str, Any] = json.loads(again.stdout)
    assert [row["value"] for row in printed["summary"][::2]] == ["all", "structure", "image"]


def test_seeds_come_and_go_and_nothing_is_trained_twice(modalities: Path, tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    shutil.copytree(modalities, out)
    about = json.loads((out / "study.json").read_text())
    assert (about["question"], about["preset"]) == (STUDIES["modalities"].question, "default")
    assert about["settings"]["model.width"] == TINY_SETTINGS["model.width"]
    told = {name: about[name] for name in ("study", "dataset", "fingerprint")}  # all that older versions wrote
    (out / "study.json").write_text(json.dumps(told))
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/events.jsonl")}
    for seeds in ("0,1", "0,1,2"):
        command = arguments("modalities", tiny_data, out, "--modalities", "structure,image", "--seeds", seeds)
        assert main(command) == 0
        assert ",".join(map(str, sorted(figures(out)["seed"].unique()))) == seeds
    assert {path: path.stat().st_mtime_ns for path in out.glob("runs/*/events.jsonl")} == before
    pd.testing.assert_frame_equal(figures(out), figures(modalities))


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("presets", [], "holds another study, or one of other data"),
        ("modalities", ["--set", "model.width=8"], "was trained with other settings"),
        ("modalities", ["--seeds", "1,1"], "each seed once"),
        ("modalities", ["--seeds", "one"], "--seeds needs whole numbers"),
        ("modalities", ["--set", "seed=4"], "--set seed=… does not go with a study"),
        ("modalities", ["--set", "train.epok=4"], "there is no setting train.epok"),
        ("colours", [], "unknown study colours; there are modalities, leave-one-out"),
    ],
)
def test_what_does_not_fit_is_one_line(
    modalities: Path, tiny_data: Path, capsys: pytest.CaptureFixture[str], name: str, more: list[str], says: str
) -> None:
    assert main(arguments(name, tiny_data, modalities, "--modalities", "structure,image", "--quiet", *more)) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_damaged_note_of_what_the_folder_is_for_is_said(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.json").write_text('{"study": "modal')
    assert main(arguments("modalities", tiny_data, tmp_path, "--modalities", "structure")) == 2
    assert "study.json is damaged" in capsys.readouterr().err


def test_two_at_a_time_is_refused(tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "busy"
    started = start(*arguments("modalities", tiny_data, out, "--modalities", "structure"))
    deadline = time.monotonic() + 120
    while not list(out.glob("runs/*/events.jsonl")):
        assert time.monotonic() < deadline
        assert started.is_alive()
        time.sleep(0.005)
    assert main(arguments("modalities", tiny_data, out, "--modalities", "structure")) == 2
    assert "another process is at work" in capsys.readouterr().err
    started.kill()
    started.join(60)


def test_variants_without_enough_links_are_left_out_and_said(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "share"
    options = ["--seeds", "0", "--modalities", "structure,image", "--set", "train.validation_share=0.5"]
    assert main(arguments("seed-share", tiny_data, out, *options)[:-1]) == 0
    printed = capsys.readouterr().out
    assert "seed_ratio = 0.01 is left out: 56 links cannot be split" in printed
    assert "closed candidates, decoding csls(k=3, rounds=2); epoch chosen by: last" in printed
    table = figures(out).query("stage == 'end' and direction == 'source_to_target'").set_index("value")
    assert table["n_test"].to_dict() == {"0.3": 39, "0.2": 45, "0.1": 50, "0.05": 53}
    summary = pd.read_parquet(out / "summary.parquet").set_index("value")
    assert set(summary.loc["0.05", "queries"]) == {39}


def test_changed_data_lie_in_the_folder_and_repeat_the_run(tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "missing"
    options = ["--seeds", "0", "--modalities", "structure,image", "--preset", "published"]
    assert main(arguments("missing-images", tiny_data, out, *options)) == 0
    table = figures(out).query("stage == 'end' and direction == 'source_to_target'").set_index("value")
    for value, run in table["run"].items():
        frozen_at = RunReader(out / "runs" / run).frozen_at()
        assert (frozen_at[1] == layout.MISSING).sum() == 128 - 112 + round(112 * float(value))
    assert table["hits@1_image"]["0"] > table["hits@1_image"]["0.95"] + 0.2
    # the run can be repeated from what lies in the study's folder
    run = out / "runs" / table["run"]["0.95"]
    again = tmp_path / "again"
    data = RunReader(run).facts.data_path
    assert main(["train", "--data", data, "--run", str(again), *SET, *options[2:], "--set", "train.project=false"]) == 0
    assert RunReader(again).results()["source_to_target"] == RunReader(run).results()["source_to_target"]


def test_a_new_study_is_a_few_lines_and_equal_configurations_share_a_run(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caps = [Variant(setting="freezing.cap", value=cap, settings={"freezing.cap": cap}) for cap in ("0.95", "0.98")]
    as_is = Variant(setting="preset", value="as it is")
    monkeypatch.setitem(STUDIES, "caps", Study(name="caps", question="How far?", variants=lambda _: [as_is, *caps]))
    options = ["--seeds", "0", "--modalities", "image"]
    assert main(arguments("caps", tiny_data, tmp_path / "caps", *options)) == 0
    runs = figures(tmp_path / "caps").set_index("value")["run"]
    assert set(runs["0.98"]) == set(runs["as it is"]) != set(runs["0.95"])
    assert len(list((tmp_path / "caps" / "runs").iterdir())) == 2


def test_of_wrong_seeds_it_is_counted_how_many_are_doubted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [variant for variant in STUDIES["noise"].variants(()) if variant.value == "0.2"]
    monkeypatch.setitem(STUDIES, "fifth", Study(name="fifth", question="A fifth?", variants=lambda _: variants))
    options = ["--seeds", "0", "--modalities", "structure", "--set", "train.epochs=1", "--set", "train.freeze_epochs=1"]
    assert main(["study", "fifth", "--data", "demo", "--out", str(tmp_path / "fifth"), *options, "--json"]) == 0
    summary = pd.read_parquet(tmp_path / "fifth" / "summary.parquet").query("direction == 'source_to_target'")
    doubting, trusting = summary.to_dict("records")
    assert doubting["doubt_precision_mean"] >= 0.8
    assert doubting["doubt_recall_mean"] >= 0.8
    assert trusting["doubt_recall_mean"] == 0
    assert pd.isna(trusting["doubt_precision_mean"])
    assert trusting["against"] == "seed_noise = 0.2"
    assert {"doubts right %", "wrong doubted %"} <= set(readable(summary))


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_variant_can_be_configured(study: Study) -> None:
    variants = study.variants(("structure", "relation", "image"))
    assert len({(v.setting, v.value) for v in variants}) == len(variants) > 1
    for variant in variants:
        chosen = preset(variant.preset or "default")
        config = Config(data="demo").with_settings({**chosen, **study.shared, **variant.settings})
        for name, value in variant.settings.items():
            section, _, last = name.rpartition(".")
            found = getattr(getattr(config, section) if section else config, last)
            assert str(found).lower() == value or ",".join(found) == value


def test_help_names_every_study() -> None:
    source = Path(command.__file__).read_text()
    assert all(name in source for name in STUDIES)


def test_what_is_to_know_of_the_data_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The tables are samples, the file of links is whole: most of its links are left out, and counted."""
    tables = {f"{side}.csv": "id,title\n" + "\n".join(f"{side}{i},thing {i}" for i in range(20)) for side in "pq"}
    links = "one,other\n" + "\n".join(f"p{i},q{i}" for i in range(100))
    data = lay(tmp_path / "data", tables | {"all.csv": links})
    study = arguments("leave-one-out", data, tmp_path / "study", "--seeds", "0,1")[:-1]
    assert main(study) == 0
    assert capsys.readouterr().out.count("what is used:") == 1
    assert len(list((tmp_path / "study" / "runs").iterdir())) > 1
    remarks = [message.partition(": ")[2] for message in caplog.messages]
    assert len(remarks) == len(set(remarks))
    assert any("80 links left out: the source and target id is in neither graph" in one for one in remarks)
    assert any("p.csv is the source, q.csv the target, and all.csv holds the links" in one for one in remarks)
