"""Whatever goes in is used, or a note counts it: rows, links, columns, files and pictures add up."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import png

NUMBERS = st.integers(0, 11)
RELATIONS = st.lists(st.tuples(NUMBERS, st.sampled_from(["near", "part of", ""]), NUMBERS), max_size=12)
LINKS = st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["straight", "turned", "no", "padded"])), max_size=15)
ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["Ada", "NULL", "", "Grace, Countess"])), max_size=14)
FILES = st.sets(st.sampled_from(["notes.txt", "old.bak", "pictures/a.png", "README", "source/more.dat"]))
NO_DATA = st.lists(
    st.sampled_from(["Total,,", "(10 rows),,", "--,---,--", "id,name,colour", "NULL,x,y", ",x,"]), max_size=6
)
PICTURES = st.sets(st.sampled_from(["s1.png", "s2.heic", "nobody.png", "s3/one.png", "s3/two.png", "S4.PNG"]))


def counted(pair: GraphPair, file: str, kind: str = "left out", unit: str = "") -> int:
    return sum(n.count for n in pair.notes if n.file == file and n.kind == kind and (not unit or n.unit == unit))


def lay(folder: Path, rows: list[tuple[int, str]], relations: list[tuple[int, str, int]]) -> None:
    for side, prefix in (("source", "s"), ("target", "t")):
        (folder / side / "images").mkdir(parents=True)
        lines = ["id,name,colour", *(f"{prefix}{i},Keeper {i},red" for i in range(10))]
        if side == "source":
            lines += [f'{prefix}{i},"{name}",blue' for i, name in rows]
        (folder / side / "entities.csv").write_text("\n".join(lines) + "\n")
    lines = ["head,relation,tail,since", "s0,near,s1,1900", *(f"s{h},{r},s{t},2000" for h, r, t in relations)]
    (folder / "source" / "relations.csv").write_text("\n".join(lines) + "\n")


def link_lines(links: list[tuple[int, int, str]]) -> list[str]:
    lines = ["source,target,label,remark", "s0,t0,1,"]
    for s, t, how in links:
        left, right = (f"t{t}", f"s{s}") if how == "turned" else (f"s{s}", f"t{t}")
        if how == "padded":
            left = f"S{s:03}" if s else left
        lines.append(f"{left},{right},{0 if how == 'no' else 1},x")
    return lines


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, relations=RELATIONS, links=LINKS, files=FILES, pictures=PICTURES, no_data=NO_DATA)
def test_everything_is_used_or_counted(
    rows: list[tuple[int, str]],
    relations: list[tuple[int, str, int]],
    links: list[tuple[int, int, str]],
    files: set[str],
    pictures: set[str],
    no_data: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "data"
        lay(folder, rows, relations)
        (folder / "links.csv").write_text("\n".join(link_lines(links)) + "\n")
        with (folder / "target/entities.csv").open("a") as table:
            table.write("\n".join(sorted(no_data, key=lambda row: row[0] in "T(")))  # totals and remarks come last
        for name in files:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"x")
        for name in pictures:
            (folder / "source/images" / name).parent.mkdir(exist_ok=True)
            (folder / "source/images" / name).write_bytes(png(3))
        pair = read_graph_pair(folder)

        # rows that are no entities
        assert len(pair.target) == 10
        assert counted(pair, "target/entities.csv", unit="row") == len(no_data)

        # rows of entities: each names an entity, or comes again to one; no value of a named column is lost
        assert len(pair.source) == 10
        assert counted(pair, "source/entities.csv", "changed", "row") == len(rows)
        said = Counter(name for _, name in rows if name not in ("", "NULL"))
        kept = {*pair.source.names.values(), *pair.source.attribute_values}
        assert set(said) <= kept
        null = sum(name == "NULL" for _, name in rows)
        assert counted(pair, "source/entities.csv, column name", "changed") == null

        # relations
        assert len(pair.source.relation_triples) + counted(pair, "source/relations.csv", unit="row") == 1 + len(
            relations
        )
        assert (
            "since" in next(n for n in pair.notes if n.file == "source/relations.csv" and n.unit == "column").examples
        )

        # links: a link, one again, no link, or about nobody
        used = len(pair.links) + sum(counted(pair, "links.csv", "known", unit) for unit in ("link", "pair"))
        lost = counted(pair, "links.csv", unit="link") + counted(pair, "links.csv", unit="pair")
        assert used + lost == 1 + len(links)
        assert "remark" in next(n for n in pair.notes if n.file == "links.csv" and n.unit == "column").examples

        # files and pictures
        named = {example for n in pair.notes if n.unit == "file" for example in n.examples}
        assert {Path(name).name for name in files} - {"README"} <= named
        shown = {path.relative_to(folder / "source/images").as_posix() for path in pair.source.images.values()}
        assert shown | named >= pictures


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode), name=st.sampled_from(["nt", "csv", "ttl"])
)
def test_any_content_is_read_or_refused_in_one_line(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "source.nt").write_text('<http://s/1> <http://p> "x" .\n')
        (folder / "target.csv").write_text("id,name\na,b\n")
        (folder / f"links.{name}").write_bytes(content)
        try:
            read_graph_pair(folder)
        except DataFormatError as error:
            assert "\n" not in str(error)  # noqa: PT017
