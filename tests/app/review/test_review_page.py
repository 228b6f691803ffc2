"""The Review page on the bundled run: what of it is drawn by the server. The deck is tried in a browser (tests/e2e)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.review.services.continue_training import CONFIRMATION
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from tests.app.pages import open_page, sentences
from tests.app.review.people import Judge

OpenReview = Callable[..., AppTest]


@pytest.fixture
def open_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: ReviewStore, store_url: str) -> OpenReview:
    """Opens the page on the bundled run."""
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PMF_REVIEWS", store_url)

    def open_(**parameters: object) -> AppTest:
        return open_page("review", **{"run": "atlas", **parameters})

    return open_


@pytest.mark.parametrize("mode", ["pairs", "conflicts", "adjudicate"])
def test_the_deck_lies_on_the_page(open_review: OpenReview, mode: str) -> None:
    test = open_review(mode=mode)
    assert not test.warning
    assert "review-deck" in [component.key for component in test.get("bidi_component")]


def test_order_and_filter_come_from_the_address(open_review: OpenReview) -> None:
    test = open_review(order="disagreement", direction="target_to_source", split="validation", audit=0, probes=0)
    assert test.selectbox(key="url.order").value == "disagreement"
    assert test.selectbox(key="url.split").value == "validation"


def test_agreement_shows_everybody_to_an_admin(open_review: OpenReview, atlas: RunView, judge: Judge) -> None:
    for name, verdict in (("bob", "match"), ("eve", "not")):
        for query in atlas.predictions.index[:4]:
            judge(User(name=name, role=Role.ANNOTATOR), int(query), verdict)
    test = open_review(mode="agreement")
    assert {"bob", "eve"} <= set(test.dataframe[-1].value["Annotator"])
    assert "n = 4" in str(test.metric[1].value)


def test_links_that_may_be_wrong_lead_to_their_cards(open_review: OpenReview, atlas: RunView) -> None:
    test = open_review(mode="links")
    (table,) = [frame.value for frame in test.dataframe if "Likelier" in frame.value]
    assert table.loc[0, ["Part", "Link", "Likelier"]].tolist() == ["test", "Lobamba – Lobamba", "Lobamba – Mbabane"]
    assert table.loc[0, "Why"].startswith("both have located in country / est la capitale de → Eswatini, a pair")
    assert "1 link for which neighbours and values say next to nothing" in sentences(test)


def test_training_waits_for_the_words(open_review: OpenReview, atlas: RunView, judge: Judge) -> None:
    tested = [int(query) for query in atlas.predictions.index if atlas.split[query] == "test"]
    judge(User(name="bob", role=Role.ANNOTATOR), tested[0], "not")
    test = open_review(mode="files")
    assert "1 on test links" in sentences(test)
    assert test.button(key="review_files.start").disabled
    test.checkbox(key="review_files.also").check().run()
    assert test.button(key="review_files.start").disabled
    test.text_input(key="review_files.words").set_value(CONFIRMATION).run()
    assert "1 rejected" in sentences(test)
    assert not test.button(key="review_files.start").disabled
