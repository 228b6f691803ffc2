"""Features of new data in the columns that a finished model knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from pmf.arrays import Matrix
from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.features.feature_set import build_features
from pmf.updating.changes import EVIDENCE, Changes, compare
from tests.later_data import two_states

EVIDENCE_OF = {"relation": "relations", "attribute": "values", "value": "values", "char": "name", "image": "picture"}


@pytest.fixture(scope="module")
def changes(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Changes:
    old, new = map(read_graph_pair, two_states(tiny_data, tmp_path_factory.mktemp("states")))
    return compare(old, new)


def built(pair: GraphPair, modality: str, options: FeatureOptions, columns_of: GraphPair | None) -> Matrix:
    return build_features(pair, [modality], options, columns_of=columns_of)[modality].matrix


def dense(matrix: Matrix) -> np.ndarray:
    return matrix.toarray() if isinstance(matrix, csr_array) else np.asarray(matrix)


@pytest.mark.parametrize("modality", [*EVIDENCE_OF])
@pytest.mark.parametrize("options", [FeatureOptions(), FeatureOptions(char="weighted", attribute_values="hashed")])
def test_who_has_not_changed_has_the_same_row(changes: Changes, modality: str, options: FeatureOptions) -> None:
    was = dense(built(changes.old, modality, options, None))
    now = dense(built(changes.new, modality, options, changes.old))
    assert now.shape == (len(changes.new), was.shape[1])
    same = ~changes.is_new & ~changes.changed[EVIDENCE.index(EVIDENCE_OF[modality])]
    np.testing.assert_allclose(now[same], was[changes.before[same]], rtol=1e-6)
    assert same.sum() > 50


def test_a_relation_that_the_model_does_not_know_has_no_column(changes: Changes) -> None:
    columns = built(changes.new, "relation", FeatureOptions(n_relations=3), changes.old)
    assert columns.shape[1] == 3
    fewer = built(changes.old, "relation", FeatureOptions(), changes.new)
    assert fewer.shape[1] == built(changes.new, "relation", FeatureOptions(), None).shape[1]


def test_going_back_turns_every_change_around(changes: Changes) -> None:
    back = compare(changes.new, changes.old)
    both = changes.before[changes.before >= 0]
    assert (back.is_changed[both] == changes.is_changed[changes.before >= 0]).all()
    assert back.is_new.sum() == (changes.after < 0).sum()
