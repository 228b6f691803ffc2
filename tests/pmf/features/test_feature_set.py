"""Features of every modality together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_array

from pmf.config.config import Config
from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, MissingModalityError
from pmf.features.bags import attribute_bags
from pmf.features.feature_set import build_features, presence
from pmf.modalities import MODALITIES

Make = Callable[..., GraphPair]


@pytest.fixture
def pair(make_graph: Make, make_pair: Make, tmp_path: Path) -> GraphPair:
    """Every modality on `a` and `A`; on `b` only a name, on `c` a relation to itself."""
    Image.new("RGB", (20, 20), "green").save(tmp_path / "green.png")
    picture = {0: tmp_path / "green.png"}
    names, attribute = {0: "cat", 1: "cat"}, ("p", "tom")
    loops = [("a", "r", "a"), ("c", "r", "c")]
    source = make_graph(["a", "b", "c"], loops, [("a", *attribute)], names=names, images=picture)
    target = make_graph(["A", "B"], [("A", "r", "B")], [("A", *attribute)], names=names, images=picture)
    return make_pair(source, target)


def test_every_modality_has_a_row_per_entity_and_zero_where_missing(pair: GraphPair, tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("cat 1 2\n")
    steps: list[tuple[str, int, int]] = []
    features = build_features(
        pair,
        MODALITIES,
        FeatureOptions(word_vectors=str(tmp_path / "vectors.txt")),
        progress=lambda modality, done, total: steps.append((modality, done, total)),
    )
    assert {modality: feature.present.tolist() for modality, feature in features.items()} == {
        "relation": [True, False, True, True, True],
        "attribute": [True, False, False, True, False],
        "value": [True, True, False, True, True],  # a name is one too, beside a modality that compares names
        "image": [True, False, False, True, False],
        "name": [True, True, False, True, True],
        "char": [True, True, False, True, True],
    }
    for modality, feature in features.items():
        rows = feature.matrix.toarray() if isinstance(feature.matrix, csr_array) else feature.matrix
        assert rows.shape[0] == len(pair)
        assert rows.dtype == np.float32
        assert rows.any(axis=1).tolist() == feature.present.tolist()
        assert feature.present.dtype == bool
        assert (modality, 5, 5) in steps
    assert ("image", 1, 2) in steps


def test_sizes_are_heeded(pair: GraphPair) -> None:
    options = FeatureOptions(n_relations=1, n_attributes=1)
    features = build_features(pair, ["attribute", "relation"], options)
    assert list(features) == ["attribute", "relation"]
    assert features["relation"].matrix.shape == (5, 1)


def test_values_of_attributes_count_when_asked_for(make_graph: Make, make_pair: Make) -> None:
    source = make_graph(["a", "b"], attributes=[("a", "size", "1 200"), ("b", "size", "7")])
    target = make_graph(["A", "B"], attributes=[("A", "Größe", "1.200"), ("B", "Größe", "8")])
    pair = make_pair(source, target)
    names = build_features(pair, ["attribute"], FeatureOptions())["attribute"].matrix
    assert (names != attribute_bags(pair, 1000)).nnz == 0
    both = build_features(pair, ["attribute"], FeatureOptions(attribute_values="hashed"))["attribute"].matrix
    assert (both[:2] @ both[2:].T).toarray().tolist() == [[pytest.approx(1), 0], [0, 0]]


def test_structure_is_presence_only(pair: GraphPair) -> None:
    assert build_features(pair, ["structure"], FeatureOptions()) == {}
    assert presence(pair, {}, ["structure"])[0].tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("modality", "sentence"),
    [
        ("relation", "hand has no relation features: its graphs have no relation triples."),
        ("attribute", "hand has no attribute features: it has no attribute triples."),
        ("value", "hand has no value features: the values of its two graphs have no word and no number in common."),
        ("image", "hand has no image features: it has no readable pictures and no picture features."),
        ("char", "hand has no char features: its entities have neither names nor URIs that can be read as names."),
        (
            "name",
            "Name features need word vectors: set features.word_vectors to a text file in GloVe or word2vec layout.",
        ),
    ],
)
def test_a_modality_that_nobody_has_is_said(make_graph: Make, make_pair: Make, modality: str, sentence: str) -> None:
    bare = make_pair(make_graph(["/m/01"]), make_graph(["/m/02"]))
    with pytest.raises(MissingModalityError) as caught:
        build_features(bare, [modality], FeatureOptions())
    assert str(caught.value) == sentence


def test_word_vectors_that_know_no_word_are_said(pair: GraphPair, tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("dog 1 2\n")
    with pytest.raises(MissingModalityError, match=r"no word of its names is in the file that features\.word_vectors"):
        build_features(pair, ["name"], FeatureOptions(word_vectors=str(tmp_path / "vectors.txt")))


def test_unusable_settings_are_refused(pair: GraphPair) -> None:
    with pytest.raises(ConfigError, match="Unknown modality 'sound': choose from structure, relation"):
        build_features(pair, ["sound"], FeatureOptions())
    with pytest.raises(ConfigError, match=r"features\.n_relations must be at least 1, got 0"):
        FeatureOptions(n_relations=0)
    with pytest.raises(ConfigError, match=r"features\.n_attributes must be at least 1, got -1"):
        FeatureOptions(n_attributes=-1)


@pytest.mark.parametrize(
    "name",
    [
        "descriptor",
        "timm:vit_small.dino",
        "timm:r@/w/x.safetensors",
        "open_clip:ViT-B-32/openai",
        "open_clip:V@x.safetensors",
    ],
)
def test_names_of_picture_encoders(name: str) -> None:
    assert Config(data="demo").with_settings({"features.image_encoder": name}).features.image_encoder == name


@pytest.mark.parametrize(
    "name",
    ["", "resnet18", "timm:", "timm:hf-hub:x/y", "timm:local-dir:x", "timm:r@x.pt", "open_clip:ViT-B-32", "clip:x/y"],
)
def test_other_names_and_weights_that_may_hold_code_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"features\.image_encoder must be descriptor, timm:NAME, open_clip:NAME/TAG"):
        FeatureOptions(image_encoder=name)


def test_data_and_features_load_without_the_heavy_packages() -> None:
    code = (
        "import sys, pmf.data.readers, pmf.audit.summary, pmf.features.feature_set, pmf.features.images, "
        "pmf.features.names; print(*{'torch', 'streamlit', 'plotly', 'umap'} & sys.modules.keys())"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
