"""Points of the Embeddings page: where they lie, how they are coloured and filtered, and what is near them in truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.embeddings.services import (
    colour as points_colour,
)
from app.embeddings.services import (
    filter as points_filter,
)
from app.embeddings.services import (
    nearest as points_nearest,
)
from app.embeddings.services import (
    over_epochs as points_epochs,
)
from app.embeddings.services import (
    placement as points,
)
from app.embeddings.services.filter import PointFilter
from app.embeddings.services.placement import Placement
from app.shared.services.run_view import RunView
from pmf.errors import ConfigError, RunFormatError
from pmf.projection.quality import Quality
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from tests.conftest import ATLAS

MakeRun = Callable[..., Path]


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return RunView(RunReader(make_run()))


@pytest.fixture(scope="module")
def atlas() -> RunView:
    """The bundled run."""
    return RunView(RunReader(ATLAS))


def test_umap_where_it_is_drawn_principal_components_at_once(run: RunView, make_run: MakeRun) -> None:
    drawn = points.place(run, "fused")
    assert (drawn.method, drawn.variance) == ("UMAP", None)
    assert "has not been measured" in points.how_far_to_trust(drawn)
    quick = points.place(RunView(RunReader(make_run("quick", project=False))), "fused")
    assert quick.method == "PCA"
    assert quick.variance is not None
    assert f"they hold {quick.variance:.0%} of the variance" in points.how_far_to_trust(quick)


def test_trust_is_said_with_what_was_measured() -> None:
    quality = Quality(neighbours=15, points=2000, trustworthiness=0.912, continuity=0.888, shared=0.4)
    said = points.how_far_to_trust(Placement(points=np.zeros((1, 2), np.float32), method="UMAP", quality=quality))
    assert "on the map, on average 6.0 are among the 15 nearest in the embedding" in said
    assert "has not been measured" in said
    assert "Trustworthiness 0.91, continuity 0.89" in said
    assert "2,000 entities measured" in said


def test_principal_components_of_a_plane() -> None:
    plane = np.random.default_rng(0).standard_normal((50, 2)) @ np.array([[3.0, 0, 0, 0], [0, 1, 0, 0]])
    plane[7] = 0
    found, variance = points.principal_components(plane.astype(np.float16))
    assert np.isnan(found[7]).all()
    assert variance == pytest.approx(1)
    kept = np.delete(np.arange(50), 7)
    centred = plane[kept] - plane[kept].mean(axis=0)
    np.testing.assert_allclose(np.abs(found[kept, 0]).max(), np.abs(centred[:, 0]).max(), rtol=0.1)


def test_components_of_many_are_found_from_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (np.random.default_rng(0).standard_normal((300, 5)) * [9, 5, 1, 1, 1]).astype(np.float16)
    whole, _ = points.principal_components(rows)
    monkeypatch.setattr(points, "FITTED", 100)
    part, _ = points.principal_components(rows)
    assert np.isfinite(part).all()
    assert np.abs(np.corrcoef(whole[:, 0], part[:, 0])[0, 1]) > 0.99


def test_a_run_that_goes_on_is_placed_from_its_checkpoint(make_run: MakeRun) -> None:
    folder = make_run(state="running")
    run = RunView(RunReader(folder))
    with pytest.raises(RunFormatError, match=r"first kept at a checkpoint, every 10 epochs; small has had 4\."):
        points.place(run, "fused")
    writer = RunWriter(folder, epochs=8, modalities=run.modalities, n_entities=run.n)
    writer.embedding("fused", np.random.default_rng(0).standard_normal((run.n, 6)).astype(np.float16))
    assert np.isfinite(points.place(run, "fused").points).all()


def test_sample_keeps_what_is_asked_for() -> None:
    found = points.sample(np.arange(1000), 10, (501,))
    assert len(found) == 11
    assert 501 in found
    assert len(points.sample(np.arange(9), 10)) == 9


def test_a_look_at_an_entity_takes_in_its_lines_and_its_nearest() -> None:
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2).astype(np.float32)
    grid[399] = np.nan
    low, high = points.around(grid, {"chosen": 210, "truth": 215})
    assert (low < grid[[210, 215]]).all()
    assert (high > grid[[210, 215]]).all()
    assert (high - low < 20).all()
    near = points.around(grid, {"chosen": 210})
    inside = ((grid > near[0]) & (grid < near[1])).all(axis=1).sum()
    assert points.NEAR <= inside < 100
    assert points.around(grid, {"chosen": 399}) is None
    assert points.around(grid, {}) is None


@pytest.mark.parametrize("colour", list(points_colour.COLOURS))
def test_every_entity_has_one_colour(atlas: RunView, colour: str) -> None:
    placed = points.place(atlas, "image").points
    groups = points_colour.colouring(atlas, colour, "image", placed).groups
    found = np.sort(np.concatenate(list(groups.values())))
    whole = np.flatnonzero(np.isfinite(placed).all(axis=1)) if colour == "cluster" else np.arange(atlas.n)
    np.testing.assert_array_equal(found, whole)


def test_types_are_the_commonest_and_the_rest() -> None:
    names = np.array(["b"] * 3 + [""] * 4 + list("cdefghijk") + ["a"] * 5, object)
    groups = points_colour._most(names, "no type")
    assert list(groups)[:2] == ["a", "b"]
    assert {name: len(ids) for name, ids in groups.items() if name in ("other", "no type")} == {
        "other": 3,
        "no type": 4,
    }


def test_clusters_are_parts_of_the_map() -> None:
    rng = np.random.default_rng(0)
    islands = np.concatenate([rng.normal(10 * i, 0.1, (20 + i, 2)) for i in range(10)]).astype(np.float32)
    found = points_colour.clusters(islands)
    assert [len(ids) for ids in found.values()] == list(range(29, 19, -1))
    assert list(points_colour.clusters(np.full((3, 2), np.nan, np.float32))["cluster 1"]) == []


def test_only_what_a_run_has_is_offered(run: RunView, atlas: RunView) -> None:
    assert "type" not in points_colour.colours(run)
    assert "cause" not in points_colour.colours(run)
    assert "type" in points_colour.colours(atlas)


def test_groups_say_what_became_of_them(atlas: RunView) -> None:
    groups = points_colour.colouring(atlas, "outcome", "fused", np.zeros((0, 2), np.float32)).groups
    rows = points_colour.by_group(atlas, groups).set_index("Group")
    assert rows["Entities"].sum() == atlas.n
    assert rows.loc["right", "Right"] == 1
    assert rows.loc["wrong", "Right"] == 0
    assert rows.loc["not ranked", "Ranked"] == 0
    assert np.isnan(rows.loc["not ranked", "Right"])


def test_filters_narrow_together(atlas: RunView) -> None:
    everything = points_filter.mask(atlas, PointFilter(), "fused")
    assert everything.all()
    wanted = PointFilter(side="target", match="wrong", type="country", part="degree:3-5")
    found = np.flatnonzero(points_filter.mask(atlas, wanted, "fused"))
    assert 0 < len(found) < 200
    assert (found >= atlas.n_source).all()
    assert (atlas.outcome[found] == 0).all()
    assert (atlas.types[found] == "country").all()
    assert (atlas.degree[found] >= 3).all()
    assert (atlas.degree[found] <= 5).all()
    frozen = points_filter.mask(atlas, PointFilter(state="frozen"), "image")
    np.testing.assert_array_equal(frozen, atlas.frozen_at[atlas.modalities.index("image")] >= 0)
    assert points_filter.mask(atlas, PointFilter(split="none"), "fused").sum() == (atlas.split == "").sum()
    with pytest.raises(ConfigError, match="no slice"):
        points_filter.mask(atlas, PointFilter(part="nonsense"), "fused")


def test_nearest_are_those_of_all_cosines(run: RunView) -> None:
    placed = points.place(run, "image").points
    rows = np.asarray(run.reader.embedding("image"), np.float32)
    entity = int(np.flatnonzero(rows.any(axis=1))[2])
    found = points_nearest.nearest(run, "image", entity, placed)
    there = np.flatnonzero(rows.any(axis=1))
    unit = rows[there] / np.linalg.norm(rows[there], axis=1, keepdims=True)
    expected = dict(zip(there.tolist(), unit @ unit[there == entity][0], strict=True))
    del expected[entity]
    best = sorted(expected, key=expected.__getitem__, reverse=True)[: len(found)]
    assert found["entity"].tolist() == best
    np.testing.assert_allclose(found["cosine"], [expected[i] for i in best], atol=1e-5)
    distance = np.linalg.norm(placed - placed[entity], axis=1)
    closest = int(np.argsort(np.where(np.arange(run.n) == entity, np.nan, distance))[0])
    assert (found.loc[found["place"] == 1, "entity"] == closest).all()
    assert found["place"].between(1, run.n - 1).all()


def test_nothing_is_near_what_is_missing(run: RunView) -> None:
    rows = np.asarray(run.reader.embedding("image"))
    missing = int(np.flatnonzero(~rows.any(axis=1))[0])
    assert points_nearest.nearest(run, "image", missing, points.place(run, "image").points).empty


def test_the_course_of_the_bundled_run(atlas: RunView) -> None:
    found = points_epochs.course(atlas)
    assert found is not None
    assert found.method == "UMAP"
    assert found.points.shape == (len(found.epochs), len(found.entities), 2)
    assert list(found.epochs) == sorted(found.epochs)
    assert (points_epochs.moved(found) < 0.2).all()


def test_the_course_before_its_map_is_drawn(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    assert points_epochs.course(run) is None
    rows = np.random.default_rng(0).standard_normal((3, 20, 6))
    rows[1] = rows[0]
    writer = RunWriter(folder, epochs=8, modalities=run.modalities, n_entities=run.n)
    writer.snapshots(np.arange(20), [1, 4, 7], list(rows.astype(np.float16)))
    found = points_epochs.course(run)
    assert found is not None
    assert (found.method, found.epochs) == ("PCA", (1, 4, 7))
    moved = points_epochs.moved(found)
    assert moved[0] == 0
    assert moved[1] > 0.05
    stale = np.zeros((2, 20, 2), np.float32)
    writer.projection("aligned", stale)
    assert points_epochs.course(run).method == "PCA"
    writer.snapshots(np.arange(30, 50), [1, 4, 7], list(rows.astype(np.float16)))
    with pytest.raises(RunFormatError, match="does not hold the fused embeddings"):
        points_epochs.course(run)
