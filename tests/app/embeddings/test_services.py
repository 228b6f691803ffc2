"""Points of the Embeddings page: where they lie, how they are sorted, what is sent of them, what is near in truth."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.embeddings.figures.looks import looks
from app.embeddings.services import clusters as parts
from app.embeddings.services import facets as sorting
from app.embeddings.services import nearest as points_nearest
from app.embeddings.services import over_epochs as points_epochs
from app.embeddings.services import packed as packing
from app.embeddings.services import placement as points
from app.embeddings.services import table as tables
from app.embeddings.services.placement import Placement
from app.shared.services import export
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.projection.quality import MOST_WHOLE, Counterparts, Quality
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
    place = Placement(points=np.zeros((1, 2), np.float32), method="UMAP", quality=quality)
    sentence = points.how_far_to_trust(place)
    assert "on the map, on average 6.0 are among the 15 nearest in the embedding" in sentence
    assert "has not been measured" in sentence
    assert "Trustworthiness 0.91, continuity 0.89" in sentence
    assert "2,000 entities measured" in sentence


def test_what_matters_most_about_a_map_is_said_first() -> None:
    quality = Quality(neighbours=15, points=2000, trustworthiness=0.9, continuity=0.9, shared=0.4)
    counted = Counterparts(neighbours=15, pairs=100, on_map=0.2, in_embedding=0.9, of_first=0.2)
    place = Placement(points=np.zeros((1, 2), np.float32), method="UMAP", quality=quality, counterparts=counted)
    words = points.how_far_to_trust(place)
    assert words.startswith("The map says less than the embedding")
    assert "; 90% have it" in words
    many = replace(place, points=np.zeros((MOST_WHOLE + 1, 2), np.float32))
    assert "; about 90% have it" in points.how_far_to_trust(many)  # a shortlist stands for all of them


def test_principal_components_of_a_plane() -> None:
    plane = np.random.default_rng(0).standard_normal((50, 2)) @ np.array([[3.0, 0, 0, 0], [0, 1, 0, 0]])
    plane[7] = 0
    components, variance = points.principal_components(plane.astype(np.float16))
    assert np.isnan(components[7]).all()
    assert variance == pytest.approx(1)
    kept = np.delete(np.arange(50), 7)
    centred = plane[kept] - plane[kept].mean(axis=0)
    np.testing.assert_allclose(np.abs(components[kept, 0]).max(), np.abs(centred[:, 0]).max(), rtol=0.1)


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


def test_every_entity_is_one_thing_by_each_facet(atlas: RunView) -> None:
    named = {facet.name: facet for facet in sorting.facets(atlas)}
    assert list(named) == ["graph", "match", "type", "degree", "link", "cause"]
    for facet in named.values():
        counts = np.bincount(facet.codes, minlength=len(facet.options))
        assert counts.sum() == atlas.n
        assert (counts > 0).all(), facet.name
    assert named["match"].options == ("right", "wrong", "not ranked")
    assert (named["match"].codes == 0).sum() == (atlas.outcome == 1).sum()
    for low, high in ((0, 0), (1, 1), (2, 3), (4, 7)):
        name = f"{low}" if low == high else f"{low} to {high}"
        if name in named["degree"].options:
            code = named["degree"].options.index(name)
            within = (atlas.degree >= low) & (atlas.degree <= high)
            np.testing.assert_array_equal(named["degree"].codes == code, within)
    sizes = np.bincount(named["type"].codes)
    assert (np.diff(sizes) <= 0).all()


def test_only_what_a_run_has_is_offered(run: RunView) -> None:
    names = [facet.name for facet in sorting.facets(run)]
    assert "type" not in names
    assert "cause" not in names


def test_frozen_is_of_a_modality_or_of_any(atlas: RunView) -> None:
    image = sorting.freezing_state(atlas, "image")
    row = atlas.frozen_at[atlas.modalities.index("image")]
    np.testing.assert_array_equal(image.codes == image.options.index("frozen"), row >= 0)
    anywhere = sorting.freezing_state(atlas, "fused")
    np.testing.assert_array_equal(
        anywhere.codes == anywhere.options.index("frozen"), (atlas.frozen_at >= 0).any(axis=0)
    )


def test_parts_are_those_of_the_map_and_carry_what_sets_them_apart() -> None:
    rng = np.random.default_rng(0)
    islands = np.concatenate([rng.normal(10 * i, 0.1, (20 + i, 2)) for i in range(12)]).astype(np.float32)
    islands[5] = np.nan
    part = parts.clusters(islands)
    assert part[5] == -1
    assert (np.diff(np.bincount(part[part >= 0])) <= 0).all()
    assert len(np.unique(part)) == 13
    here = np.repeat([0, 1, 2], 20)
    types = np.array(["country"] * 20 + ["city"] * 20 + [""] * 20, object)
    labels = [f"Island {i}" if i % 2 else f"Republic {i}" for i in range(20)] + ["x"] * 20 + ["of 中国"] * 20
    called = parts.names(here, parts.kinds(types), parts.words(labels))
    assert called == ["country · island", "city", "中国"] or called == ["country · republic", "city", "中国"]
    assert parts.names(here, parts.kinds([""] * 60), parts.words(["same"] * 60)) == ["", "", ""]


def test_looks_mean_the_same_everywhere_and_differ() -> None:
    of_types = looks([f"type {i}" for i in range(14)], "#000000")
    assert len({(colour, symbol) for colour, symbol, _ in of_types[:10]}) == 10
    assert len(set(of_types[10:])) == 1
    right, wrong, in_use = looks(["right", "wrong", "in use"], "#123456")
    assert right[1] != wrong[1]
    assert in_use[0] == "#123456"
    assert len({colour for colour, _, _ in looks(["0", "1", "2 to 3"], "", ordered=True)}) == 3


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_browser_gets_every_place_to_a_ten_thousandth(atlas: RunView) -> None:
    placements = {view: points.place(atlas, view) for view in ("fused", "image")}
    sent = packing.packed(atlas, placements, points_epochs.course(atlas), list(atlas.labels))
    for view in sent["views"]:
        there = placements[view["name"]].points
        steps = unpacked(view["places"], "<u2").reshape(-1, 2)
        x0, y0, x1, y1 = view["box"]
        nowhere = (steps == packing.NOWHERE).all(axis=1)
        np.testing.assert_array_equal(nowhere, np.isnan(there).any(axis=1))
        back = steps[~nowhere] / packing.STEPS * [x1 - x0, y1 - y0] + [x0, y0]
        np.testing.assert_allclose(back, there[~nowhere], atol=1e-4 * (x1 - x0))
    assert sent["views"][1]["grey"] == placements["image"].says_nothing
    np.testing.assert_array_equal(unpacked(sent["counterpart"], "<i4"), atlas.partner)
    right = unpacked(sent["rank"], "<u2") == 1
    np.testing.assert_array_equal(right, atlas.outcome == 1)
    film = sent["film"]
    frozen, entities = unpacked(film["frozen"], "<i2"), unpacked(film["entities"], "<i4")
    np.testing.assert_array_equal(frozen >= 0, (atlas.frozen_at[:, entities] >= 0).any(axis=0))
    assert unpacked(film["places"], "<u2").size == 2 * len(entities) * len(film["epochs"])
    again = packing.packed(atlas, placements, None, list(atlas.labels))
    assert again["film"] is None
    assert again["table"] != sent["table"]


def test_the_table_opens_elsewhere(atlas: RunView, tmp_path: Path) -> None:
    import pandas as pd

    placements = {view: points.place(atlas, view) for view in points.views(atlas)}
    file = tmp_path / "map.parquet"
    file.write_bytes(export.as_parquet(tables.table(atlas, placements)))
    rows = pd.read_parquet(file)
    assert len(rows) == atlas.n
    assert {"label", "type", "match", "degree", "rank", "counterpart_label", "frozen_image"} <= set(rows.columns)
    np.testing.assert_array_equal(rows[["x_fused", "y_fused"]].to_numpy(), placements["fused"].points)
    ranked = rows[rows["match"] == "right"]
    assert (ranked["counterpart"] == ranked["prediction"]).all()


def test_nearest_are_those_of_all_cosines(run: RunView) -> None:
    placed = points.place(run, "image").points
    rows = np.asarray(run.reader.embedding("image"), np.float32)
    entity = int(np.flatnonzero(rows.any(axis=1))[2])
    neighbours = points_nearest.nearest(run, "image", entity, placed)
    there = np.flatnonzero(rows.any(axis=1))
    unit = rows[there] / np.linalg.norm(rows[there], axis=1, keepdims=True)
    expected = dict(zip(there.tolist(), unit @ unit[there == entity][0], strict=True))
    del expected[entity]
    best = sorted(expected, key=expected.__getitem__, reverse=True)[: len(neighbours)]
    assert neighbours["entity"].tolist() == best
    np.testing.assert_allclose(neighbours["cosine"], [expected[i] for i in best], atol=1e-5)
    distance = np.linalg.norm(placed - placed[entity], axis=1)
    closest = int(np.argsort(np.where(np.arange(run.n) == entity, np.nan, distance))[0])
    assert (neighbours.loc[neighbours["place"] == 1, "entity"] == closest).all()
    assert neighbours["place"].between(1, run.n - 1).all()


def test_nothing_is_near_what_is_missing(run: RunView) -> None:
    rows = np.asarray(run.reader.embedding("image"))
    missing = int(np.flatnonzero(~rows.any(axis=1))[0])
    assert points_nearest.nearest(run, "image", missing, points.place(run, "image").points).empty


def test_the_course_of_the_bundled_run(atlas: RunView) -> None:
    path = points_epochs.course(atlas)
    assert path is not None
    assert path.method == "UMAP"
    assert path.points.shape == (len(path.epochs), len(path.entities), 2)
    assert list(path.epochs) == sorted(path.epochs)
    assert (points_epochs.moved(path) < 0.2).all()


def test_the_course_before_its_map_is_drawn(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    assert points_epochs.course(run) is None
    rows = np.random.default_rng(0).standard_normal((3, 20, 6))
    rows[1] = rows[0]
    writer = RunWriter(folder, epochs=8, modalities=run.modalities, n_entities=run.n)
    writer.snapshots(np.arange(20), [1, 4, 7], list(rows.astype(np.float16)))
    path = points_epochs.course(run)
    assert path is not None
    assert (path.method, path.epochs) == ("PCA", (1, 4, 7))
    moved = points_epochs.moved(path)
    assert moved[0] == 0
    assert moved[1] > 0.05
    stale = np.zeros((2, 20, 2), np.float32)
    writer.projection("aligned", stale)
    assert points_epochs.course(run).method == "PCA"
    writer.snapshots(np.arange(30, 50), [1, 4, 7], list(rows.astype(np.float16)))
    with pytest.raises(RunFormatError, match="does not hold the fused embeddings"):
        points_epochs.course(run)
