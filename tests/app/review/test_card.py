"""A card, and the event an answer to it is."""

from __future__ import annotations

import math

import pytest

from app.review.services.card import MOST, answer, card, undo
from app.review.services.desk import fingerprint, judged, key, others
from app.review.services.queue import AUDIT, PROBE, ReviewFilter, probe_order, queue, ranked
from app.shared.services.access import NotAllowedError
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import ReviewStore, StaleEventError, open_store
from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from tests.app.review.people import ANN, BEN, VIEWER, Judge


@pytest.fixture(scope="module")
def query(atlas: RunView) -> int:
    return int(queue(atlas, ReviewFilter(audit=0, probes=0)).queries[0])


def test_a_card_shows_the_ranked_candidates(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query, order="margin", probability=0.7)
    row = ranked(atlas, layout.SOURCE_TO_TARGET).loc[query]
    assert [c.entity for c in shown.candidates] == list(row["candidates"][:MOST])
    assert [c.similarity for c in shown.candidates] == pytest.approx(row["similarity"][:MOST].tolist())
    assert (shown.side, shown.uri, shown.label) == ("source", atlas.uris[query], atlas.labels[query])
    assert (shown.truth, shown.probability, shown.version) == (atlas.partner[query], 0.7, 1)
    assert shown.picture == (atlas_data.picture(query) is not None)
    assert shown.event_id != card(ANN, store, atlas, atlas_data, query).event_id


def test_a_blind_card_gives_nothing_away(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int, judge: Judge
) -> None:
    judge(BEN, query, "not")
    said = others(ANN, store, atlas)[key(atlas, query)]
    seen = card(ANN, store, atlas, atlas_data, query, probability=0.7, others=said)
    blind = card(ANN, store, atlas, atlas_data, query, probability=0.7, others=said, blind=True)
    assert seen.others == tuple(said)
    assert seen.truth is not None
    assert (blind.truth, blind.probability, blind.others) == (None, None, ())
    assert {c.similarity for c in blind.candidates} == {None}
    assert [c.entity for c in blind.candidates] == [c.entity for c in seen.candidates]


def test_audit_and_probe_never_show_the_truth(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    assert card(ANN, store, atlas, atlas_data, query, order=AUDIT).truth is None
    probe = int(probe_order(atlas, layout.SOURCE_TO_TARGET)[0])
    assert card(ANN, store, atlas, atlas_data, probe, order=PROBE).truth is None
    assert card(ANN, store, atlas, atlas_data, probe).truth == atlas.partner[probe]


def test_similarities_of_what_was_not_ranked_are_the_runs_own(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    """The pool of a link's card is the whole other graph, so it holds the ranked candidates with their similarity."""
    second = ranked(atlas, layout.SOURCE_TO_TARGET).loc[query]
    linked = card(ANN, store, atlas, atlas_data, query, other=int(second["candidates"][3]))
    assert linked.candidates[0].entity == second["candidates"][3]
    assert linked.candidates[0].similarity == pytest.approx(float(second["similarity"][3]), abs=1e-3)
    assert len({c.entity for c in linked.candidates}) == len(linked.candidates) == MOST
    assert card(ANN, store, atlas, atlas_data, query, other=query).candidates[0].entity == second["candidates"][0]


def test_an_answer_is_one_event(store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int) -> None:
    shown = card(ANN, store, atlas, atlas_data, query, order="margin", blind=True)
    saved = answer(ANN, store, atlas, shown, "match", place=2, seconds=1.5, reason="same flag")
    assert store.events(fingerprint(atlas)) == [saved]
    assert (saved.kind, saved.run_id, saved.annotator, saved.side, saved.query) == (
        "verdict",
        "atlas",
        "ann",
        "source",
        shown.uri,
    )
    assert (saved.verdict, saved.other, saved.version) == ("match", shown.candidates[1].uri, 1)
    assert saved.candidates == tuple(c.uri for c in shown.candidates)
    assert (saved.order, saved.blind, saved.seconds, saved.reason) == ("margin", True, 1.5, "same flag")
    assert answer(ANN, store, atlas, shown, "match", place=2, seconds=9.0, reason="same flag")  # pressed twice
    assert len(store.events(fingerprint(atlas))) == 1
    with pytest.raises(StaleEventError):
        answer(ANN, store, atlas, shown, "not")


def test_none_names_nobody(judge: Judge, query: int) -> None:
    assert judge(ANN, query, "none").other == ""


def test_a_card_answered_in_another_tab_is_refused(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    first, second = (card(ANN, store, atlas, atlas_data, query) for _ in range(2))
    answer(ANN, store, atlas, first, "match")
    with pytest.raises(StaleEventError):
        answer(ANN, store, atlas, second, "not")
    assert [e.verdict for e in store.current(fingerprint(atlas))] == ["match"]
    assert card(ANN, store, atlas, atlas_data, query).version == 2


def test_undo_takes_back_one_after_the_other_also_after_a_restart(
    store: ReviewStore, store_url: str, atlas: RunView, judge: Judge
) -> None:
    queries = queue(atlas, ReviewFilter(audit=0, probes=0)).queries[:4].tolist()
    given = [judge(ANN, query, "match") for query in queries]
    judge(BEN, queries[0], "not")
    assert undo(ANN, store, atlas) == given[3]
    store.close()
    again = open_store(store_url)
    assert [undo(ANN, again, atlas) for _ in range(3)] == given[2::-1]
    assert undo(ANN, again, atlas) is None
    assert judged(ANN, again, atlas) == set()
    assert len(judged(BEN, again, atlas)) == 1
    again.close()


def test_who_changed_their_mind_is_asked_anew(store: ReviewStore, atlas: RunView, judge: Judge, query: int) -> None:
    judge(ANN, query, "match")
    undo(ANN, store, atlas)
    assert judge(ANN, query, "not").version == 3
    assert [e.verdict for e in store.current(fingerprint(atlas))] == ["not"]
    judge(ANN, query, "unsure")
    undo(ANN, store, atlas)
    assert [e.verdict for e in store.current(fingerprint(atlas))] == ["not"]


def test_viewers_only_look(store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int) -> None:
    shown = card(VIEWER, store, atlas, atlas_data, query)
    with pytest.raises(NotAllowedError, match="vic may not give verdicts"):
        answer(VIEWER, store, atlas, shown, "match")
    with pytest.raises(NotAllowedError):
        undo(VIEWER, store, atlas)
    assert store.events(fingerprint(atlas)) == []


@pytest.mark.parametrize("place", [0, MOST + 1])
def test_there_has_to_be_a_candidate_in_that_place(judge: Judge, query: int, place: int) -> None:
    with pytest.raises(ConfigError, match=f"no candidate {place}"):
        judge(ANN, query, "match", place=place)


def test_a_run_that_does_not_name_its_data_cannot_be_reviewed(
    store: ReviewStore, atlas_data: Dataset, small: RunView
) -> None:
    del small.reader.config["dataset"]["fingerprint"]
    with pytest.raises(RunFormatError, match="does not say which data"):
        card(ANN, store, small, atlas_data, 0)


def test_the_chance_is_of_the_first_candidate(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query, probability=math.nan)
    assert shown.probability is None
    third = shown.candidates[2].entity
    assert card(ANN, store, atlas, atlas_data, query, other=third, probability=0.9).probability is None
