"""Planted pictures: the stated property holds, and the truth says which is which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmf.cli import main
from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair
from pmf.data.planted import KINDS, PlantingOptions, helpful, plant, read_truth
from pmf.data.readers import read_graph_pair
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.errors import DataFormatError
from pmf.features.feature_set import build_features

Planted = tuple[GraphPair, Any, Any]


@pytest.fixture(scope="module")
def planted() -> Planted:
    pair = synthetic_pair(SyntheticOptions(entities=2000))
    return pair, *plant(pair, PlantingOptions())


def nearest(pair: GraphPair, vectors: Any) -> tuple[Any, Any]:
    """Of each linked source entity: does its nearest feature belong to its counterpart, and whose is it?"""
    source, _ = pair.links.T
    found = pair.n_source + (vectors[source] @ vectors[pair.n_source :].T).argmax(axis=1)
    return found == pair.links[:, 1], found


def test_a_relevant_feature_finds_its_counterpart_and_an_irrelevant_one_a_plausible_stranger(planted: Planted) -> None:
    pair, vectors, kinds = planted
    right, found = nearest(pair, vectors)
    kind = kinds[pair.links[:, 0]]
    types = np.array([graph.types[i] for graph, _ in pair.sides() for i in range(len(graph))])
    relevant, irrelevant = (kind == KINDS.index(name) for name in ("relevant", "irrelevant"))
    assert right[relevant].mean() > 0.97
    assert right[irrelevant].mean() < 0.05
    same_type = types[found] == types[pair.links[:, 0]]
    assert same_type[irrelevant].mean() > 0.9


def test_shares_are_those_asked_for_and_tell_nothing_of_having_a_counterpart(planted: Planted) -> None:
    pair, vectors, kinds = planted
    linked = np.zeros(len(pair), np.bool_)
    linked[pair.links.ravel()] = True
    shares = np.bincount(kinds[linked], minlength=3) / linked.sum()
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    alone = np.bincount(kinds[~linked], minlength=3) / (~linked).sum()
    assert alone == pytest.approx([0, 0.8, 0.2], abs=0.03)
    assert np.array_equal(~vectors.any(axis=1), kinds == KINDS.index("missing"))
    assert np.linalg.norm(vectors[vectors.any(axis=1)], axis=1) == pytest.approx(1, abs=1e-5)
    relevant = kinds == KINDS.index("relevant")
    assert np.array_equal(helpful(pair.links, relevant), relevant)


def test_one_graph_alone_does_not_tell_relevant_from_irrelevant(planted: Planted) -> None:
    pair, vectors, kinds = planted
    own, kind = vectors[: pair.n_source], kinds[: pair.n_source]
    similarity = own @ own.T
    np.fill_diagonal(similarity, -1)
    best = similarity.max(axis=1)
    means = [best[kind == KINDS.index(name)].mean() for name in ("relevant", "irrelevant")]
    assert means[0] == pytest.approx(means[1], abs=0.01)


def test_noise_one_makes_every_feature_irrelevant() -> None:
    pair = synthetic_pair(SyntheticOptions(entities=1000))
    vectors, _ = plant(pair, PlantingOptions(relevant=1.0, irrelevant=0.0, noise=1.0))
    assert nearest(pair, vectors)[0].mean() < 0.05


def test_planted_onto_a_data_set_it_stays_the_same_but_for_its_pictures(tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "planted"
    assert main(["data", "synthesize", "--onto", str(tiny_data), "--out", str(out), "--types", "4"]) == 0
    before, after = read_graph_pair(tiny_data), read_graph_pair(out)
    assert_same_but_for_pictures(before, after)
    assert not after.source.images
    feature = build_features(after, ["image"], FeatureOptions())["image"]
    vectors, kinds = plant(before, PlantingOptions(types=4))
    np.testing.assert_allclose(feature.matrix, vectors, atol=1e-6)
    assert np.array_equal(read_truth(after), kinds == KINDS.index("relevant"))


def assert_same_but_for_pictures(before: GraphPair, after: GraphPair) -> None:
    assert np.array_equal(before.links, after.links)
    for (one, _), (two, _) in zip(before.sides(), after.sides(), strict=True):
        for name in ("entities", "relations", "attributes", "attribute_values", "names", "types"):
            assert getattr(one, name) == getattr(two, name)
        assert np.array_equal(one.relation_triples, two.relation_triples)
        assert np.array_equal(one.attribute_triples, two.attribute_triples)


@pytest.mark.real
@pytest.mark.full
def test_planted_onto_dbp15k(datasets: Path, tmp_path: Path) -> None:
    folder = datasets / "mmkg" / "DBP15K" / "zh_en"
    assert main(["data", "synthesize", "--onto", str(folder), "--out", str(tmp_path / "planted")]) == 0
    before, after = read_graph_pair(folder), read_graph_pair(tmp_path / "planted")
    assert after.format == "dbp15k"
    assert_same_but_for_pictures(before, after)
    matrix = build_features(after, ["image"], FeatureOptions())["image"].matrix
    right, _ = nearest(after, matrix)
    helps = read_truth(after)
    assert helps is not None
    assert helps.sum() == pytest.approx(15_000, rel=0.03)
    helped = helps[after.links[:, 0]]
    assert right[helped].mean() > 0.97
    assert right[~helped].mean() < 0.01


def test_the_bundled_truth_is_read_and_a_damaged_one_refused(tiny_data: Path, tmp_path: Path) -> None:
    demo = read_graph_pair("demo")
    helps = read_truth(demo)
    assert helps is not None
    lines = [line.split("\t") for line in (demo.path / "image_truth.tsv").read_text().splitlines()[1:]]
    relevant = {uri for uri, kind, _ in lines if kind == "relevant"}
    uris = demo.source.entities + demo.target.entities
    expected = {(s, t) for s, t in demo.links.tolist() if uris[s] in relevant and uris[t] in relevant}
    assert set(np.flatnonzero(helps)) == {entity for link in expected for entity in link}
    assert read_truth(read_graph_pair(tiny_data)) is None
    out = tmp_path / "planted"
    main(["data", "synthesize", "--onto", str(tiny_data), "--out", str(out)])
    truth = out / "image_truth.tsv"
    truth.write_text(truth.read_text().replace("irrelevant", "perhaps", 1))
    with pytest.raises(DataFormatError, match="expected relevant or irrelevant or missing, got perhaps"):
        read_truth(read_graph_pair(out))
