"""What holds for the features of any data whatever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair
from pmf.errors import MissingModalityError
from pmf.features.feature_set import Feature, build_features

Make = Callable[..., GraphPair]
Side = dict[str, Any]

LETTERS = st.sampled_from("abcd")
VALUES = st.sampled_from(["12", "1,200", "2001-02-03", "2001", "red fox", "red", "", "3 km"])


@st.composite
def sides(draw: st.DrawFn) -> Side:
    """A graph's facts by rows, some entities without any."""
    size = draw(st.integers(1, 6))
    row = st.integers(0, size - 1)
    return {
        "size": size,
        "triples": draw(st.lists(st.tuples(row, LETTERS, row), max_size=8)),
        "attributes": draw(st.lists(st.tuples(row, LETTERS, VALUES), max_size=8)),
        "names": draw(st.dictionaries(row, st.sampled_from(["red fox", "fox", "a", "字"]), max_size=4)),
        "image_features": draw(st.dictionaries(row, st.integers(-3, 3), max_size=4)),
    }


def arranged(side: Side, order: list[int], make_graph: Make) -> Any:
    """The graph with row i at place `order[i]`; what nobody has a name for has an opaque URI."""
    entities = [f"/m/{row}" for row in np.argsort(order)]
    return make_graph(
        entities,
        [(f"/m/{head}", relation, f"/m/{tail}") for head, relation, tail in side["triples"]],
        [(f"/m/{row}", attribute, value) for row, attribute, value in side["attributes"]],
        names={order[row]: name for row, name in side["names"].items()},
        image_features={
            order[row]: np.array([number, 1, -number], dtype=np.float32)
            for row, number in side["image_features"].items()
        },
    )


def features_of(pair: GraphPair, modality: str, values: str) -> Feature | None:
    try:
        return build_features(pair, [modality], FeatureOptions(attribute_values=values))[modality]  # type: ignore[arg-type]
    except MissingModalityError:
        return None


def rows_of(feature: Feature) -> np.ndarray:
    return feature.matrix.toarray() if isinstance(feature.matrix, csr_array) else feature.matrix


@pytest.mark.parametrize(
    ("modality", "values"),
    [("relation", "none"), ("attribute", "none"), ("attribute", "hashed"), ("image", "none"), ("char", "none")],
)
@settings(deadline=None, max_examples=60)
@given(source=sides(), target=sides(), data=st.data())
def test_rows_follow_their_entities_and_missing_ones_are_zero(
    make_graph: Make, make_pair: Make, modality: str, values: str, source: Side, target: Side, data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(range(side["size"]))) for side in (source, target)]
    straight = [list(range(side["size"])) for side in (source, target)]
    first, second = (
        features_of(
            make_pair(arranged(source, left, make_graph), arranged(target, right, make_graph)), modality, values
        )
        for left, right in (straight, orders)
    )
    if first is None or second is None:
        assert first is second
        return
    places = np.concatenate([orders[0], np.array(orders[1]) + source["size"]])
    np.testing.assert_allclose(rows_of(second)[places], rows_of(first), atol=1e-6)
    assert second.present[places].tolist() == first.present.tolist()
    assert rows_of(first).any(axis=1).tolist() == first.present.tolist()
    assert np.isfinite(rows_of(first)).all()
