"""A card, the event an answer to it is, and which answers are taken."""

from __future__ import annotations

import dataclasses
import math
import uuid
from dataclasses import replace

import pytest

from app.review.services.card import MOST, card
from app.review.services.desk import fingerprint, judged, key, others
from app.review.services.queue import AUDIT, ReviewFilter, probe_order, queue, ranked
from app.review.services.verdicts import Answer, RefusedError, give, take_back
from app.shared.services.access import NotAllowedError
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import ReviewStore, open_store
from app.store.consensus import PROBE
from pmf.errors import RunFormatError
from pmf.runs import layout
from tests.app.review.people import ANN, BEN, VIEWER, Judge, answer, deal, undo


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
    assert (shown.truth, shown.probability, shown.version) == (atlas.partner[query], 0.7, 0)
    assert shown.picture == (atlas_data.picture(query) is not None)
    assert shown.card_id != card(ANN, store, atlas, atlas_data, query).card_id


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
    assert {c.entity for c in blind.candidates} == {c.entity for c in seen.candidates}
    orders = {
        tuple(c.entity for c in card(ANN, store, atlas, atlas_data, query, blind=True).candidates) for _ in range(9)
    }
    assert len(orders) == 9  # where a candidate stands says nothing about it


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
    name = uuid.uuid4().hex
    saved = answer(ANN, store, atlas, shown, "match", place=2, seconds=1.5, reason="same flag", event_id=name)
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
    assert (saved.event_id, saved.card) == (name, shown.card_id)
    again = answer(ANN, store, atlas, shown, "match", place=2, seconds=1.5, reason="same flag", event_id=name)
    assert again == saved  # sent twice
    assert len(store.events(fingerprint(atlas))) == 1
    with pytest.raises(RefusedError, match="has your verdict already"):
        answer(ANN, store, atlas, shown, "not")


def test_only_a_card_that_was_dealt_to_somebody_takes_their_verdict(
    store: ReviewStore, atlas: RunView, small: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query)
    pressed = Answer(event_id=uuid.uuid4().hex, card=shown.card_id, verdict="match", other=shown.candidates[0].uri)
    with pytest.raises(RefusedError, match="not dealt"):
        give(ANN, store, atlas, pressed)
    deal(ANN, store, atlas, shown)
    with pytest.raises(RefusedError, match="not dealt"):
        give(BEN, store, atlas, pressed)
    with pytest.raises(RefusedError, match="not dealt"):
        give(ANN, store, small, pressed)  # other data
    with pytest.raises(RefusedError, match="no such entity"):
        give(ANN, store, atlas, dataclasses.replace(pressed, other="http://nowhere.example/"))
    assert not store.events(fingerprint(atlas))
    assert give(ANN, store, atlas, pressed)[0].card == shown.card_id


def test_any_entity_of_the_other_graph_can_be_the_match(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query)
    known = {candidate.entity for candidate in shown.candidates}
    outside = next(entity for entity in range(atlas.n_source, atlas.n) if entity not in known)
    pressed = Answer(
        event_id=uuid.uuid4().hex, card=deal(ANN, store, atlas, shown), verdict="match", other=str(atlas.uris[outside])
    )
    (event,) = give(ANN, store, atlas, pressed)
    assert event.other == atlas.uris[outside]
    assert event.other not in event.candidates


def test_a_verdict_can_be_given_anew_on_the_same_card_once_it_was_taken_back(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query)
    first = answer(ANN, store, atlas, shown, "match")
    name = uuid.uuid4().hex
    assert take_back(ANN, store, atlas, name, first.event_id) == [first]
    second = answer(ANN, store, atlas, shown, "not")
    assert take_back(ANN, store, atlas, name, first.event_id) == []  # sent twice: the second one stays
    assert take_back(ANN, store, atlas, uuid.uuid4().hex, first.event_id) == []
    assert store.current(fingerprint(atlas)) == [second]
    with pytest.raises(RefusedError, match="no such verdict"):
        take_back(BEN, store, atlas, uuid.uuid4().hex, second.event_id)


def test_none_names_nobody(judge: Judge, query: int) -> None:
    assert judge(ANN, query, "none").other == ""


def test_a_card_answered_in_another_tab_is_refused(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    first, second = (card(ANN, store, atlas, atlas_data, query) for _ in range(2))
    answer(ANN, store, atlas, first, "match")
    with pytest.raises(RefusedError, match="elsewhere"):
        answer(ANN, store, atlas, second, "not")
    assert [e.verdict for e in store.current(fingerprint(atlas))] == ["match"]
    assert card(ANN, store, atlas, atlas_data, query).version == 1


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
        take_back(VIEWER, store, atlas, uuid.uuid4().hex, uuid.uuid4().hex)
    assert store.events(fingerprint(atlas)) == []


def test_a_run_that_does_not_name_its_data_cannot_be_reviewed(
    store: ReviewStore, atlas_data: Dataset, small: RunView
) -> None:
    small.reader.facts = replace(small.reader.facts, fingerprint="")
    with pytest.raises(RunFormatError, match="does not say which data"):
        card(ANN, store, small, atlas_data, 0)


def test_the_chance_is_of_the_first_candidate(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, query: int
) -> None:
    shown = card(ANN, store, atlas, atlas_data, query, probability=math.nan)
    assert shown.probability is None
    third = shown.candidates[2].entity
    assert card(ANN, store, atlas, atlas_data, query, other=third, probability=0.9).probability is None
