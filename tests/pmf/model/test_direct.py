"""The part of a similarity that nobody has trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from pmf.arrays import Matrix
from pmf.config.config import Config
from pmf.errors import ConfigError
from pmf.features.feature_set import Feature
from pmf.model.direct import direct_modalities, sketches


def _feature(rows: Matrix) -> Feature:
    return Feature(rows, np.ones(rows.shape[0], bool))


def test_products_of_sketches_are_cosines_of_features() -> None:
    rng = np.random.default_rng(0)
    wide = normalize(csr_array(random_array((60, 5000), density=0.01, rng=rng, dtype=np.float32)))
    narrow = rng.standard_normal((60, 40)).astype(np.float32)
    made = sketches({"value": _feature(wide), "name": _feature(narrow)}, ("value", "name"), 1024, seed=0)
    assert {rows.shape for rows in made.values()} == {(60, 1024)}
    exact = normalize(narrow) @ normalize(narrow).T
    np.testing.assert_allclose(made["name"] @ made["name"].T, exact, atol=1e-5)  # they fit in
    off = made["value"] @ made["value"].T - (wide @ wide.T).toarray()
    assert np.abs(off).max() < 5 / np.sqrt(1024)
    np.testing.assert_allclose(np.diag(off), 0, atol=1e-5)


def test_a_missing_row_stays_missing() -> None:
    made = sketches({"char": _feature(np.array([[1, 0], [0, 0]], np.float32))}, ("char",), 8, seed=0)
    assert made["char"].any(axis=1).tolist() == [True, False]


def test_only_what_means_the_same_in_both_graphs_is_direct() -> None:
    config = Config(data="x", modalities=("structure", "relation", "attribute", "value", "image", "name", "char"))
    assert direct_modalities(config.modalities, config.model) == ()
    assert direct_modalities(config.modalities, replace(config.model, direct=0.5)) == ("value", "name", "char")


@pytest.mark.parametrize("share", ["-0.1", "1"])
def test_a_share_is_a_share(share: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.direct must lie in \[0, 1\)"):
        Config(data="x").with_settings({"model.direct": share})
