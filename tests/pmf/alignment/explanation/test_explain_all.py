"""All test queries at once give what one pair after the other gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pmf.alignment.explanation import counterfactual
from pmf.alignment.explanation.counterfactual import hits_at_1, write_counterfactuals
from pmf.alignment.explanation.explainer import Explainer
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.commands import pmf
from tests.conftest import ROOT


@pytest.fixture
def atlas(tmp_path: Path) -> RunReader:
    run = RunReader(shutil.copytree(ROOT / "assets" / "runs" / "atlas", tmp_path / "atlas"))
    (run.folder / layout.COUNTERFACTUALS).unlink(missing_ok=True)
    return run


@pytest.mark.parametrize("scope", ["closed", "open"])
def test_same_ranks_as_pair_by_pair(atlas: RunReader, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counterfactual, "_ROWS", 100)
    monkeypatch.setattr(counterfactual, "_COLUMNS", 90)
    table = write_counterfactuals(atlas, scope)
    explain = Explainer(atlas, scope)
    assert len(table) == 2 * (atlas.links["split"] == "test").sum()
    assert set(table["scope"]) == {scope}
    for row in table.to_dict("records"):
        explanation = explain.direction(row["query"], row["truth"])
        assert explanation.truth == row["truth"]
        assert (row["query"] < atlas.n_source) == (row["direction"] == layout.SOURCE_TO_TARGET)
        assert explanation.fused.truth == row["rank"]
        for modality in atlas.modalities:
            assert explanation.alone[modality].truth == row[f"alone_{modality}"]
            assert explanation.without[modality].truth == row[f"without_{modality}"]
            if modality in explanation.thawed:
                assert explanation.thawed[modality].truth == row[f"thawed_{modality}"]


def test_the_command_stores_what_the_layout_names(atlas: RunReader) -> None:
    assert atlas.counterfactuals() is None
    done = pmf("explain", atlas.folder, "--all", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    table = atlas.counterfactuals()
    assert table is not None
    named = [
        name.replace("MODALITY", modality)
        for name in layout.COUNTERFACTUAL_COLUMNS
        for modality in (atlas.modalities if "MODALITY" in name else [""])
    ]
    assert sorted(table.columns) == sorted(named)
    assert printed["hits@1"] == hits_at_1(table)
    assert (printed["scope"], printed["decode"], printed["rows"]) == ("closed", "similarity", len(table))
    assert layout.COUNTERFACTUALS in (layout.__doc__ or "")
    text = pmf("explain", atlas.folder, "--all").stdout
    without = printed["hits@1"]["source_to_target"]["without_image"]
    assert f"all without it {without:.3f}" in text


def test_fused_ranks_are_those_of_the_stored_fused_embedding(atlas: RunReader) -> None:
    """Same order but for the last digits that the stored fused rows are rounded to."""
    table = write_counterfactuals(atlas)
    fused = np.asarray(atlas.embedding("fused"), np.float64)
    forward = table[table["direction"] == layout.SOURCE_TO_TARGET]
    pool = np.unique(atlas.links.loc[atlas.links["split"] != "seed", "target"])
    scores = fused[forward["query"]] @ fused[pool].T
    gold = scores[np.arange(len(forward)), np.searchsorted(pool, forward["truth"])]
    ranks = 1 + (scores > gold[:, None]).sum(1)
    assert np.mean(np.abs(ranks - forward["rank"]) <= 1) > 0.95


def test_with_one_modality_nothing_is_left_without_it(atlas: RunReader) -> None:
    config = json.loads((atlas.folder / layout.CONFIG).read_text())
    config["config"]["modalities"] = ["structure"]
    (atlas.folder / layout.CONFIG).write_text(json.dumps(config))
    said = [json.loads(line) for line in (atlas.folder / layout.EVENTS).read_text().splitlines()]
    results = next(one for one in said if one["kind"] == "results")
    left = {name: value for name, value in results.items() if name not in ("reliability", "single_modality")}
    (atlas.folder / layout.EVENTS).write_text(json.dumps(left) + "\n")
    atlas = RunReader(atlas.folder)
    np.save(atlas.folder / "embeddings" / "weight.npy", np.ones((1, atlas.n_entities), np.float32))
    (atlas.folder / layout.FROZEN_AT).write_bytes(np.full(atlas.n_entities, -1, np.int16).tobytes())
    table = write_counterfactuals(atlas)
    assert (table["rank"] == table["alone_structure"]).all()
    assert (table["rank"] == table["thawed_structure"]).all()  # nothing froze
    candidates = (atlas.links["split"] != "seed").sum()
    assert (table["without_structure"] == (candidates + 1) / 2).all()


def test_only_a_whole_finished_run(atlas: RunReader) -> None:
    np.save(atlas.folder / "embeddings" / "image.npy", np.full((atlas.n_entities, 64), np.inf, np.float16))
    with pytest.raises(RunFormatError, match="other numbers than finite numbers"):
        write_counterfactuals(atlas)
    atlas.links["split"] = "seed"
    with pytest.raises(RunFormatError, match="no test links"):
        write_counterfactuals(atlas)
    (atlas.folder / layout.EVENTS).unlink()
    with pytest.raises(RunFormatError, match="has not finished"):
        write_counterfactuals(atlas)
    assert not (atlas.folder / layout.COUNTERFACTUALS).exists()
