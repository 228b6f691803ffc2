"""Real data written in the layouts it does not lie here in, and read back."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.readers import read_graph_pair
from pmf.data.readers.rdf_graph import TYPE

pytestmark = pytest.mark.real

SAFE = "/.:#_,()'!*&"  # as DBpedia's own dumps have it


def write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])


def relations(graph: KnowledgeGraph) -> list[list[str]]:
    uris = graph.entities
    return [[uris[h], graph.relations[r], uris[t]] for h, r, t in graph.relation_triples.tolist()]


def attributes(graph: KnowledgeGraph) -> list[list[str]]:
    pairs = zip(graph.attribute_triples.tolist(), graph.attribute_values, strict=True)
    return [[graph.entities[entity], graph.attributes[attribute], value] for (entity, attribute), value in pairs]


def links(pair: GraphPair) -> list[list[str]]:
    return [[pair.source.entities[s], pair.target.entities[t - pair.n_source]] for s, t in pair.links.tolist()]


def test_emoji_as_csv_with_pictures_by_name(datasets: Path, tmp_path: Path) -> None:
    emoji = read_graph_pair(datasets / "EMOJI_ZH_EN")
    for side, (graph, _) in zip(("source", "target"), emoji.sides(), strict=True):
        named = [[uri, graph.names.get(row, "")] for row, uri in enumerate(graph.entities)]
        write_csv(tmp_path / side / "entities.csv", ["id", "name"], named)
        write_csv(tmp_path / side / "relations.csv", ["head", "relation", "tail"], relations(graph))
        write_csv(tmp_path / side / "attributes.csv", ["entity", "attribute", "value"], attributes(graph))
        (tmp_path / side / "images").mkdir()
        for row, picture in graph.images.items():
            name = quote(graph.entities[row], safe="") + picture.suffix
            if len(name) < 250:
                (tmp_path / side / "images" / name).write_bytes(picture.read_bytes())
    write_csv(tmp_path / "links.csv", ["source", "target"], links(emoji))
    pair = read_graph_pair(tmp_path)
    for graph, written in ((pair.source, emoji.source), (pair.target, emoji.target)):
        assert graph.entities == written.entities
        assert graph.names == {row: name.strip() for row, name in written.names.items()}
        assert relations(graph) == relations(written)
        assert attributes(graph) == [[e, a, value.strip()] for e, a, value in attributes(written)]
        same = [row for row in graph.images if graph.images[row].read_bytes() == written.images[row].read_bytes()]
        assert len(same) == len(graph.images) > 1500
    assert pair.links.tolist() == emoji.links.tolist()


def test_freebase_and_dbpedia_as_first_published(datasets: Path, tmp_path: Path) -> None:
    joined = read_graph_pair(datasets / "FB15K237-DB15K")
    for name, graph in (("FB15K", joined.source), ("DB15K", joined.target)):
        (tmp_path / name).mkdir()
        lines = [" ".join(f"<{word}>" for word in triple) + " .\n" for triple in relations(graph)]
        (tmp_path / name / f"{name}_EntityTriples.txt").write_text("".join(lines), encoding="utf-8")
    numbers = ["\t".join(triple) + "\n" for triple in attributes(joined.source)]
    (tmp_path / "FB15K" / "FB15K_NumericalTriples.txt").write_text("".join(numbers), encoding="utf-8")
    same = [f"{left} <SameAs> <{right}> .\n" for left, right in links(joined)]
    (tmp_path / "DB15K" / "DB15K_SameAsLink.txt").write_text("".join(same), encoding="utf-8")
    pair = read_graph_pair(tmp_path)
    assert relations(pair.source) == relations(joined.source)
    assert relations(pair.target) == relations(joined.target)
    known = set(pair.source.entities)
    assert attributes(pair.source) == [triple for triple in attributes(joined.source) if triple[0] in known]
    assert links(pair) == links(joined)


def test_dbpedia_as_n_triples(datasets: Path, tmp_path: Path) -> None:
    joined = read_graph_pair(datasets / "FB15K237-DB15K")
    base = "http://rdf.freebase.com/ns"
    for side, graph in (("source", joined.source), ("target", joined.target)):
        things = [base + uri if uri.startswith("/") else uri for uri in graph.entities]
        lines = [f"<{quote(thing, safe=SAFE)}> <{TYPE}> <http://www.w3.org/2002/07/owl#Thing> .\n" for thing in things]
        for triple in relations(graph):
            words = [base + word if word.startswith("/") else word for word in triple]
            lines.append(" ".join(f"<{quote(word, safe=SAFE)}>" for word in words) + " .\n")
        lines += [f'<{base}{e}> <{a}> "{value}" .\n' for e, a, value in attributes(graph)]
        (tmp_path / f"{side}.nt").write_text("".join(lines), encoding="utf-8")
    write_csv(
        tmp_path / "links.csv",
        ["source", "target"],
        [[base + left, quote(right, safe=SAFE)] for left, right in links(joined)],
    )
    pair = read_graph_pair(tmp_path)
    assert pair.source.relation_triples.shape == joined.source.relation_triples.shape
    plain = [[unquote(word) for word in triple] for triple in relations(pair.target)]
    assert plain == [triple for triple in relations(joined.target) if triple[1] != TYPE]
    assert pair.source.attribute_values == joined.source.attribute_values
    assert pair.links.tolist() == joined.links.tolist()
