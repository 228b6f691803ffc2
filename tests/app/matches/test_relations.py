"""Matches, tab Relations: which relations agree, their examples, and verdicts that a training takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import catalog, export
from app.shared.services.access import NotAllowedError, Role, User
from app.shared.services.relation_verdicts import CONFLICT, as_table, judge, key, verdicts
from app.shared.services.run_view import RunView
from app.store import shared_store
from pmf.alignment.explanation.relations import RelationAlignment
from pmf.data.readers import read_graph_pair
from pmf.runs.reader import RunReader
from pmf.training.links.relation_verdicts import read_relation_verdicts
from tests.app.pages import go, open_page, ran, sentences
from tests.conftest import ROOT

ANN, BOB = (User(name=name, role=Role.ANNOTATOR) for name in ("ann", "bob"))


@pytest.fixture
def atlas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunView:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    shutil.copytree(ROOT / "assets" / "runs" / "atlas", tmp_path / "atlas")
    return RunView(RunReader(tmp_path / "atlas"), catalog.stamp(tmp_path / "atlas"))


def alignment(source: str, target: str, *, inverse: bool = False) -> RelationAlignment:
    return RelationAlignment(
        kind="relation",
        source=source,
        target=target,
        source_uri=source,
        target_uri=target,
        inverse=inverse,
        forward=0.5,
        backward=0.5,
        examples=3.0,
        shown=(),
    )


def listed(test: AppTest) -> list[tuple[str, str, str]]:
    table = next(frame.value for frame in test.dataframe if "Verdict" in frame.value)
    return list(table[["Source", "Target", "Verdict"]].itertuples(index=False, name=None))


def test_a_person_finds_a_pair_and_confirms_it(atlas: RunView, tmp_path: Path) -> None:
    test = open_page("matches", run="atlas", tab="relations", named="est la capitale")
    assert ("capital", "est la capitale de (inverse)", "") in listed(test)
    assert "from tail to head" in sentences(test)
    examples = next(frame.value for frame in test.dataframe if "Probability" in frame.value)
    assert 1 <= len(examples) <= 5
    assert all(" → " in text for text in examples["Source"])
    buttons = next(one for one in test.button_group if one.label == "Do they mean the same?")
    buttons.set_value("match")
    ran(test.run())
    assert ("capital", "est la capitale de (inverse)", "✓ same") in listed(test)
    assert "1 verdict for the next training" in sentences(test)
    file = tmp_path / "relations.csv"
    file.write_bytes(export.as_csv(as_table(verdicts(shared_store(), atlas).items())))
    (judged,) = read_relation_verdicts(file, read_graph_pair("demo")).tolist()
    assert judged[1] % 2 == judged[2] == 1
    assert "No pair of relations or attributes passes" in sentences(go(test, named="no such relation"))


def test_verdicts_are_taken_back_and_disagreement_stays_out(atlas: RunView) -> None:
    store, row, other = shared_store(), alignment("a", "b"), alignment("a", "b", inverse=True)
    judge(ANN, store, atlas, row, "match")
    judge(ANN, store, atlas, other, "not")
    assert verdicts(store, atlas) == {key(row): "match", key(other): "not"}
    assert as_table(verdicts(store, atlas).items()).to_numpy().tolist() == [
        ["a", "b", "no", "match"],
        ["a", "b", "yes", "not"],
    ]
    judge(BOB, store, atlas, row, "not")
    assert verdicts(store, atlas)[key(row)] == CONFLICT
    assert verdicts(store, atlas, ANN)[key(row)] == "match"
    assert len(as_table(verdicts(store, atlas).items())) == 1
    judge(BOB, store, atlas, row, None)
    assert verdicts(store, atlas)[key(row)] == "match"
    assert store.events(atlas.fingerprint) == []  # no verdict on an entity
    with pytest.raises(NotAllowedError):
        judge(User(name="eve", role=Role.VIEWER), store, atlas, row, "not")
