"""Agreement beyond chance, by hand and by published examples; who sees whose numbers; decisions on conflicts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from app.review.services.adjudication import conflicts
from app.review.services.agreement import agreement, answers, cohen_kappa, independent, krippendorff_alpha
from app.review.services.annotators import annotators
from app.review.services.card import card
from app.review.services.consensus import accepted
from app.review.services.desk import fingerprint, key
from app.review.services.probes import withheld
from app.review.services.queue import ReviewFilter, probe_order, queue
from app.review.services.verdicts import ADJUDICATION, RefusedError
from app.shared.services.access import NotAllowedError, User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from app.store.consensus import PROBE, consensus
from pmf.runs import layout
from tests.app.review.people import ADA, ANN, BEN, VIEWER, Judge, answer, undo


@pytest.fixture(scope="module")
def queries(atlas: RunView) -> list[int]:
    return [int(q) for q in queue(atlas, ReviewFilter(audit=0, probes=0)).queries[:12]]


def codes(*rows: str) -> np.ndarray:
    """A row of text an annotator, a letter an answer, "." none: `[queries, annotators]`."""
    return np.array([[ord(letter) - ord("a") if letter != "." else -1 for letter in row] for row in rows]).T


def test_kappa_by_hand() -> None:
    """20 yes and 15 no alike, 5 and 10 apart, of 50: po = 0.7, pe = 0.5 · 0.6 + 0.5 · 0.4 = 0.5, so κ = 0.4."""
    table = codes("a" * 25 + "b" * 25, "a" * 20 + "b" * 5 + "a" * 10 + "b" * 15)
    agreement = cohen_kappa(table[:, 0], table[:, 1])
    assert agreement.value == pytest.approx(0.4)
    assert agreement.n == 50
    assert agreement.low < 0.4 < agreement.high
    assert 0.1 < agreement.low < 0.25  # asymptotic standard error 0.128 (Fleiss et al. 1969)
    assert 0.55 < agreement.high < 0.72


def test_kappa_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        first, second = rng.integers(-1, rng.integers(2, 6), (2, 40))
        both = (first >= 0) & (second >= 0)
        expected = cohen_kappa_score(first[both], second[both])
        assert cohen_kappa(first, second).value == pytest.approx(expected)


def test_alpha_of_the_published_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, missing data; nominal α = 0.743."""
    agreement = krippendorff_alpha(
        codes(
            "abccbadab...",
            "abccbbdabe.c",
            ".cccbcdbbea.",
            "abccbddabea.",
        )
    )
    assert agreement.value == pytest.approx(0.743, abs=5e-4)
    assert agreement.n == 11
    assert agreement.low < 0.743 < agreement.high


def test_alpha_of_two_observers() -> None:
    """Krippendorff 2011, section A: binary data of two observers, ten units; α = 0.095."""
    assert krippendorff_alpha(codes("abaaaaaaba", "bbbaabaaaa")).value == pytest.approx(0.095, abs=5e-4)


def test_alpha_and_kappa_do_not_depend_on_order_or_names() -> None:
    rng = np.random.default_rng(2)
    table = rng.integers(-1, 4, (60, 3))
    agreement = krippendorff_alpha(table)
    shuffled = np.where(table >= 0, 3 - table, -1)[rng.permutation(60)][:, [2, 0, 1]]
    assert krippendorff_alpha(shuffled).value == pytest.approx(agreement.value)


def test_perfect_chance_and_nothing() -> None:
    perfect = krippendorff_alpha(codes("abcabc", "abcabc"))
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)
    rng = np.random.default_rng(3)
    assert abs(krippendorff_alpha(rng.integers(0, 4, (3000, 3))).value) < 0.03
    same = krippendorff_alpha(codes("aaaa", "aaaa"))
    assert math.isnan(same.value)  # nobody could have disagreed
    assert same.n == 4
    nobody = krippendorff_alpha(codes("ab..", "..ab"))
    assert (nobody.n, math.isnan(nobody.value)) == (0, True)
    assert cohen_kappa(*codes("ab..", "..ab").T).n == 0


def test_the_interval_covers_what_it_should() -> None:
    """Two annotators who copy each other in 60 of 100 cases: κ = 0.6 in the long run, in 95 % of the intervals."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(200):
        first, other = rng.integers(0, 2, (2, 150))
        second = np.where(rng.random(150) < 0.6, first, other)
        agreement = cohen_kappa(first, second)
        covered += agreement.low <= 0.6 <= agreement.high
    assert 180 <= covered <= 199


def test_answers_tell_first_and_other_candidates_apart(
    store: ReviewStore, atlas: RunView, queries: list[int], judge: Judge
) -> None:
    said = [("match", 1), ("match", 2), ("match", 2), ("not", 1), ("none", 1), ("flag", 1)]
    others = [("match", 1), ("match", 1), ("match", 3), ("not", 1), ("unsure", 1), ("match", 1)]
    for query, ann, ben in zip(queries, said, others, strict=False):
        judge(ANN, query, ann[0], place=ann[1])
        judge(BEN, query, ben[0], place=ben[1])
    names, found = answers(independent(store.events(fingerprint(atlas))))
    assert names == ["ann", "ben"]
    assert [bool(a == b) for a, b in found] == [True, False, False, True, False, False]
    assert (found[5] == -1).tolist() == [True, False]  # a flag is no answer


def test_only_own_standing_verdicts_count(store: ReviewStore, atlas: RunView, queries: list[int], judge: Judge) -> None:
    judge(ANN, queries[0], "match")
    judge(ANN, queries[0], "not")
    judge(ANN, queries[1], "match")
    undo(ANN, store, atlas)
    probe = int(probe_order(atlas, layout.SOURCE_TO_TARGET)[0])
    judge(ANN, probe, "match", order=PROBE)
    pairs = independent(store.events(fingerprint(atlas)))
    assert [(who, query[1], event.verdict) for (who, query), event in pairs.items()] == [
        ("ann", atlas.uris[queries[0]], "not")
    ]


def test_numbers_are_for_oneself_and_for_an_admin(
    store: ReviewStore, atlas: RunView, queries: list[int], judge: Judge
) -> None:
    for query in queries[:6]:
        judge(ANN, query, "match", seconds=2.0)
        judge(BEN, query, "match" if query != queries[0] else "not", seconds=4.0)
    judge(ADA, queries[0], "not", seconds=1.0)
    assert [report.name for report in annotators(ANN, store, atlas)] == ["ann"]
    assert [report.name for report in annotators(VIEWER, store, atlas)] == ["vic"]
    assert annotators(VIEWER, store, atlas)[0].verdicts == 0
    ada, ann, ben = annotators(ADA, store, atlas)
    assert (ann.verdicts, ann.seconds, ben.seconds) == (6, 2.0, 4.0)
    assert (ann.agreement.right, ann.agreement.n) == (5, 7)
    assert (ben.agreement.right, ben.agreement.n) == (6, 7)
    assert (ada.agreement.right, ada.agreement.n) == (1, 2)
    assert set(agreement(ADA, store, atlas).kappas) == {("ada", "ann"), ("ada", "ben"), ("ann", "ben")}
    assert set(agreement(ANN, store, atlas).kappas) == {("ada", "ann"), ("ann", "ben")}
    assert agreement(VIEWER, store, atlas).kappas == {}
    assert agreement(VIEWER, store, atlas).alpha.n == 6


def test_probes_mark_their_answers(store: ReviewStore, atlas: RunView, judge: Judge) -> None:
    probes = probe_order(atlas, layout.SOURCE_TO_TARGET).tolist()
    gone = [query for query in probes if withheld(atlas, query)]
    there = [query for query in probes if not withheld(atlas, query)]
    first = next(q for q in there if first_is_right(store, atlas, judge, q))  # the answer "match" is right
    assert marks(store, atlas) == (1, 1)
    judge(ANN, next(q for q in there if q != first), "none", order=PROBE)  # it was there
    judge(ANN, gone[0], "match", order=PROBE)  # it was not
    assert marks(store, atlas) == (1, 3)
    judge(ANN, gone[1], "none", order=PROBE)
    judge(ANN, gone[2], "not", order=PROBE)
    judge(ANN, gone[3], "unsure", order=PROBE)  # says nothing
    assert marks(store, atlas) == (3, 5)
    assert consensus(store.current(fingerprint(atlas))) == {}  # they are about the annotator


def first_is_right(store: ReviewStore, atlas: RunView, judge: Judge, query: int) -> bool:
    if judge(ANN, query, "match", order=PROBE).other == atlas.uris[atlas.partner[query]]:
        return True
    undo(ANN, store, atlas)
    return False


def marks(store: ReviewStore, atlas: RunView) -> tuple[int, int]:
    probes = annotators(ANN, store, atlas)[0].probes
    return probes.right, probes.n


def test_a_conflict_shows_both_reasons_until_it_is_decided(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, queries: list[int], judge: Judge
) -> None:
    judge(ANN, queries[0], "match", reason="same flag")
    judge(BEN, queries[0], "not", reason="another island")
    judge(ANN, queries[1], "match")
    judge(BEN, queries[1], "unsure")  # no opinion, no conflict
    (conflict,) = conflicts(store, atlas)
    assert conflict.query == queries[0]
    assert [(e.annotator, e.reason) for e in conflict.verdicts] == [("ann", "same flag"), ("ben", "another island")]
    shown = card(ADA, store, atlas, atlas_data, conflict.query, order="adjudication")
    with pytest.raises(RefusedError, match="decided by"):
        answer(ADA, store, atlas, shown, "unsure", kind=ADJUDICATION)
    event = answer(ADA, store, atlas, shown, "match", place=2, reason="looked it up", kind=ADJUDICATION)
    assert (event.kind, event.order, event.annotator) == ("adjudication", "adjudication", "ada")
    assert conflicts(store, atlas) == []
    outcome = consensus(store.current(fingerprint(atlas)))[key(atlas, queries[0])]
    assert (outcome.verdict, outcome.other) == ("match", shown.candidates[1].uri)
    assert accepted(atlas, {key(atlas, queries[0]): outcome}) == {
        queries[0]: shown.candidates[1].entity,
        shown.candidates[1].entity: queries[0],
    }
    undo(ADA, store, atlas)
    assert [c.query for c in conflicts(store, atlas)] == [queries[0]]


def test_nobody_decides_their_own_conflict_but_an_admin(
    store: ReviewStore, atlas: RunView, atlas_data: Dataset, queries: list[int], judge: Judge
) -> None:
    judge(ANN, queries[0], "match")
    judge(ADA, queries[0], "not")
    (conflict,) = conflicts(store, atlas)
    assert conflict.query == queries[0]

    def decide(user: User, verdict: str) -> Event:
        shown = card(user, store, atlas, atlas_data, queries[0], order="adjudication")
        return answer(user, store, atlas, shown, verdict, kind=ADJUDICATION)

    with pytest.raises(NotAllowedError, match="their own conflict"):
        decide(ANN, "match")
    assert decide(BEN, "match").annotator == "ben"
    assert decide(ADA, "not").verdict == "not"
    assert consensus(store.current(fingerprint(atlas)))[key(atlas, queries[0])].verdict == "not"  # the latest
