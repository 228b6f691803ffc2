"""The alignment on the Review page: proposing, filtering, a rule and its undo; and what annotators may not see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.alignment.services.current import NOBODY, current, history_for, query_of, shown
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.store import ReviewStore, open_store
from tests.app.pages import open_page, press, ran, sentences
from tests.app.store.events import new_event

ADA, BEN = User(name="Ada", role=Role.ADMIN), User(name="Ben", role=Role.ANNOTATOR)


@pytest.fixture
def store(tmp_path: Path, proposed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReviewStore]:
    """The store that the page opens."""
    url = f"sqlite:///{shutil.copy(proposed, tmp_path)}"
    monkeypatch.setenv("PMF_REVIEWS", url)
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    with closing(open_store(url)) as store:
        yield store


def listed(test: AppTest) -> list[str]:
    return next(frame.value for frame in test.dataframe if "state" in frame.value)["state"].tolist()


def test_a_rule_accepts_and_is_taken_back_and_states_filter(store: ReviewStore, run: RunView) -> None:
    test = open_page("review", run="atlas", mode="alignment")
    assert set(listed(test)) == {"proposed"}
    sure = sum((one.probability or 0) >= 0.99 for one in store.alignment(run.fingerprint))
    test.number_input(key="alignment.least").set_value(0.99).run()
    assert f"As likely: {sure} proposed pairs." in sentences(test)
    press(test, "Accept them")
    assert f"{sure} pairs accepted." in sentences(test)
    assert listed(test)[:sure] == ["accepted"] * sure
    ran(test.button_group(key="alignment.states").set_value(["accepted"]).run())
    assert set(listed(test)) == {"accepted"}
    first = next(one for one in store.alignment(run.fingerprint))
    ran(test.text_input(key="alignment.text").set_value(first.id).run())
    assert listed(test) == ["accepted"]
    ran(test.text_input(key="alignment.text").set_value("").run())
    changes = next(frame.value for frame in test.dataframe if "before" in frame.value)
    assert (changes["before"] == "").all()  # all of it is of today
    test.session_state["table.alignment"] = {"selection": {"rows": [0]}}
    test.session_state[f"alignment.history.{first.id}"] = {"selection": {"rows": [1]}}
    ran(test.run())
    assert first.id in sentences(test)
    press(test, "Take back all that was written with it")
    assert f"{sure} entries taken back." in sentences(test)
    ran(test.button_group(key="alignment.states").set_value([]).run())
    assert set(listed(test)) == {"proposed"}


def test_a_run_is_proposed_from_the_page(
    tmp_path: Path, run: RunView, monkeypatch: pytest.MonkeyPatch, proposed: Path
) -> None:
    with closing(open_store(f"sqlite:///{proposed}")) as store:
        count = len(store.alignment(run.fingerprint))
    monkeypatch.setenv("PMF_REVIEWS", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    test = open_page("review", run="atlas", mode="alignment")
    assert "no run has proposed one" in sentences(test)
    press(test, "Propose")
    assert f"{count} new, 0 proposed again, 0 withdrawn." in sentences(test)
    assert len(listed(test)) == count


def test_single_verdicts_of_others_are_for_admins(store: ReviewStore, run: RunView) -> None:
    rejected, accepted = [one for one in store.alignment(run.fingerprint) if one.target][:2]
    data = {"fingerprint": run.fingerprint, "reason": "because"}
    store.append(
        new_event(rejected.source, "not", other=rejected.target, **data),
        new_event(accepted.source, other=accepted.target, **data),
    )
    seen = {user.name: {one.pair: (one.who, one.text) for one in current(store, run, user)} for user in (ADA, BEN)}
    assert seen["Ada"][rejected.pair] == (("Ann",), "because")
    assert seen["Ben"][rejected.pair] == ((), "")
    assert seen["Ben"][accepted.pair] == (("Ann",), "because")  # as exports have it
    said = store.pair_history(run.fingerprint, *rejected.pair)
    assert [one.what for one in history_for(said, ADA)[0]] == ["proposed", "not"]
    assert ([one.what for one in history_for(said, BEN)[0]], history_for(said, BEN)[1]) == (["proposed"], 1)


def test_names_stand_for_ids_and_lead_to_cards(store: ReviewStore, run: RunView) -> None:
    store.append(new_event("urn:gone", "none", fingerprint=run.fingerprint))
    pairs = {one.pair: one for one in current(store, run, ADA)}
    strange = pairs["urn:gone", ""]
    row = shown(run, [strange]).iloc[0]
    assert (row["source"], row["target"], query_of(run, strange)) == ("urn:gone", NOBODY, None)
    known = next(one for one in pairs.values() if one.target)
    assert shown(run, [known]).loc[0, "source"] == run.labels[run.uris.tolist().index(known.source)]
    assert run.uris[query_of(run, known)] == known.source
