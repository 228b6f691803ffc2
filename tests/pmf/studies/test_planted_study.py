"""A study over pictures that mislead by design: what each preset freezes of them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.shared.services import freezing_quality
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.cli import main
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.pmf.studies.test_study import arguments, figures

PLANTED = ("--seeds", "0", "--set", "train.batch_size=64")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("planted")
    data, out = folder / "made", folder / "study"
    assert main(["data", "synthesize", "--out", str(data), "--entities", "150", "--types", "5", "--json"]) == 0
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(arguments("planted", data, out, *PLANTED)) == 0
    return out, json.loads(said.getvalue())


def test_planted_truth_judges_each_preset_as_the_app_does(planted: tuple[Path, dict[str, Any]]) -> None:
    out, _ = planted
    table = (
        figures(out)
        .query("stage == 'end' and direction == 'source_to_target'")
        .set_index(["setting", "value"])
        .sort_index()
    )
    assert table["decode"].nunique() == 1
    for name in ("published", "paper", "default"):
        row = table.loc[("preset", name)]
        view = RunView(RunReader(out / "runs" / row["run"]))
        seen = freezing_quality.quality(view, open_dataset(view))
        assert seen is not None
        last = seen[-1]
        assert row["freezing_recall"] == pytest.approx(last.recall)
        assert row["freezing_f1"] == pytest.approx(2 * last.both / (last.frozen + last.helpless))
        if last.frozen:
            assert row["freezing_precision"] == pytest.approx(last.precision)
        assert last.frozen > 0 or name == "default"  # its validation links may choose an epoch before any froze
    assert table.loc[("preset", "default"), "freezing_auc"] > 0.8
    # what is linked nowhere is never scored by the published rule, so its recall is worse over all
    published = table.loc[("preset", "published")]
    assert published["freezing_recall"] < published["freezing_linked_recall"]


def test_the_oracle_has_only_pictures_that_help_and_freezes_none(planted: tuple[Path, dict[str, Any]]) -> None:
    out, said = planted
    table = figures(out).query("stage == 'end'").set_index(["setting", "value", "direction"]).sort_index()
    assert (table.loc["oracle", "frozen_image"] == 0).all()
    assert (table.loc["no freezing", "freezing_f1"] == 0).all()
    oracle = RunReader(out / "runs" / "oracle=default-seed0").frozen_at()
    plain = RunReader(out / "runs" / "no-freezing=default-seed0").frozen_at()
    image = 3
    assert (oracle[image] == layout.MISSING).sum() > (plain[image] == layout.MISSING).sum() > 0
    assert [row["setting"] for row in said["summary"][::2]] == ["preset"] * 3 + ["oracle"] * 3 + ["no freezing"]
    rows = {(row["setting"], row["value"], row["direction"]): row for row in said["summary"]}
    assert rows["preset", "published", "source_to_target"]["p_queries"] is None
    best, own = (rows[setting, "default", "source_to_target"] for setting in ("oracle", "preset"))
    assert best["against"] == "preset = default"
    assert best["difference_hits@1"] == pytest.approx(best["hits@1_mean"] - own["hits@1_mean"])
    assert any("exact McNemar" in sentence for sentence in said["conditions"])
