"""Verdicts as training data: which go in, and which stay out and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.review.services.adjudication import conflicts
from app.review.services.card import card
from app.review.services.continue_training import CONFIRMATION, obstacle, start, write
from app.review.services.harvest import (
    ABSTAINED,
    CONTRADICTING,
    IN_CONFLICT,
    ON_TEST,
    RELATIONS_IN_CONFLICT,
    RELATIONS_UNUSED,
    Harvest,
    harvest,
    tally_in_words,
)
from app.review.services.queue import probe_order
from app.review.services.verdicts import ADJUDICATION
from app.shared.services import catalog
from app.shared.services.access import NotAllowedError
from app.shared.services.dataset import Dataset
from app.shared.services.relation_verdicts import judge as judge_relation
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from app.store.consensus import PROBE
from pmf.alignment.explanation.reasons import RunReasons
from pmf.alignment.explanation.relations import relation_alignments
from pmf.errors import ConfigError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.training.links.relation_verdicts import read_relation_verdicts
from pmf.training.links.verdicts import read_verdicts
from tests.app.review.people import ADA, ANN, BEN, Judge, answer


@pytest.fixture(scope="module")
def by_split(atlas: RunView) -> dict[str, list[int]]:
    """Source entities by the split of their link, where it is what the run predicts."""
    right = [i for i in range(atlas.n_source) if atlas.best[i] == atlas.partner[i] >= 0]
    return {name: [i for i in right if atlas.split[i] == name] for name in ("test", "validation")}


def test_verdicts_on_test_links_stay_out_unless_confirmed(
    store: ReviewStore, atlas: RunView, judge: Judge, by_split: dict[str, list[int]]
) -> None:
    judge(ANN, by_split["test"][0], "match")
    match = judge(ANN, by_split["validation"][0], "match")
    judge(ANN, by_split["validation"][1], "match", place=2)  # that candidate's own link is a test link
    harvested = harvest(store, atlas)
    assert harvested.rows == ((match.query, match.other, "match"),)
    assert harvested.left_out == {ON_TEST: 2}
    everything = harvest(store, atlas, test_links=True)
    assert everything.counts == {"match": 3, "not": 0, "none": 0}
    assert everything.left_out == {}


def test_each_kind_of_verdict_goes_in_as_such(
    store: ReviewStore,
    atlas: RunView,
    atlas_data: Dataset,
    judge: Judge,
    by_split: dict[str, list[int]],
    tmp_path: Path,
) -> None:
    one, two, three, four = by_split["validation"][:4]
    back = int(atlas.partner[four])
    match, rejected, alone = judge(ANN, one, "match"), judge(ANN, two, "not"), judge(ANN, three, "none")
    judge(BEN, one, "match")
    other_side = judge(ANN, back, "match")
    harvested = harvest(store, atlas)
    assert set(harvested.rows) == {
        (match.query, match.other, "match"),
        (rejected.query, rejected.other, "not"),
        (alone.query, "", "none"),
        (other_side.other, other_side.query, "match"),
    }
    assert harvested.counts == {"match": 2, "not": 1, "none": 1}
    assert atlas_data.pair is not None
    settings = write(harvested, tmp_path)
    assert list(settings) == ["verdicts.file"]
    verdicts = read_verdicts(Path(settings["verdicts.file"]), atlas_data.pair)
    assert sorted(map(tuple, verdicts.matched.tolist())) == sorted([(one, atlas.best[one]), (four, back)])
    assert verdicts.rejected.tolist() == [[two, atlas.best[two]]]
    assert verdicts.alone.tolist() == [three]


def test_what_is_not_settled_stays_out(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, judge: Judge, by_split: dict[str, list[int]]
) -> None:
    one, two, three, *_ = by_split["validation"]
    judge(ANN, one, "match")
    judge(BEN, one, "none")
    judge(ANN, two, "unsure")
    judge(ANN, three, "flag")
    probe = int(probe_order(atlas, layout.SOURCE_TO_TARGET)[0])
    judge(ANN, probe, "none", order=PROBE)
    assert harvest(store, atlas).rows == ()
    assert harvest(store, atlas).left_out == {IN_CONFLICT: 1, ABSTAINED: 2}
    assert len(conflicts(store, atlas)) == 1
    shown = card(ADA, store, atlas, atlas_data, one, order="adjudication")
    answer(ADA, store, atlas, shown, "match", kind=ADJUDICATION)
    assert harvest(store, atlas).counts["match"] == 1
    assert harvest(store, atlas).left_out == {ABSTAINED: 2}


def test_contradictions_stay_out(
    store: ReviewStore, atlas: RunView, judge: Judge, by_split: dict[str, list[int]], atlas_data: Dataset
) -> None:
    """Two sources with one target, a pair confirmed from one side and rejected from the other, one with and without."""
    one, two, three, four, five = by_split["validation"][:5]

    def linked(query: int, other: int, verdict: str) -> None:
        answer(ANN, store, atlas, card(ANN, store, atlas, atlas_data, query, other=other), verdict)

    linked(one, int(atlas.partner[one]), "match")
    linked(two, int(atlas.partner[one]), "match")
    linked(three, int(atlas.partner[three]), "match")
    linked(int(atlas.partner[three]), three, "not")
    linked(four, int(atlas.partner[four]), "match")
    linked(int(atlas.partner[four]), four, "none")
    linked(five, int(atlas.partner[five]), "match")
    linked(int(atlas.partner[five]), five, "match")
    harvested = harvest(store, atlas)
    assert harvested.rows == ((atlas.uris[five], atlas.uris[atlas.partner[five]], "match"),)
    assert harvested.left_out == {CONTRADICTING: 6}


def test_a_queue_that_is_done_can_be_trained_with(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, judge: Judge
) -> None:
    """All validation links confirmed or refuted: half of the confirmed ones stay, and without one it is said before."""
    validation = [i for i in range(atlas.n_source) if atlas.split[i] == "validation"]
    cards = {query: card(ANN, store, atlas, atlas_data, query, other=int(atlas.partner[query])) for query in validation}
    for query in validation:
        answer(ANN, store, atlas, cards[query], "match")
    harvested = harvest(store, atlas)
    assert harvested.counts["match"] == len(validation)
    assert tally_in_words(harvested) == f"So far training would use {len(validation)}."
    assert obstacle(atlas, atlas_data, harvested) == ""
    refuted = Harvest(rows=tuple((*row[:2], "not") for row in harvested.rows), left_out={ON_TEST: 2})
    assert "leave no validation link" in obstacle(atlas, atlas_data, refuted)
    assert tally_in_words(refuted) == f"So far training would use {len(validation)} and leave out 2 (2 on test links)."
    assert tally_in_words(Harvest(rows=(), left_out={})) == ""


def test_a_start_is_refused_with_a_reason(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, judge: Judge, by_split: dict[str, list[int]]
) -> None:
    judge(ANN, by_split["test"][0], "match")
    with pytest.raises(NotAllowedError):
        start(ANN, store, atlas, atlas_data, confirm=CONFIRMATION)
    with pytest.raises(ConfigError, match="type exactly: These verdicts may use test links"):
        start(ADA, store, atlas, atlas_data, confirm="yes")
    with pytest.raises(ConfigError, match="No verdict is left to train with: 1 on test links"):
        start(ADA, store, atlas, atlas_data)
    with pytest.raises(ConfigError, match="gone"):
        start(ADA, store, atlas, Dataset(None, "The data folder is gone."), confirm=CONFIRMATION)


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written to .*: Not a directory"):
        write(Harvest(rows=(("a", "b", "match"),), left_out={}), tmp_path / "file" / "folder")


def test_it_is_said_beforehand_why_a_training_cannot_go_on(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset
) -> None:
    nothing, something = Harvest(rows=(), left_out={ON_TEST: 3}), Harvest(rows=(("a", "b", "match"),), left_out={})
    assert obstacle(atlas, atlas_data, something) == ""
    assert "3 on test links" in obstacle(atlas, atlas_data, nothing)
    gone = Dataset(None, "the data folder is gone")
    assert obstacle(atlas, gone, something) == "the data folder is gone"


def test_verdicts_on_relations_are_enough_unless_nothing_heeds_them(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, tmp_path: Path
) -> None:
    assert atlas_data.pair is not None
    one, other = relation_alignments(RunReasons(atlas.reader, atlas_data.pair))[:2]
    judge_relation(ANN, store, atlas, one, "match")
    judge_relation(ANN, store, atlas, other, "match")
    judge_relation(BEN, store, atlas, other, "not")
    harvested = harvest(store, atlas)
    assert harvested.left_out == {RELATIONS_IN_CONFLICT: 1}
    assert tally_in_words(harvested) == f"So far training would use 1 and leave out 1 (1 {RELATIONS_IN_CONFLICT})."
    assert obstacle(atlas, atlas_data, harvested) == ""
    (file,) = write(harvested, tmp_path).values()
    (judged,) = read_relation_verdicts(Path(file), atlas_data.pair).tolist()
    assert judged[2] == 1
    learning = RunView(RunReader(catalog.BUNDLED / "atlas_paper"))
    judge_relation(ANN, store, learning, one, "match")
    harvested = harvest(store, learning)
    assert (harvested.relations, harvested.left_out[RELATIONS_UNUSED]) == ((), 1)
