"""What is asked, in which order, on a run whose numbers are set by hand and on the bundled one."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.review.services import queue as queues
from app.review.services.chance import chance
from app.review.services.probes import partners, probe_candidates, withheld
from app.review.services.queue import (
    AUDIT,
    USEFUL,
    ReviewFilter,
    audit_order,
    gain,
    margins,
    probe_order,
    queue,
    unranked,
    used_by_training,
)
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RIGHT, RunView
from app.store.consensus import PROBE
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader

PLAIN = {"audit": 0.0, "probes": 0.0}


def test_least_margin_comes_first(atlas: RunView) -> None:
    deck = queue(atlas, ReviewFilter(**PLAIN))
    rows = queues.ranked(atlas, layout.SOURCE_TO_TARGET)
    assert sorted(deck.queries) == sorted(rows.index)
    scores = [np.asarray(rows.loc[query, "score"]) for query in deck.queries]
    margin = [
        s[0] - s[1] if np.asarray(rows.loc[q, "similarity"]).any() else math.inf
        for q, s in zip(deck.queries, scores, strict=True)
    ]
    assert margin == sorted(margin)
    assert set(deck.orders) == {"margin"}


def test_margins_by_hand() -> None:
    table = pd.DataFrame(
        {
            "score": [np.array([0.9, 0.4, 0.1]), np.array([0.5, 0.5, 0.2]), np.array([0.3, 0.3, 0.3])],
            "similarity": [np.array([0.9, 0.4, 0.1]), np.array([0.5, 0.5, 0.2]), np.zeros(3)],
        }
    )
    np.testing.assert_allclose(margins(table), [0.5, 0.0, math.inf])
    alone = pd.DataFrame({"score": [np.array([0.9])], "similarity": [np.array([0.9])]})
    assert margins(alone) == [math.inf]
    assert len(margins(table[:0])) == 0


def test_disagreement_is_the_entropy_of_the_votes(small: RunView) -> None:
    """Three modalities and three candidates: all for one, two against one, and one that has no vote."""
    table = pd.DataFrame(
        {
            "share_structure": [np.array([0.9, 0.1, 0.0]), np.array([0.9, 0.1, 0.0]), np.array([0.9, 0.1, 0.0])],
            "share_attribute": [np.array([0.5, 0.1, 0.0]), np.array([0.5, 0.1, 0.0]), np.array([0.1, 0.5, 0.0])],
            "share_image": [np.array([0.7, 0.1, 0.0]), np.array([0.1, 0.2, 0.7]), np.zeros(3)],
        }
    )
    two_to_one = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    np.testing.assert_allclose(queues.disagreement(small, table), [0, two_to_one, math.log(2)], atol=1e-12)


def test_frozen_features_of_both_sides_count(atlas: RunView) -> None:
    deck = queue(atlas, ReviewFilter(order="frozen", **PLAIN)).queries
    assert atlas.frozen_at is not None
    counts = [(atlas.frozen_at[:, [q, atlas.best[q]]] >= 0).sum() for q in deck]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_gain_is_uncertainty_times_neighbours_without_a_seed_link(small: RunView, pair: GraphPair) -> None:
    """Every country has one neighbour, its city, and no city is linked; a city's country may be a seed."""
    ids = queues.ranked(small, layout.SOURCE_TO_TARGET).index.to_numpy()
    margin = np.linspace(0.1, 0.5, len(ids))
    uncertain = np.exp(-margin / np.median(margin))
    np.testing.assert_allclose(gain(small, ids, margin, Dataset(pair)), uncertain * 3)
    nothing = gain(small, ids, np.full(len(ids), np.inf), Dataset(pair))
    assert not nothing.any()


def test_gain_leaves_out_neighbours_with_a_seed_link(small: RunView, pair: GraphPair) -> None:
    waiting = queues._waiting_neighbours(small, pair)
    cities = [i for i, label in enumerate(small.labels) if label.endswith("City")]
    for city in cities:
        country = next(
            i
            for i, label in enumerate(small.labels)
            if small.labels[city] == f"{label} City" and small.is_source(i) == small.is_source(city)
        )
        assert waiting[city] == (small.split[country] != "seed")
    assert 0 < sum(waiting[cities]) < len(cities)


def test_without_the_data_folder_triples_count_as_neighbours(small: RunView) -> None:
    ids = queues.ranked(small, layout.SOURCE_TO_TARGET).index.to_numpy()
    margin = np.ones(len(ids))
    expected = np.exp(-1) * (1 + small.degree[ids] + small.degree[small.best[ids]])
    np.testing.assert_allclose(gain(small, ids, margin, None), expected)


def test_audit_and_probes_are_mixed_in_evenly(atlas: RunView) -> None:
    deck = queue(atlas, ReviewFilter())
    assert len(set(deck.queries.tolist())) == len(deck)
    for name, share in ((AUDIT, 0.1), (PROBE, 0.05)):
        for part in np.array_split(deck.orders[:240], 4):
            assert share / 2 < np.mean(part == name) < share * 2
    gaps = np.diff(np.flatnonzero(deck.orders == PROBE))
    assert len(set(gaps.tolist())) > 3  # nobody can count along
    probes = deck.queries[deck.orders == PROBE]
    assert (atlas.split[probes] == "seed").all()


def test_every_filtered_query_comes_whatever_is_mixed_in(atlas: RunView) -> None:
    for wanted in (
        ReviewFilter(),
        ReviewFilter(audit=0.3, probes=0.2, order="gain"),
        ReviewFilter(slice_name="degree:1-2"),
    ):
        bare = queue(atlas, dataclasses.replace(wanted, **PLAIN))
        assert set(bare.queries) <= set(queue(atlas, wanted).queries)


def test_the_audit_does_not_depend_on_the_filter(atlas: RunView) -> None:
    order = audit_order(atlas, layout.SOURCE_TO_TARGET)
    assert sorted(order) == sorted(queues.ranked(atlas, layout.SOURCE_TO_TARGET).index)
    assert list(order) != sorted(order)
    place = {query: i for i, query in enumerate(order.tolist())}
    for wanted in (ReviewFilter(), ReviewFilter(slice_name="degree:1-2"), ReviewFilter(order="gain", audit=0.2)):
        deck = queue(atlas, wanted)
        audited = [place[q] for q in deck.queries[deck.orders == AUDIT].tolist()]
        assert audited == sorted(audited)
        before: set[int] = set()
        for query, name in zip(deck.queries.tolist(), deck.orders, strict=True):
            if name == AUDIT:  # whoever stands before it in the audit has come already
                assert set(order[: place[query]].tolist()) <= before
            before.add(query)


def test_the_same_filter_gives_the_same_queue(atlas: RunView) -> None:
    first, second = (queue(RunView(RunReader(atlas.reader.folder)), ReviewFilter()) for _ in range(2))
    np.testing.assert_array_equal(first.queries, second.queries)
    np.testing.assert_array_equal(first.orders, second.orders)


def test_filters(atlas: RunView) -> None:
    back = queue(atlas, ReviewFilter(direction=layout.TARGET_TO_SOURCE, **PLAIN)).queries
    assert (back >= atlas.n_source).all()
    validation = queue(atlas, ReviewFilter(split="validation", **PLAIN)).queries
    assert len(validation) == 20
    assert set(atlas.split[validation]) == {"validation"}
    few = queue(atlas, ReviewFilter(slice_name="degree:1-2", **PLAIN)).queries
    assert len(few)
    assert set(atlas.degree[few]) <= {1, 2}
    assert len(queue(atlas, ReviewFilter(split="unlinked"))) == 0


@pytest.mark.parametrize(
    "wrong",
    [{"order": "best"}, {"direction": "up"}, {"split": "seed"}, {"audit": -0.1}, {"audit": 0.4, "probes": 0.2}],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ReviewFilter(**wrong)


def test_an_unknown_slice_or_an_unfinished_run_is_refused(atlas: RunView, make_run: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="no slice"):
        queue(atlas, ReviewFilter(slice_name="colour:red"))
    with pytest.raises(RunFormatError, match="written when training ends"):
        queue(RunView(RunReader(make_run("half", state="running"))), ReviewFilter())


def test_half_of_the_probes_lack_their_counterpart(atlas: RunView) -> None:
    probes = probe_order(atlas, layout.SOURCE_TO_TARGET)
    assert len(probes) == 179
    gone = [withheld(atlas, query) for query in probes]
    assert 0.35 < np.mean(gone) < 0.65
    for query, without in zip(probes[:30].tolist(), gone, strict=False):
        shown = probe_candidates(atlas, query, 9)
        assert len(shown) == len(set(shown.tolist())) == 9
        assert (shown >= atlas.n_source).all()
        if without:
            assert not np.isin(partners(atlas, query), shown).any()
    found = [
        np.isin(partners(atlas, q), probe_candidates(atlas, q, 9)).any()
        for q, without in zip(probes.tolist(), gone, strict=True)
        if not without
    ]
    assert np.mean(found) > 0.9


def test_chance_rises_with_the_margin_and_knows_no_test_link(atlas: RunView) -> None:
    """The bundled run has few validation links, so every third of its test links becomes one."""
    split = np.where((atlas.split == "test") & (np.arange(atlas.n) % 3 == 0), "validation", atlas.split)
    probabilities = []
    for partner in (atlas.partner, np.where(split == "test", -1, atlas.partner)):  # without the test links
        view = RunView(atlas.reader)
        view.split, view.partner = split, partner
        probabilities.append(chance(view))
    np.testing.assert_array_equal(*probabilities)
    rows = queues.ranked(atlas, layout.SOURCE_TO_TARGET)
    margin, probability = margins(rows), probabilities[0][rows.index]
    finite = np.isfinite(margin)
    assert (np.diff(probability[finite][np.argsort(margin[finite])]) > 0).any()
    assert (np.diff(probability[finite][np.argsort(margin[finite])]) >= 0).all()
    assert np.isnan(probability[~finite]).all()
    right = atlas.outcome[rows.index][finite] == RIGHT
    assert abs(probability[finite].mean() - right.mean()) < 0.1  # it says about how many are right


def test_chance_says_nothing_without_enough_validation_links(small: RunView) -> None:
    assert np.isnan(chance(small)).all()


def test_by_default_only_what_training_can_use_is_asked(atlas: RunView) -> None:
    deck = queue(atlas, ReviewFilter(split=USEFUL, **PLAIN))
    splits = atlas.split[deck.queries]
    assert set(splits) == {"", "validation"}
    assert used_by_training(atlas, deck) == len(deck)
    unlinked = {i for i in range(atlas.n_source) if not atlas.split[i]}
    assert set(deck.queries[: len(unlinked)].tolist()) == unlinked  # first, though nothing was ranked for them
    mixed = queue(atlas, ReviewFilter(split=USEFUL))
    assert used_by_training(atlas, mixed) < len(mixed)
    assert used_by_training(atlas, mixed) == len(deck)


def test_the_least_sure_of_what_was_not_ranked_comes_first(atlas: RunView) -> None:
    left_over = unranked(atlas, layout.TARGET_TO_SOURCE)
    fused = atlas.reader.embedding("fused").astype(np.float32)
    leads = []
    for query in left_over:
        best = np.sort(fused[: atlas.n_source] @ fused[query])[::-1]
        leads.append(best[0] - best[1])
    assert leads == sorted(leads)
    assert set(left_over.tolist()) == {i for i in range(atlas.n_source, atlas.n) if not atlas.split[i]}
