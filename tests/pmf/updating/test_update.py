"""A finished run on a newer state of its data."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pmf
from pmf.cli import main
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError
from pmf.runs import layout
from pmf.runs.accepted import pair_id
from pmf.runs.archive import export_run, import_run
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.training.continuing import continued_config
from tests.commands import start
from tests.conftest import TINY_SETTINGS
from tests.later_data import GONE, NEW, PICTURE, VALUE, two_states, uri
from tests.trainings import wait_until

SETTINGS = TINY_SETTINGS | {
    "modalities": "structure,relation,attribute,value,char,image",
    "model.propagation": "0.5",
    "model.direct": "0.5",
    "features.char": "weighted",
    "evaluation.reliability": "true",
    "rules.rounds": "1",
    "rules.scored": "true",
}


@pytest.fixture(scope="module")
def states(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return two_states(tiny_data, tmp_path_factory.mktemp("states"))


@pytest.fixture(scope="module")
def parent(states: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    return pmf.train(states[0], settings=SETTINGS, run=tmp_path_factory.mktemp("runs") / "parent")


@pytest.fixture(scope="module")
def child(states: tuple[Path, Path], parent: RunReader) -> RunReader:
    before = digests(parent.folder)
    run = pmf.update(parent, states[1], out=parent.folder.with_name("child"))
    assert digests(parent.folder) == before
    return run


def digests(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def ids(run: RunReader) -> dict[str, int]:
    return {uri_: row for row, uri_ in enumerate(run.entities["uri"])}


def test_tells_what_is_new_changed_and_gone_by_name(child: RunReader) -> None:
    assert child.facts.updated is not None
    lines = "\n".join(child.facts.updated.lines)
    assert "source: 3 entities new" in lines
    assert "target: 2 entities new" in lines
    new = next(line for line in lines.splitlines() if line.startswith("new in source: "))
    assert set(new.removeprefix("new in source: ").split(", ")) == {"thing 47", "thing 23", "thing 44"}
    assert "gone in source: thing 58" in lines
    assert "links: 2 new, 1 gone" in lines
    assert "gone links: thing 58 = thing 58" in lines
    assert child.facts.updated.parent == "parent"


def test_a_neighbour_a_value_and_a_picture_are_changes_and_nothing_else_is(
    child: RunReader, states: tuple[Path, Path]
) -> None:
    changed = set(child.entities.loc[child.is_changed, "uri"])
    old, new = (read_graph_pair(state) for state in states)
    triples = [
        {(graph.entities[h], graph.relations[r], graph.entities[t]) for h, r, t in graph.relation_triples.tolist()}
        for graph in (old.source, new.source)
    ]
    ends = {end for head, _, tail in triples[0] ^ triples[1] for end in (head, tail)}
    expected = (ends | {uri(1, VALUE), uri(1, PICTURE)}) & set(old.source.entities) & set(new.source.entities)
    assert {one for one in changed if "/1/" in one} == expected


def test_only_what_is_new_is_ranked_among_everybody(child: RunReader) -> None:
    table, of = child.predictions(), ids(child)
    assert table is not None
    for side, direction in zip((1, 2), layout.DIRECTIONS, strict=True):
        rows = table[table["direction"] == direction]
        assert set(rows["query"]) == {of[uri(side, number)] for number in NEW[side]}
        others = range(child.n_source, child.n_entities) if side == 1 else range(child.n_source)
        assert set(np.concatenate(list(rows["candidates"]))) <= set(others)
        # a candidate may be anybody's counterpart: nobody's truth is hidden from the new ones
        fused = np.asarray(child.embedding("fused"), np.float32)
        query = rows.iloc[0]
        assert query["similarity"][0] == pytest.approx(fused[query["query"]] @ fused[query["candidates"][0]], abs=2e-3)
    assert set(np.flatnonzero(child.is_new)) == set(table["query"])


def test_new_links_measure_and_never_train(child: RunReader, parent: RunReader) -> None:
    split, of = stored_split(child), ids(child)
    new_links = {(of[uri(1, number)], of[uri(2, number)]) for number in (3, 11)}
    assert new_links <= set(map(tuple, split.test_links.tolist()))
    names = child.entities["uri"].to_numpy(), parent.entities["uri"].to_numpy()
    for part in ("seed_links", "val_links"):
        now, was = ({tuple(name[link]) for link in getattr(s, part)} for name, s in
                    zip(names, (split, stored_split(parent)), strict=True))  # fmt: skip
        assert now == {link for link in was if uri(1, GONE) not in link}
    measured = pmf.evaluate(child)
    assert [measured[way] for way in layout.DIRECTIONS] == [(child.results() or {})[way] for way in layout.DIRECTIONS]
    with pytest.raises(ConfigError, match="ranked among everybody"):
        pmf.evaluate(child, scope="closed")
    with pytest.raises(ConfigError, match="train anew"):
        continued_config(child.folder, {})


def test_accepted_pairs_keep_their_ids_and_say_what_changed(child: RunReader, parent: RunReader) -> None:
    table = child.accepted()
    assert table is not None
    links = parent.links
    uris = parent.entities["uri"].to_numpy()
    expected = {pair_id(uris[s], uris[t]) for s, t in zip(links["source"], links["target"], strict=True)}
    assert set(table["pair"]) == expected
    state = table.set_index("source")["state"]
    assert state[uri(1, GONE)] == "gone"
    assert state[uri(1, PICTURE)] == "changed"
    assert "picture of the source" in table.set_index("source")["what"][uri(1, PICTURE)]
    still = child.is_changed | child.is_new
    quiet = [one for one, flag in zip(child.entities["uri"], still, strict=True) if not flag and "/1/" in one]
    kept = state[[one for one in quiet if one in state.index]]
    assert "kept" in set(kept)


def test_what_was_there_is_embedded_alike_and_what_is_new_has_every_feature(
    child: RunReader, parent: RunReader
) -> None:
    now, was = ids(child), ids(parent)
    quiet = [one for one, flag in zip(child.entities["uri"], child.is_changed, strict=True) if not flag and one in was]
    for modality in ("attribute", "image"):  # no neighbour counts in them, and propagated labels are the same ones
        if modality == "image":
            rows = [np.asarray(run.embedding(modality))[[of[one] for one in quiet]] for run, of in
                    ((child, now), (parent, was))]  # fmt: skip
            np.testing.assert_allclose(rows[0], rows[1], atol=2e-3)
    for modality in child.modalities:
        table = np.asarray(child.embedding(modality), np.float32)
        frozen = child.frozen_at()
        assert frozen is not None
        in_use = frozen[child.modalities.index(modality)] == layout.NEVER_FROZEN
        assert table[child.is_new & in_use].any(axis=1).all(), modality


def test_the_model_goes_on_from_an_update_and_an_update_is_updated(
    child: RunReader, states: tuple[Path, Path], tmp_path: Path
) -> None:
    again = pmf.update(child, states[0], out=tmp_path / "again")
    assert again.facts.updated is not None
    assert again.facts.updated.trained_on == str(states[0])
    assert again.facts.updated.parent == "child"
    table = again.accepted()
    assert table is not None
    assert set(table["state"]) == {"kept", "changed", "gone"}
    again.check()


def test_verdicts_are_kept_and_spread(child: RunReader, parent: RunReader, states: tuple[Path, Path],
                                      tmp_path: Path) -> None:  # fmt: skip
    verdicts = tmp_path / "verdicts.csv"
    rows = [(uri(1, 57), uri(2, 57), "match"), (uri(1, 58), uri(2, 59), "not"), (uri(1, GONE), "", "none")]
    verdicts.write_text("source,target,verdict\n" + "".join(",".join(row) + "\n" for row in rows))
    run = pmf.update(parent, states[1], verdicts=verdicts, out=tmp_path / "run")
    table, of = run.accepted(), ids(run)
    assert table is not None
    decided = table[table["given"] == "verdict"]
    assert decided["pair"].tolist() == [pair_id(uri(1, 57), uri(2, 57))]
    assert run.facts.review["matched"] == [[of[uri(1, 57)], of[uri(2, 57)]]]
    assert run.facts.denied.tolist() == [[of[uri(1, 58)], of[uri(2, 59)]]]
    assert [of[uri(1, 57)], of[uri(2, 57)]] in stored_split(run).seed_links.tolist()


def test_the_command_says_the_same_and_only_looks_when_asked(
    parent: RunReader, states: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", str(parent.folder), "--data", str(states[1]), "--look", "--json"]) == 0
    looked = json.loads(capsys.readouterr().out)
    assert looked["changes"]["source"] == {"new": 3, "changed": looked["changes"]["source"]["changed"], "gone": 1,
                                           "entities": 63}  # fmt: skip
    out = tmp_path / "run"
    assert main(["update", str(parent.folder), "--data", str(states[1]), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "source: 3 entities new" in text
    assert "1 gone" in text
    assert "new training is due" in text
    assert main(["update", str(parent.folder), "--data", str(states[1]), "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def refusals(states: tuple[Path, Path], parent: RunReader, tmp_path: Path) -> dict[str, tuple[Path, Path, str]]:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for name, text in {
        "rel_triples_1": "a\tlikes\tb\n", "rel_triples_2": "A\tlikes\tB\n", "ent_links": "a\tA\nb\tB\n"
    }.items():  # fmt: skip
        (foreign / name).write_text(text)
    damaged = tmp_path / "damaged"
    (damaged / "checkpoint").mkdir(parents=True)
    for path in parent.folder.iterdir():
        if path.is_file():
            (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / "checkpoint" / "last.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    return {
        "foreign": (parent.folder, foreign, "none of them: these are other data"),
        "nothing": (parent.folder, tmp_path / "nothing", "expected a data set folder, got nothing"),
        "damaged": (damaged, states[1], "no checkpoint that can be read"),
        "without model": (Path("assets/runs/atlas"), states[1], "came without its model"),
    }


@pytest.mark.parametrize("case", ["foreign", "nothing", "damaged", "without model"])
def test_what_does_not_fit_is_one_clear_line_and_nothing_is_written(
    case: str, states: tuple[Path, Path], parent: RunReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, data, message = refusals(states, parent, tmp_path)[case]
    out = tmp_path / "out" / "run"
    assert main(["update", str(run), "--data", str(data), "--out", str(out), "--json"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert not out.exists()
    assert not [path for path in out.parent.glob("*") if path.is_dir()] if out.parent.exists() else True


def test_a_kill_in_the_middle_leaves_no_run(parent: RunReader, states: tuple[Path, Path], tmp_path: Path) -> None:
    root = tmp_path / "runs"
    process = start("update", parent.folder, "--data", states[1], "--out", root / "run", "--json")
    wait_until(lambda: any(root.glob("*/data/config.json")), process)
    process.kill()
    process.join()
    assert not (root / "run").exists()
    from pmf.runs.reader import find_runs

    assert find_runs(root) == []


def test_an_update_without_new_entities_still_says_what_changed(
    parent: RunReader, states: tuple[Path, Path], tmp_path: Path
) -> None:
    later = tmp_path / "later"
    shutil.copytree(states[0], later)
    values = later / "attr_triples_2"
    values.write_text(values.read_text() + f"{uri(2, VALUE)}\tkey 1\tanother value\n")
    run = pmf.update(parent, later, out=tmp_path / "run")
    run.check()
    table = run.accepted()
    assert table is not None
    assert table.loc[table["state"] == "changed", ["target", "what"]].to_numpy().tolist() == [
        [uri(2, VALUE), "values of the target"]
    ]
    assert not set(layout.DIRECTIONS) & set(run.results() or {})
    assert len(run.predictions()) == 0


def test_an_update_is_exported_and_imported_whole(child: RunReader, tmp_path: Path) -> None:
    export_run(child.folder, tmp_path / "child.pmfrun.zip")
    again = RunReader(import_run(tmp_path / "child.pmfrun.zip", tmp_path / "runs"))
    assert again.facts.updated == child.facts.updated
    pd.testing.assert_frame_equal(again.accepted(), child.accepted())
    assert again.is_new.tolist() == child.is_new.tolist()


def test_says_that_a_training_is_due_where_much_is_strange(
    parent: RunReader, states: tuple[Path, Path], tmp_path: Path
) -> None:
    strange = tmp_path / "strange"
    shutil.copytree(states[1], strange)
    path = strange / "rel_triples_1"
    path.write_text(path.read_text() + "".join(f"{uri(1, i)}\tnever seen\tnobody{i}\n" for i in range(30)))
    run = pmf.update(parent, strange, out=tmp_path / "run")
    assert run.facts.updated is not None
    reasons = "\n".join(run.facts.updated.due)
    assert "of all entities are new since the training, more than 10%" in reasons
    assert (
        "of the source graph's relation triples, more than 5%, use 1 relation that the model has never seen" in reasons
    )
    assert "validation links" in run.facts.updated.judged
    assert isinstance(run.accepted(), pd.DataFrame)
