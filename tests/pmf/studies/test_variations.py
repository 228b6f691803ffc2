"""Varied data sets differ from the original as they say, and in nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair, degrees
from pmf.data.planted import read_truth
from pmf.data.readers import read_graph_pair
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.data.write import write_pair
from pmf.errors import MissingModalityError
from pmf.features.feature_set import build_features
from pmf.studies.variations import Original, Variation, corrupted, missing, oracle, planted, subgraph


@pytest.fixture(scope="module")
def original(tiny_data: Path) -> Original:
    return Original(read_graph_pair(tiny_data), FeatureOptions())


def written(original: Original, variation: Variation, tmp_path: Path) -> tuple[GraphPair, Any]:
    folder = tmp_path / variation.name
    variation.write(original, folder)
    pair = read_graph_pair(folder)
    return pair, build_features(pair, ["image"], FeatureOptions())["image"].matrix


def same_rows(one: Any, two: Any) -> Any:
    return np.isclose(one, two, atol=1e-6).all(axis=1)


def test_missing_images_grow_with_the_share(original: Original, tmp_path: Path) -> None:
    before = original.images
    assert before.any(axis=1).sum() == 112
    gone = []
    for share in (0.0, 0.25, 0.5):
        pair, images = written(original, missing(share), tmp_path)
        assert pair.source.entities == original.pair.source.entities
        assert np.array_equal(pair.links, original.pair.links)
        lost = before.any(axis=1) & ~images.any(axis=1)
        assert lost.sum() == 112 * share
        assert same_rows(before, images)[~lost].all()
        gone.append(lost)
    assert not (gone[1] & ~gone[2]).any()


def test_corrupted_images_are_those_of_others_and_the_truth_says_so(original: Original, tmp_path: Path) -> None:
    before = original.images
    pair, images = written(original, corrupted(0.5), tmp_path)
    assert np.array_equal(before.any(axis=1), images.any(axis=1))
    lines = [line.split("\t") for line in (pair.path / "image_truth.tsv").read_text().splitlines()[1:]]
    changed = np.array([kind == "irrelevant" for _, kind, _ in lines])
    assert changed.sum() == 56
    assert same_rows(before, images)[~changed].all()
    assert same_rows(before, images)[changed].sum() <= 2  # some entities share a picture
    for side in (slice(0, 64), slice(64, 128)):  # handed round, none lost
        np.testing.assert_allclose(np.sort(before[side].sum(axis=1)), np.sort(images[side].sum(axis=1)), atol=1e-4)
    helps = read_truth(pair)
    assert helps is not None
    present = images.any(axis=1)
    both = {e for s, t in pair.links.tolist() for e in (s, t) if present[[s, t]].all() and not changed[[s, t]].any()}
    assert set(np.flatnonzero(helps)) == both


def test_the_oracle_lacks_exactly_what_cannot_help(original: Original, tmp_path: Path) -> None:
    pair, images = written(original, planted(), tmp_path)
    helps = read_truth(pair)
    assert helps is not None
    assert 0 < helps.sum() < images.any(axis=1).sum()
    _, kept = written(original, oracle(), tmp_path)
    assert np.array_equal(kept.any(axis=1), helps)
    assert same_rows(images, kept)[helps].all()


def test_truth_that_is_there_is_used(tmp_path: Path) -> None:
    demo = Original(read_graph_pair("demo"), FeatureOptions())
    helps = read_truth(demo.pair)
    pair, images = written(demo, planted(), tmp_path)
    assert np.array_equal(images.any(axis=1), demo.images.any(axis=1))
    np.testing.assert_array_equal(read_truth(pair), helps)
    _, kept = written(demo, oracle(), tmp_path)
    assert np.array_equal(kept.any(axis=1), helps & demo.images.any(axis=1))


def test_a_subgraph_keeps_neighbours_and_counterparts_together(tmp_path: Path) -> None:
    whole = synthetic_pair(SyntheticOptions(entities=1500))
    write_pair(whole, tmp_path / "whole")
    pair = read_graph_pair(tmp_path / "whole")
    subgraph(0.3).write(Original(pair, FeatureOptions()), tmp_path / "part")
    part = read_graph_pair(tmp_path / "part")
    assert len(part) == pytest.approx(0.3 * len(pair), rel=0.1)
    assert len(part.links) > 0.25 * len(pair.links)
    names = {(pair.source.entities[s], pair.target.entities[t - pair.n_source]) for s, t in pair.links}
    assert {(part.source.entities[s], part.target.entities[t - part.n_source]) for s, t in part.links} <= names
    # links among a third of the entities chosen blindly would leave a third of the degree
    assert degrees(part.source).mean() > 0.5 * degrees(pair.source).mean()
    for one, two in zip((part.source, part.target), (pair.source, pair.target), strict=True):
        mine, theirs = (
            {(g.entities[h], g.relations[r], g.entities[t]) for h, r, t in g.relation_triples} for g in (one, two)
        )
        inside = set(one.entities)
        assert mine == {fact for fact in theirs if fact[0] in inside and fact[2] in inside}
        assert all(two.types[two.entities.index(uri)] == one.types[i] for i, uri in enumerate(one.entities[:50]))


def test_pictures_cannot_be_varied_where_there_are_none(tmp_path: Path) -> None:
    pair = synthetic_pair(SyntheticOptions(entities=50))
    with pytest.raises(MissingModalityError, match="no image features"):
        missing(0.2).write(Original(pair, FeatureOptions()), tmp_path / "missing")
