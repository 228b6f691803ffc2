"""New entities: from the Review page of a finished run to the queue of the run that matches them."""

from __future__ import annotations

from pathlib import Path

import pytest

import pmf
from app.alignment.services import proposing
from app.report.services.sections import about
from app.review.services import history, updating
from app.review.services.harvest import harvest
from app.review.services.importing import import_verdicts
from app.review.services.queue import USEFUL, ReviewFilter, queue
from app.shared.services.access import NotAllowedError, Role, User
from app.shared.services.run_view import RunView
from app.slices.services import names as slices
from app.store import ReviewStore
from pmf.errors import ConfigError
from pmf.runs.accepted import pair_id
from pmf.runs.reader import RunReader
from tests.app.pages import open_page, sentences, visit
from tests.app.review.people import ADA
from tests.conftest import TINY_SETTINGS
from tests.later_data import NEW, PICTURE, two_states, uri

BEN = User(name="ben", role=Role.ADMIN)
SETTINGS = TINY_SETTINGS | {"train.epochs": "2", "train.freeze_epochs": "2", "model.propagation": "0.5"}


@pytest.fixture(scope="module")
def root(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    two_states(tiny_data, root / "data")
    pmf.train(root / "data" / "before", settings=SETTINGS, run=root / "runs" / "parent")
    return root


@pytest.fixture
def parent(root: Path, monkeypatch: pytest.MonkeyPatch, store_url: str) -> RunView:
    for name, value in {"PMF_RUNS": root / "runs", "PMF_DATA": root / "data", "PMF_REVIEWS": store_url}.items():
        monkeypatch.setenv(name, str(value))
    return RunView(RunReader(root / "runs" / "parent"))


def accepted(store: ReviewStore, run: RunView) -> tuple[str, str]:
    """Somebody confirms the pair whose picture will change."""
    pair = uri(1, PICTURE), uri(2, PICTURE)
    import_verdicts(ADA, store, run, "verdicts.csv", f"source,target,verdict\n{','.join(pair)},match\n".encode())
    return pair


def test_the_page_says_what_is_new_and_opens_its_queue(parent: RunView, store: ReviewStore) -> None:
    pair = accepted(store, parent)
    test = open_page("review", run="parent", mode="files")
    test.selectbox(key="new_entities.data").set_value("after").run()
    assert not [button for button in test.button if button.key == "new_entities.start"]
    test.button(key="new_entities.look").click().run()
    assert "source: 3 entities new" in sentences(test)
    test.button(key="new_entities.start").click().run(timeout=120)
    assert not test.exception
    assert not test.error
    new = RunView(RunReader(parent.reader.folder.with_name(str(test.query_params["run"]))))
    assert f"Update of {parent.run_id}" in "".join(expander.label for expander in test.expander)
    assert "test links of new entities, open candidates" in sentences(test)
    asked = set(new.uris[queue(new, ReviewFilter(split=USEFUL, audit=0, probes=0)).queries])
    assert asked == {uri(1, 60)}  # the other new source entities have a link: they measure
    everybody = queue(new, ReviewFilter(split="all", audit=0, probes=0))
    assert set(new.uris[everybody.queries]) == {uri(1, number) for number in NEW[1]}
    assert set(new.uris[slices.members(new, "updated:new")]) == {uri(s, i) for s in NEW for i in NEW[s]}
    assert "It is an update of parent, where its model was trained" in " ".join(about(new).sentences)
    state = {one.pair: one for one in store.alignment(new.fingerprint)}[pair]
    assert state.state == "changed"
    assert "picture of the source" in state.text
    assert state.id == pair_id(*pair)


def test_earlier_decisions_count_and_are_not_asked_again(parent: RunView, store: ReviewStore) -> None:
    pair, gone, other = accepted(store, parent), uri(1, 0), (uri(1, 5), uri(2, 6))
    lines = f"source,target,verdict\n{','.join(other)},not\n"
    import_verdicts(BEN, store, parent, "verdicts.csv", lines.encode())
    out = parent.reader.folder.with_name("by_command")
    new = RunView(pmf.update(parent.reader, parent.reader.folder.parent.parent / "data" / "after", out=out))
    test = open_page("review", run="by_command", mode="history")
    assert "2 decisions on the data before this update are not here yet" in sentences(test)
    proposing.propose_run(store, new)
    words = sentences(visit(test, "review", run="by_command", mode="history"))
    assert "2 decisions on earlier data count here too and are not asked again" in words
    mine = history.mine(ADA, store, new)
    assert [(event.query, event.other) for event in mine] == [pair]
    assert history.listed(new, mine)["how"].tolist() == ["import, on earlier data"]
    key = ("source", pair[0])
    assert key in store.judged(new.fingerprint, ADA.name)
    assert store.claim(new.fingerprint, "eve", [key, ("source", gone)]) == ("source", gone)  # enough have judged it
    assert {row[:2] for row in harvest(store, new, test_links=True).rows} == {pair, other}
    history.change_many(BEN, store, new, store.current(new.fingerprint, BEN.name), "match")
    assert {event.verdict for event in store.current(new.fingerprint, BEN.name)} == {"match"}
    assert {event.verdict for event in store.current(parent.fingerprint, BEN.name)} == {"not"}
    history.take_back_many(ADA, store, new, mine)
    assert history.mine(ADA, store, new) == history.mine(ADA, store, parent) == []


@pytest.mark.parametrize("page", ["overview", "matches", "failures", "freezing", "embeddings", "compare", "review"])
def test_every_page_opens_on_an_update(parent: RunView, store: ReviewStore, page: str) -> None:
    runs = sorted(parent.reader.folder.parent.glob("after-updated-*"))
    run = runs[0].name if runs else updating.update(ADA, store, parent, "after")
    test = open_page(page, run=run)
    assert not test.error
    if page != "compare":  # which has a head of its own
        assert any("new training is due" in expander.label for expander in test.expander)


def test_refuses_in_one_line(parent: RunView, store: ReviewStore, tmp_path: Path) -> None:
    with pytest.raises(NotAllowedError, match="update a run"):
        updating.update(User(name="eve", role=Role.ANNOTATOR), store, parent, "after")
    with pytest.raises(ConfigError, match="expected a data set folder, got nothing"):
        updating.changes(ADA, parent, str(tmp_path / "nothing"))
