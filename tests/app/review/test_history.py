"""One's own verdicts, and verdicts on many pairs at once."""

from __future__ import annotations

import numpy as np
import pytest

from app.review.services import history
from app.review.services.agreement import independent
from app.review.services.desk import fingerprint, key
from app.review.services.precision import precision
from app.review.services.queue import ReviewFilter, audit_order, margins, ranked
from app.shared.services.access import NotAllowedError
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from app.store.consensus import BULK
from pmf.errors import ConfigError
from pmf.runs import layout
from tests.app.review.people import ANN, BEN, VIEWER, Judge


@pytest.fixture
def queries(atlas: RunView) -> list[int]:
    return ranked(atlas, layout.SOURCE_TO_TARGET).index[:6].tolist()


def test_own_verdicts_are_listed_newest_first_and_searched(
    store: ReviewStore, atlas: RunView, judge: Judge, queries: list[int]
) -> None:
    for query, verdict in zip(queries, ["match", "not", "none", "unsure", "flag", "match"], strict=True):
        judge(ANN, query, verdict, reason="the Same flag" if verdict == "not" else "")
    judge(BEN, queries[0], "not")
    events = history.mine(ANN, store, atlas)
    table = history.listed(atlas, events)
    assert table["verdict"].tolist() == ["match", "flag", "unsure", "none", "not", "match"]
    assert table["source"].tolist() == [str(atlas.labels[query]) for query in queries[::-1]]
    assert history.matching(table, "", []) == list(range(6))
    assert history.matching(table, "same FLAG", []) == [4]
    assert history.matching(table, str(atlas.labels[queries[0]]), ["match"]) == [5]
    assert history.matching(table, "", ["none", "flag"]) == [1, 3]
    assert history.matching(history.listed(atlas, []), "x", ["match"]) == []
    assert set(table["place"]) == {"1", ""}


def test_many_are_taken_back_or_changed_at_once(
    store: ReviewStore, atlas: RunView, judge: Judge, queries: list[int]
) -> None:
    for query in queries:
        judge(ANN, query, "none" if query == queries[0] else "match")
    judge(BEN, queries[0], "match")
    assert history.change_many(ANN, store, atlas, history.mine(ANN, store, atlas), "not") == 5  # none is on no pair
    assert sorted(event.verdict for event in history.mine(ANN, store, atlas)) == ["none", *["not"] * 5]
    (batch,) = history.batches(ANN, store, atlas)
    assert history.take_back_many(ANN, store, atlas, batch) == 5
    assert sorted(event.verdict for event in history.mine(ANN, store, atlas)) == [*["match"] * 5, "none"]
    everybody = store.current(fingerprint(atlas))
    assert history.take_back_many(ANN, store, atlas, everybody) == 6  # only their own
    assert [event.annotator for event in store.current(fingerprint(atlas))] == ["ben"]
    with pytest.raises(ConfigError, match="can be changed to"):
        history.change_many(ANN, store, atlas, [], "none")


def test_all_above_a_margin_are_matched_and_taken_back_in_one_go(
    store: ReviewStore, atlas: RunView, judge: Judge
) -> None:
    wanted = ReviewFilter()
    table = ranked(atlas, layout.SOURCE_TO_TARGET)
    lead = margins(table)
    limit = float(np.quantile(lead[np.isfinite(lead)], 0.9))
    sure = history.sure(atlas, wanted, limit, set())
    assert set(sure.tolist()) == set(table.index[(lead >= limit) & np.isfinite(lead)])
    own = margins(table.loc[sure])
    assert own.tolist() == sorted(own)
    judge(ANN, int(sure[0]), "not")
    rest = history.sure(atlas, wanted, limit, {key(atlas, int(sure[0]))})
    assert rest.tolist() == sure[1:].tolist()
    assert history.accept_many(ANN, store, atlas, rest) == len(rest) > 20
    confirmed = [event for event in history.mine(ANN, store, atlas) if event.order == BULK]
    assert {event.other for event in confirmed} == {str(atlas.uris[atlas.best[query]]) for query in rest}
    (batch,) = history.batches(ANN, store, atlas)
    history.take_back_many(ANN, store, atlas, batch)
    assert len(history.mine(ANN, store, atlas)) == 1
    with pytest.raises(NotAllowedError):
        history.accept_many(VIEWER, store, atlas, rest)


def test_what_nobody_looked_at_counts_neither_for_the_audit_nor_for_agreement(
    store: ReviewStore, atlas: RunView, judge: Judge
) -> None:
    order = audit_order(atlas, layout.SOURCE_TO_TARGET)
    judge(ANN, int(order[0]), "unsure")
    history.accept_many(ANN, store, atlas, order[1:20])
    assert (precision(store, atlas).share.n, precision(store, atlas).unclear) == (0, 1)
    assert len(independent(store.events(fingerprint(atlas)))) == 1
