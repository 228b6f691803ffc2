"""The table of failures, on the bundled run and on what was planted in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.data.graph_pair import GraphPair
from pmf.data.pictures import TRUTH_FILE
from pmf.errors import RunFormatError
from pmf.failures.causes import CAUSES, UNEXPLAINED
from pmf.failures.contrast import Contrast
from pmf.failures.health import health
from pmf.failures.rules import RULES
from pmf.failures.table import to_compare, write_failures
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.runs.tasks import read_task
from tests.commands import pmf
from tests.conftest import ROOT


def failures(run: RunReader) -> pd.DataFrame:
    table = run.failures()
    assert table is not None
    return table


def test_each_error_has_a_cause_and_each_right_answer_none(atlas: RunReader) -> None:
    table, predictions = failures(atlas), atlas.predictions()
    assert predictions is not None
    test = predictions[predictions["split"] == "test"]
    both = table.merge(test, on=["direction", "query", "truth"], suffixes=("", "_predicted"), validate="one_to_one")
    assert len(both) == len(table) == len(test)
    assert (both["rank"] == both["rank_predicted"]).all()
    assert (both["prediction"] == [row[0] for row in both["candidates"]]).all()
    assert (table["right"] == (table["rank"] <= 1)).all()
    assert (table["right"] == (table["cause"] == "")).all()
    assert table["cause"].nunique() > 5
    order = list(CAUSES)
    for row in table.itertuples():
        found = list(row.causes)
        assert found == sorted(found, key=order.index)
        assert row.cause == ("" if row.right else found[0] if found else UNEXPLAINED)
        assert row.modality in (*atlas.modalities, "")


def test_what_is_stored_is_what_the_layout_names(atlas: RunReader) -> None:
    table = failures(atlas)
    named = [
        name.replace("MODALITY", modality)
        for name in (*layout.FAILURE_COLUMNS, *layout.REPAIR_COLUMNS)
        for modality in (atlas.modalities if "MODALITY" in name else [""])
    ]
    assert sorted(table.columns) == sorted(named)
    assert list(RULES) == list(CAUSES)[:-1]
    assert (table.attrs["scope"], table.attrs["decode"]) == ("closed", "csls(k=3, rounds=2)")
    assert table.attrs["notes"][0] == "Names were not looked at: the run does not use them."
    assert set(table.attrs["contrasts"]) == set(RULES)
    assert table.attrs["calibration"][layout.SOURCE_TO_TARGET]["brier"] < 0.25
    ranks = atlas.counterfactuals()
    assert ranks is not None
    assert ranks["rank"].to_numpy().sum() == table["similarity_rank"].sum()


def test_a_circumstance_of_right_answers_too_is_no_cause(atlas: RunReader) -> None:
    """Of this run every tenth prediction is a hub, whether it is right or wrong."""
    table = failures(atlas)
    kept = {cause for causes in table["causes"] for cause in causes}
    for name, values in table.attrs["contrasts"].items():
        found = Contrast(**values)
        assert found.wrong is not None
        if CAUSES[name].circumstance and found.wrong > 0:
            assert (name in kept) == found.tells
            said = [note for note in table.attrs["notes"] if CAUSES[name].title.capitalize() in note]
            assert bool(said) is not found.tells
    hub = Contrast(**table.attrs["contrasts"]["hub"])
    assert "hub" not in kept
    assert hub.right is not None
    assert hub.right > 0.05


def test_of_very_many_right_answers_some_are_enough() -> None:
    queries = pd.DataFrame({"rank": [1.0, 2, 1, 1, 3, 1, 1], "rival": [5, 5, 5, -1, 5, 5, 5]})
    assert to_compare(queries).tolist() == [0, 1, 2, 4, 5, 6]
    assert to_compare(queries, most_right=2).tolist() == [0, 1, 4, 5]  # every second right one that has a rival


def test_pictures_are_blamed_where_they_are_known_to_mislead(alike: RunReader) -> None:
    table = failures(alike)
    rows = pd.read_csv(ROOT / "assets" / "atlas" / TRUTH_FILE, sep="\t")
    kind = alike.entities["uri"].map(dict(zip(rows["entity"], rows["kind"], strict=True))).to_numpy()
    helps = (kind[table["query"]] == "relevant") & (kind[table["truth"]] == "relevant")
    blamed = table["causes"].map(lambda causes: "picture" in causes).to_numpy()
    assert blamed.sum() >= 10
    assert helps[blamed].mean() < 0.1
    frozen_at, image = alike.frozen_at(), alike.modalities.index("image")
    assert frozen_at is not None
    shown = (frozen_at[image, table["query"]] == -1) & (frozen_at[image, table["truth"]] == -1)
    assert helps[shown].mean() > 0.8  # most pictures do help


def test_a_good_picture_that_was_frozen_is_found(frozen: tuple[RunReader, np.ndarray]) -> None:
    run, chosen = frozen
    table = failures(run)
    lost = table[table["truth"].isin(chosen) & ~table["right"]]
    assert len(lost) > 5
    over = lost["cause"] == "over-frozen"
    assert over.all()
    assert (lost["modality"] == "image").all()
    assert (lost["epoch"] == 20).all()
    assert (lost["gain"] == lost["thawed_image"]).all()
    blamed = table[(table["cause"] == "over-frozen") & (table["modality"] == "image")]
    assert (blamed["query"].isin(chosen) | blamed["truth"].isin(chosen)).all()
    assert not table["causes"].map(lambda causes: "near-duplicate" in causes).any()
    assert any("data set" in note for note in table.attrs["notes"])


def test_a_wrong_link_is_suspected(mislinked: tuple[RunReader, np.ndarray]) -> None:
    run, sources = mislinked
    table = failures(run)
    wrong = table[~table["right"]]
    planted = wrong["query"].isin(sources) | wrong["truth"].isin(sources)
    suspected = wrong["cause"] == "suspicious-link"
    assert planted.sum() >= 58  # exchanged links are hardly ever right by chance
    assert suspected[planted].mean() > 0.7
    assert planted[suspected].mean() > 0.9


def test_a_run_without_errors_has_no_causes(atlas: RunReader, tmp_path: Path) -> None:
    folder = shutil.copytree(atlas.folder, tmp_path / "run")
    predictions = atlas.predictions()
    assert predictions is not None
    predictions.assign(rank=predictions["rank"].clip(upper=1)).to_parquet(folder / layout.PREDICTIONS)
    table = write_failures(RunReader(folder), None)
    assert table["right"].all()
    assert set(table["cause"]) == {""}
    assert health(RunReader(folder)).voice["wrong"].isna().all()


def test_only_a_whole_run_with_test_links(atlas: RunReader, tmp_path: Path, pair: GraphPair) -> None:
    folder = shutil.copytree(atlas.folder, tmp_path / "run")
    RunReader(folder).links.assign(split="seed").to_parquet(folder / layout.LINKS)
    with pytest.raises(RunFormatError, match="no test links"):
        write_failures(RunReader(folder), pair)
    (folder / layout.PREDICTIONS).unlink()
    with pytest.raises(RunFormatError, match="has not finished"):
        write_failures(RunReader(folder), pair)


def test_the_command(atlas: RunReader, tmp_path: Path) -> None:
    folder = shutil.copytree(atlas.folder, tmp_path / "run")
    (folder / layout.FAILURES).unlink()
    done = pmf("failures", folder, "--json")
    assert done.returncode == 0, done.stderr
    printed, table = json.loads(done.stdout), failures(RunReader(folder))
    assert (printed["queries"], printed["wrong"]) == (len(table), int((~table["right"]).sum()))
    assert sum(counts["primary"] for counts in printed["causes"].values()) == printed["wrong"]
    assert printed["causes"]["picture"]["primary"] == int((table["cause"] == "picture").sum())
    assert printed["causes"]["sparse"]["right"] == table.attrs["contrasts"]["sparse"]["right"]
    assert any("Freezing pictures gained" in sentence for sentence in printed["health"])
    assert read_task(folder, "failures").state == "finished"
    pd.testing.assert_frame_equal(table, failures(atlas))
