"""What a run's health says, where the answer is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pmf.data.graph_pair import GraphPair
from pmf.errors import RunFormatError
from pmf.failures.duplicates import overlaps
from pmf.failures.freezing_harm import Harm
from pmf.failures.health import health
from pmf.failures.hubness import hub_limit, occurrence, skewness
from pmf.failures.sentences import sentences
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.small_data import DBP15K, lay


def test_freezing_misleading_pictures_is_seen_to_help(atlas: RunReader) -> None:
    report = health(atlas)
    image = next(harm for harm in report.freezing if harm.modality == "image" and not harm.type)
    assert image.certain
    assert image.high < 0
    assert report.sentences[0].startswith(f"Freezing pictures gained {-100 * image.cost:.1f} points of Hits@1 (95 %")
    assert {harm.modality for harm in report.freezing} == {"image"}  # nothing else is frozen
    assert not any("Freezing relations" in sentence for sentence in report.sentences)


def test_freezing_good_pictures_is_seen_to_cost(frozen: tuple[RunReader, np.ndarray]) -> None:
    run, chosen = frozen
    report, table = health(run), run.failures()
    assert table is not None
    image = next(harm for harm in report.freezing if harm.modality == "image" and not harm.type)
    assert image.links == 464
    assert image.frozen == pytest.approx(len(chosen) / 464)
    assert image.cost == pytest.approx((table["thawed_image"] <= 1).mean() - (table["similarity_rank"] <= 1).mean())
    assert image.low > 0
    assert report.sentences[0].startswith("Freezing pictures cost ")


def test_figures_of_a_run(atlas: RunReader) -> None:
    report, table, predictions = health(atlas), atlas.failures(), atlas.predictions()
    assert table is not None
    assert predictions is not None
    assert report.fused == pytest.approx((table["similarity_rank"] <= 1).mean())
    assert report.known == pytest.approx((table.filter(like="alone_").min(axis=1) <= 1).mean())
    assert len(report.agreement) == 6
    for one in report.agreement:
        firsts = (table[[f"alone_{one.modality}", f"alone_{one.other}"]] <= 1).mean().max()
        assert one.both <= firsts
    strongest = max(report.agreement, key=lambda one: abs(one.correlation))
    assert 0.1 < abs(strongest.correlation) < 1
    assert report.balance.index.tolist() == list(range(50))
    assert report.balance.sum(axis=1).between(0.99, 1.01).all()
    assert report.balance["image"].iloc[0] > 0.1 > 0.08 > report.balance["image"].iloc[-1]  # a third of them freeze
    forward = predictions[predictions["direction"] == layout.SOURCE_TO_TARGET]
    most = np.bincount(np.concatenate(forward["candidates"].tolist())).max()
    assert report.hubness[0].most == most
    candidates = atlas.links.loc[atlas.links["split"] != "seed", "target"]
    predicted = {row[0] for row in forward["candidates"]}
    assert report.hubness[0].never == pytest.approx(1 - len(predicted) / candidates.nunique())
    assert report.voice["right"].between(0, 1).all()
    assert report.voice.loc["structure", "right"] > report.voice.loc["structure", "wrong"]
    assert report.calibration is not None
    assert "off on average" in report.sentences[-1]


def test_nothing_is_said_of_a_run_that_was_not_looked_into(atlas: RunReader, tmp_path: Path) -> None:
    folder = shutil.copytree(atlas.folder, tmp_path / "run")
    (folder / layout.FAILURES).unlink()
    with pytest.raises(RunFormatError, match="pmf failures"):
        health(RunReader(folder))


def test_only_what_is_certain_is_said_of_freezing() -> None:
    kinds = [("image", "", 0.04, 0.01), ("image", "flag", 0.10, 0.08), ("name", "", 0.02, 0.03)]
    kinds += [("image", f"type {i}", 0.2 + i / 100, 0.01) for i in range(4)]
    harms = [
        Harm(modality=m, type=t, links=90, frozen=0.5, cost=cost, low=cost - half, high=cost + half)
        for m, t, cost, half in kinds
    ]
    said = [sentence for sentence in sentences(harms, 0.5, 0.6, [], None) if "Freezing" in sentence]
    assert said[0] == (
        "Freezing pictures cost 4.0 points of Hits@1 (95 % interval 3.0 to 5.0; 90 test links, of which 50% have a "
        "frozen one; plain similarity)."
    )
    assert [sentence.split(" on ")[1].split(" (")[0] for sentence in said[1:]] == ["type 3", "type 2", "type 1"]


def test_occurrence_by_hand() -> None:
    lists = [np.array([3, 1]), np.array([3, 2]), np.array([3, 4]), np.arange(20)]
    assert occurrence(lists, 20).tolist() == [1, 2, 2, 4, 2, *[1] * 5, *[0] * 10]
    assert occurrence([], 2).tolist() == [0, 0]
    assert skewness(np.array([0, 0, 3])) == pytest.approx((2 * -1 + 8) / 3 / 2**1.5)
    assert skewness(np.array([2, 2])) == 0
    assert hub_limit(np.array([0, 0, 4])) == pytest.approx(4 / 3 + 2 * np.std([0, 0, 4]))


def test_overlaps_by_hand(tmp_path: Path) -> None:
    from pmf.data.readers import read_graph_pair

    pair: GraphPair = read_graph_pair(lay(tmp_path, DBP15K))
    # source: a -7-> b (twice), b -8-> c; so a has {7 to b}, b {7 from a, 8 to c}, c {8 from b}
    overlap = overlaps(pair, np.array([0, 0, 1]), np.array([0, 1, 1]))
    assert overlap["structure"] == pytest.approx([1, 0, 1])
    assert overlap["relation"] == pytest.approx([1, 0, 1])
    assert overlap["attribute"] == pytest.approx([np.nan, 0, 1], nan_ok=True)  # b alone has any
