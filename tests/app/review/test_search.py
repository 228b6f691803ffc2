"""Looking through a whole graph from a card."""

from __future__ import annotations

from dataclasses import replace

from app.review.services.search import MOST, find
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView


def test_names_come_before_types_and_values_of_one_graph_alone(atlas: RunView, atlas_data: Dataset) -> None:
    label = str(atlas.labels[atlas.n_source])
    hits = find(atlas, atlas_data, label.upper(), of_source=False)
    assert hits[0].why == "name"
    assert not any(atlas.is_source(hit.entity) for hit in hits)
    assert len(find(atlas, atlas_data, "a", of_source=True)) == MOST
    assert find(atlas, atlas_data, "  ", of_source=True) == []


def test_what_is_structure_only_is_not_offered(atlas: RunView, atlas_data: Dataset) -> None:
    pair = atlas_data.pair
    assert pair is not None
    label = str(atlas.labels[atlas.n_source])
    first = find(atlas, atlas_data, label, of_source=False)[0].entity
    hidden = replace(pair.target, context=frozenset({first - atlas.n_source}))
    hits = find(atlas, Dataset(replace(pair, target=hidden)), label, of_source=False)
    assert first not in [hit.entity for hit in hits]
