"""What stands behind the Data page: views of a data set, neighbourhoods, the folders of uploads."""

from __future__ import annotations

import io
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from app.data.figures import data as figures
from app.data.figures import neighbourhood as graph_figure
from app.data.services import uploads
from app.data.services.neighbourhood import Edge, neighbourhood
from app.shared.services import data_report, data_sets
from app.shared.services.access import Role, User
from app.shared.services.data_view import DataView, EntityFilter
from pmf.data.graph_pair import GraphPair, degrees
from pmf.data.readers import DEMO_FOLDER, read_graph_pair
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.errors import ConfigError, DataFormatError

ADMIN = User(name="admin", role=Role.ADMIN)


@pytest.fixture(scope="module")
def atlas() -> DataView:
    return DataView(read_graph_pair("demo"))


@pytest.fixture
def view(pair: GraphPair) -> DataView:
    return DataView(pair)


def test_partners_go_both_ways(atlas: DataView) -> None:
    source, target = atlas.pair.links[0]
    assert atlas.partner[source] == target
    assert atlas.partner[target] == source
    assert (atlas.partner >= 0).sum() == len(np.unique(atlas.pair.links))
    row = atlas.entities.iloc[source]
    assert row["counterpart"] == atlas.pair.labels[target]


def test_filters_agree_with_the_graphs(atlas: DataView) -> None:
    everyone = atlas.select(EntityFilter())
    assert list(everyone) == list(range(atlas.n))
    targets = atlas.select(EntityFilter(side="target"))
    assert list(targets) == list(range(atlas.n_source, atlas.n))
    linked, unlinked = (atlas.select(EntityFilter(link=link)) for link in ("linked", "unlinked"))
    assert sorted([*linked, *unlinked]) == list(everyone)
    with_picture = atlas.select(EntityFilter(picture="with"))
    assert all(atlas.data.picture(int(entity)) for entity in with_picture)
    assert len(with_picture) == atlas.n_pictures
    typed = atlas.select(EntityFilter(type=atlas.types[0], side="source"))
    assert {atlas.pair.source.types[int(entity)] for entity in typed} == {atlas.types[0]}
    by_degree = atlas.entities["degree"].to_numpy()[atlas.select(EntityFilter(order="degree"))]
    assert list(by_degree) == sorted(np.concatenate([degrees(g) for g, _ in atlas.pair.sides()]), reverse=True)
    names = [atlas.pair.labels[i].casefold() for i in atlas.select(EntityFilter(order="name", text="EN/RESOURCE"))]
    assert names == sorted(names)
    assert len(names) == atlas.n_source


def test_forty_thousand_entities_stay_fluid() -> None:
    """What a rerun of the page does anew: search, filter, sort, and look around the busiest entity."""
    view = DataView(synthetic_pair(SyntheticOptions(entities=20_000)))
    busiest = int(view.entities["degree"].argmax())
    view.select(EntityFilter(text="x"))  # the first search folds every name
    start = time.process_time()
    view.select(EntityFilter(text="1", side="target", link="linked", order="name"))
    around = neighbourhood(view, busiest, 2)
    assert time.process_time() - start < 1
    assert len(around.entities) == 40
    assert around.left_out > 0


def test_neighbours_are_those_of_the_triples(atlas: DataView) -> None:
    entity = atlas.example
    graph, row = atlas.pair.locate(entity)
    around = neighbourhood(atlas, entity, 1, most=10**6)
    triples = graph.relation_triples.tolist()
    beside = {t for h, _, t in triples if h == row} | {h for h, _, t in triples if t == row}
    assert set(around.entities) == beside | {row}
    assert around.entities[0] == entity
    assert around.left_out == 0
    kept = set(around.entities)
    assert {(e.head, e.tail) for e in around.edges} == {(h, t) for h, _, t in triples if h != t and {h, t} <= kept}


def test_two_steps_are_cut_and_counted(atlas: DataView) -> None:
    entity = atlas.example
    whole = neighbourhood(atlas, entity, 2, most=10**6)
    assert set(whole.hops) == {0, 1, 2}
    first = [e for e, hop in zip(whole.entities, whole.hops, strict=True) if hop == 1]
    cut = neighbourhood(atlas, entity, 1, most=6)
    assert len(cut.entities) == 6
    assert cut.left_out == len(first) - 5
    degree = atlas.entities["degree"].to_numpy()
    assert list(degree[list(cut.entities[1:])]) == sorted(degree[first], reverse=True)[:5]


def test_neighbours_of_a_target_have_ids_of_the_pair(view: DataView, pair: GraphPair) -> None:
    japan = pair.n_source + pair.labels[pair.n_source :].index("Japan")
    around = neighbourhood(view, japan, 1)
    assert [pair.labels[e] for e in around.entities] == ["Japan", "Japan City"]
    assert all(e >= pair.n_source for e in around.entities)
    assert [(e.head, e.tail, e.relation) for e in around.edges] == [(*around.entities, "seat")]


def test_the_drawn_graph() -> None:
    def node(label: str, side: str, hop: int) -> dict[str, object]:
        return {"label": label, "side": side, "hop": hop, "about": ""}

    nodes = [node("a", "target", 0), node("b", "target", 1), node("c", "target", 1), node("d", "target", 2)]
    edges = [Edge(head=0, tail=1, relation="r"), Edge(head=2, tail=0, relation="s"), Edge(head=3, tail=2, relation="t")]
    series = graph_figure.neighbourhood(nodes, edges, node("A", "source", 1))["series"][0]
    shapes = [(n["itemStyle"]["color"], n["symbol"]) for n in series["data"]]
    assert len(set(shapes[:4])) == 1
    assert shapes[4][0] != shapes[0][0]
    assert shapes[4][1] != shapes[0][1]
    assert [(link["source"], link["target"], link["value"]) for link in series["links"]][:3] == [
        ("0", "1", "r"),
        ("2", "0", "s"),
        ("3", "2", "t"),
    ]
    assert series["links"][3]["lineStyle"]["type"] == "dashed"
    assert series["data"][4]["x"] < min(n["x"] for n in series["data"][:4])  # the source lies left of a target
    distance = [np.hypot(n["x"] / graph_figure.WIDTH, n["y"]) for n in series["data"][:4]]
    np.testing.assert_allclose(distance, [0, 1, 1, graph_figure.RINGS[2]], atol=1e-3)
    assert len({(n["x"], n["y"]) for n in series["data"]}) == 5


def test_figures_of_the_report(atlas: DataView) -> None:
    findings = atlas.audit(pictures=False)
    table = data_report.coverage(findings)
    figure = figures.coverage(table)
    assert {trace.name: trace.marker.pattern.shape for trace in figure.data} == {"source": None, "target": None}
    for trace in figure.data:
        part = table[table["side"] == trace.name]
        assert dict(zip(trace.y, trace.x, strict=True)) == dict(zip(part["modality"], part["share"], strict=True))
    spread = data_report.distribution(findings, "degree")
    figure = figures.distribution(spread, "title", "relation triples")
    assert {trace.name for trace in figure.data} == {"source", "target"}
    for (_, offset), (_, part) in zip(atlas.pair.sides(), spread.groupby("side", sort=False), strict=True):
        n = atlas.n_source if offset == 0 else atlas.n - atlas.n_source
        assert part["entities"].sum() == n
        degree = atlas.entities["degree"].to_numpy()[offset : offset + n]
        by_bin = dict(zip(part["bin"], part["entities"], strict=True))
        assert by_bin["2"] == (degree == 2).sum()
        assert by_bin["5–8"] == ((degree >= 5) & (degree <= 8)).sum()


def test_an_audit_is_made_once(atlas: DataView) -> None:
    seen: list[tuple[int, int]] = []
    assert not atlas.audited(pictures=True)
    first = atlas.audit(pictures=True, progress=lambda what, done, total: seen.append((done, total)))
    assert seen[-1] == (620, 620)
    assert atlas.audit(pictures=True, progress=lambda what, done, total: pytest.fail("again")) is first


def test_what_is_missing(view: DataView, tmp_path: Path) -> None:
    assert data_report.missing(read_graph_pair("demo")) == []
    (tmp_path / "rel_triples_1").write_text("a\tr\tb\n")
    (tmp_path / "rel_triples_2").write_text("x\tr\ty\n")
    (tmp_path / "ent_links").write_text("")
    bare = read_graph_pair(tmp_path)
    said = " ".join(data_report.missing(bare))
    for what in ("No links", "No attributes", "No pictures", "No names", "No entity types"):
        assert what in said
    assert DataView(bare).usual.used == ("structure", "relation")
    assert view.usual.used == ("structure", "relation", "attribute", "image")


def test_names_and_folders_go_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_DATA", str(tmp_path))
    assert data_sets.locate("demo") == DEMO_FOLDER
    for name in ("a/b", "/elsewhere/x"):
        assert data_sets.name_of(data_sets.locate(name)) == name
    with pytest.raises(ConfigError):
        data_sets.locate("a\0b")


def test_the_stamp_changes_with_a_table(data_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data_folder, tmp_path / "copy"))
    before = data_sets.stamp(folder)
    assert data_sets.stamp(folder) == before
    os.utime(folder / "ent_links", ns=(1, 1))
    assert data_sets.stamp(folder) != before
    assert data_sets.stamp(tmp_path / "nowhere") == ()


def test_a_place_that_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PMF_DATA", str(tmp_path / "file"))
    assert data_sets.known() == ["demo"]
    with pytest.raises(DataFormatError, match="can be written to"):
        uploads.receive(ADMIN, [("x.zip", io.BytesIO(b"PK"))])


@pytest.mark.parametrize("name", ["x" * 5000, "/".join("x" * 3000), "~nobody-at-all/x", "a\0b"])
def test_what_is_no_path_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PMF_DATA_ONLY_ROOT", raising=False)
    with pytest.raises(ConfigError, match="is no path of a folder"):
        data_sets.locate(name)
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")  # and no home folder has a short name
    if name.startswith("~"):
        assert data_sets.locate(name).parent.name == "~nobody-at-all"
    else:
        with pytest.raises(ConfigError, match="is no path of a folder"):
            data_sets.locate(name)
