"""Tables of pairs from elsewhere: which columns hold the two ids, the score and the probability, and what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.adopting.rows import Entities
from pmf.arrays import Ids
from pmf.bounded.tables import columns_of, read_frame
from pmf.data.notes import counted
from pmf.data.readers.columns import IDS, PAIRS, SCORES, plain_header, usual, usual_ends
from pmf.data.readers.csv_tables import Table, read_table
from pmf.data.readers.curies import Curies
from pmf.data.readers.link_row import NOT_THE_SAME
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.predicates import Predicates
from pmf.data.readers.session import at, begin, note
from pmf.data.reading import Reading
from pmf.errors import DataFormatError

Floats = npt.NDArray[np.float64]

_RANKED_BY = ("matchweight", "matchprobability", "linkscore", "confidencescore", "similarityscore", *SCORES)
_PROBABILITY = ("matchprobability", "probability", "prob", "confidence", "confidencescore", "linkscore")
_CLUSTER = "clusterid"
_OF_CLUSTERS = ("linkscore", "confidencescore", "score")
_ORIGINS = ("sourcefile", "sourcedataset", "dataset", "file")
_HEADER = 2**16  # bytes in which a header ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Scored pairs, each once.

    Args:
        layout: of the table, for people.
        source: int64 `[p]`, entity ids.
        target: int64 `[p]`.
        score: `[p]`, finite, by which candidates are ranked.
        probability: `[p]` in [0, 1] that the pair is right, None where the table has none.
    """

    layout: str
    source: Ids
    target: Ids
    score: Floats
    probability: Floats | None = None


def is_pairs(path: Path) -> bool:
    """Whether a table's columns say that it holds pairs."""
    if path.suffix == ".parquet":
        header: Sequence[str] = columns_of(path)[1]
    else:
        with path.open("rb") as file:
            lines = file.read(_HEADER).decode("utf-8", "replace").lstrip("\ufeff").splitlines()
        first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
        header = [cell.strip(' "') for cell in re.split("[,;\t|]", first)]
    return _CLUSTER in map(plain_header, header) or usual_ends(header) is not None


def read_pairs(path: Path, entities: Entities) -> Pairs:
    """The pairs of a table.

    Raises:
        DataFormatError: it can't be read, no two columns are ids, none of them is one of the data, or a score is no
            finite number.
    """
    with begin(path.parent, Reading()) as session:
        table = _parquet(path) if path.suffix == ".parquet" else read_table(path)
        header = {plain_header(name): name for name in reversed(table.header)}
        if _CLUSTER in header:
            layout, rows = "dedupe's clusters", _clustered(table, header, entities)
        else:
            layout, rows = _layout(header), _paired(table, entities)
        entities.say_notes(session.notes)
    return each_once(path, layout, rows, entities)


@dataclass(slots=True)
class Rows:
    """Pairs as they stand: entities, scores as text, lines."""

    ends: list[tuple[int, int]]
    lines: list[int]
    score: list[str] | None
    probability: list[str] | None


def _layout(header: dict[str, str]) -> str:
    if {"matchweight", "matchprobability"} & header.keys():
        return "Splink's predictions"
    return "SSSOM" if {"subjectid", "objectid"} <= header.keys() else "a table of pairs"


def _paired(table: Table, entities: Entities) -> Rows:
    """Rows of two ids."""
    ends = usual_ends(table.header)
    if ends is None:
        expected = f"two columns of ids, such as {', '.join(PAIRS[0])} or unique_id_l, unique_id_r"
        raise DataFormatError(table.path, line=1, expected=expected, got=", ".join(table.header))
    curies, near = Curies(table.path, table.comments), [NearIds(ids) for ids in entities.by_uri]
    predicates = Predicates(table)
    columns = [table.header.index(name) for name in ends]
    rest = [name for name in table.header if name not in ends]
    ranked, likely = usual(rest, _RANKED_BY), usual(rest, _PROBABILITY)
    rows = Rows([], [], None if ranked is None else [], None if likely is None else [])
    unknown: list[str] = []
    for line, cells in table.rows:
        if not (same := predicates.same(cells)):
            why = "another relation than sameness" if same is None else NOT_THE_SAME
            note("left out", why, path=table.path, example=at(line, " ".join(cells[place] for place in columns)))
            continue
        left, right = (curies.spelled(cells[place], *near, line=line) for place in columns)
        pair = _pair(left, right, entities)
        if pair is None:
            unknown.append(f"line {line:,}: {left}, {right}")
            continue
        rows.ends.append(pair)
        rows.lines.append(line)
        for name, texts in ((ranked, rows.score), (likely, rows.probability)):
            if name is not None and texts is not None:
                texts.append(cells[table.header.index(name)])
    curies.note_unknown()
    say_unknown(table.path, unknown, rows, entities)
    return rows


def _pair(left: str, right: str, entities: Entities) -> tuple[int, int] | None:
    """Source and target of two ids in either order; None where they are not one entity of each graph."""
    for source_id, target_id in ((left, right), (right, left)):
        source, target = entities.find(source_id, "source"), entities.find(target_id, "target")
        if source is not None and target is not None:
            return source, target
    return None


def _clustered(table: Table, header: dict[str, str], entities: Entities) -> Rows:
    """Pairs of records of one cluster, one of each graph; a pair's score is the lower of its records'."""
    records, unknown = _records(table, header, entities)
    scored = any(score for members in records.values() for _, _, score in members)
    rows = Rows([], [], [] if scored else None, [] if scored else None)
    n_source = entities.pair.n_source
    for members in records.values():
        sources = [member for member in members if member[0] < n_source]
        targets = [member for member in members if member[0] >= n_source]
        for (source, line, source_score), (target, _, target_score) in product(sources, targets):
            rows.ends.append((source, target))
            rows.lines.append(line)
            for texts in (rows.score, rows.probability):
                if texts is not None:
                    texts.append(min(source_score, target_score, key=_number))
    say_unknown(table.path, unknown, rows, entities)
    return rows


def _records(
    table: Table, header: dict[str, str], entities: Entities
) -> tuple[dict[str, list[tuple[int, int, str]]], list[str]]:
    """Cluster → (entity, line, score) of its records, and the records that are no entities."""
    identity = usual(table.header, ("uniqueid", *(word for word in IDS if word != "key")))
    if identity is None:
        raise DataFormatError(table.path, line=1, expected="a column of ids, such as id", got=", ".join(table.header))
    place, cluster = table.header.index(identity), table.header.index(header[_CLUSTER])
    ranked = next((table.header.index(header[name]) for name in _OF_CLUSTERS if name in header), None)
    origin = next((table.header.index(header[name]) for name in _ORIGINS if name in header), None)
    sides = _sides(table, origin, place, entities)
    records: dict[str, list[tuple[int, int, str]]] = {}
    unknown: list[str] = []
    for line, cells in table.rows:
        try:
            entity = entities.find(cells[place], sides.get(cells[origin], "") if origin is not None else "")
        except ValueError as error:
            expected = "ids that tell entities apart"
            raise DataFormatError(table.path, line=line, expected=expected, got=str(error)) from None
        if entity is None:
            unknown.append(f"line {line:,}: {cells[place]}")
        elif cells[cluster]:
            records.setdefault(cells[cluster], []).append((entity, line, "" if ranked is None else cells[ranked]))
    return records, unknown


def _sides(table: Table, origin: int | None, place: int, entities: Entities) -> dict[str, str]:
    """Which graph each file of origin is: the one that has most of its ids, both files together."""
    if origin is None:
        return {}
    names = list(dict.fromkeys(cells[origin] for _, cells in table.rows))
    hits = {
        name: [sum(cells[place] in ids for _, cells in table.rows if cells[origin] == name) for ids in entities.by_uri]
        for name in names
    }
    if len(names) != 2:
        return {}
    first, second = names
    straight = hits[first][0] + hits[second][1] >= hits[first][1] + hits[second][0]
    return {first: "source", second: "target"} if straight else {first: "target", second: "source"}


def say_unknown(path: Path, unknown: list[str], rows: Rows, entities: Entities) -> None:
    """Count the rows that name no two entities of both graphs, each told as a person finds it.

    Raises:
        DataFormatError: there are no others.
    """
    if unknown and not rows.ends:
        raise DataFormatError(path, expected="ids of the two graphs of the data", got=f"others, such as {unknown[0]}")
    if not rows.ends:
        raise DataFormatError(path, expected="pairs of the two graphs", got="none")
    if unknown:
        say = f"{path.name}: left out {counted(len(unknown), 'row')} that name no two entities of both graphs"
        entities.say(f"{say} ({unknown[0]}).")


def each_once(path: Path, layout: str, rows: Rows, entities: Entities) -> Pairs:
    """The pairs of a table, each with its best score.

    Raises:
        DataFormatError: a score is no finite number.
    """
    ends = np.array(rows.ends, np.int64)
    score = np.ones(len(ends)) if rows.score is None else _numbers(path, rows.score, rows.lines)
    probability = None if rows.probability is None else _numbers(path, rows.probability, rows.lines)
    if probability is not None and ((probability < 0) | (probability > 1)).any():
        probability = None
    if rows.score is None:
        entities.say(f"{path.name} has no scores: its pairs count alike.")
    order = np.lexsort((-score, ends[:, 1], ends[:, 0]))
    ends, score = ends[order], score[order]
    first = np.concatenate([[True], (np.diff(ends, axis=0) != 0).any(axis=1)])
    if repeated := int((~first).sum()):
        entities.say(f"{path.name}: {counted(repeated, 'pair is', 'pairs are')} listed again; the best score counts.")
    return Pairs(
        layout=layout,
        source=ends[first, 0],
        target=ends[first, 1],
        score=score[first],
        probability=None if probability is None else probability[order][first],
    )


def _numbers(path: Path, texts: list[str], lines: list[int]) -> Floats:
    numbers = np.array([_number(text) for text in texts], np.float64)
    if not np.isfinite(numbers).all():
        wrong = int((~np.isfinite(numbers)).argmax())
        raise DataFormatError(path, line=lines[wrong], expected="a finite score", got=repr(texts[wrong]))
    return numbers


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _parquet(path: Path) -> Table:
    """A Parquet table as text, for one way of reading all."""
    frame = read_frame(path)
    texts = frame.astype(object).where(frame.notna(), "").map(str)
    rows = [(number, list(cells)) for number, cells in enumerate(texts.itertuples(index=False), start=1)]
    return Table(path, [str(name) for name in frame], rows)
