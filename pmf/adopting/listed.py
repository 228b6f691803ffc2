"""Lists of pairs that two families of code write: by the numbers of their entities, or with three candidates a line.

| file | a line |
|---|---|
| OpenEA's `alignment_results_12` | source and target that its decoding has aligned, by number or URI; no header |
| `…_pred.txt` of MEAformer and code that grew from it | a test link with its three best targets and their distances |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pmf.adopting.rows import Entities
from pmf.adopting.tables import Pairs, Rows, each_once, say_unknown
from pmf.data.readers.csv_tables import read_table
from pmf.data.readers.tables import read_lines
from pmf.errors import DataFormatError

_RESULTS = re.compile(r"alignment_results_12(?:\.(?:txt|tsv|csv))?")
_HEADER = ("idx", "rank", "query_id", "gt_id", "ret1")
_FIRST = 200  # bytes that hold the header


def is_results(name: str) -> bool:
    """Whether OpenEA calls its pairs so."""
    return _RESULTS.fullmatch(name) is not None


def is_ranked(path: Path) -> bool:
    """Whether a text begins as the candidates of MEAformer do."""
    with path.open("rb") as file:
        return file.read(_FIRST).decode("utf-8", "replace").startswith(",".join(_HEADER))


def read_results(path: Path, rows: Mapping[int, int] | None, entities: Entities) -> Pairs:
    """The pairs of OpenEA.

    Args:
        path: the file.
        rows: entity → its number there, None where no file of ids came: then as in the data's own.
        entities: of the data.

    Raises:
        DataFormatError: a line is no pair, or none is one of the data.
    """
    n_source = entities.pair.n_source
    numbered: tuple[dict[str, int], dict[str, int]] = {}, {}
    for entity, row in (rows or {}).items():
        numbered[entity >= n_source][str(row)] = entity
    pairs, unknown = Rows([], [], None, None), []
    for line, text in enumerate(read_lines(path), start=1):
        cells = [cell.strip() for cell in re.split("[\t,]", text)]
        if len(cells) != 2:
            raise DataFormatError(path, line=line, expected="a source and a target", got=repr(text))
        source, target = (
            own.get(cell, entities.find(cell, side))
            for own, cell, side in zip(numbered, cells, ("source", "target"), strict=True)
        )
        if source is None or target is None:
            unknown.append(f"line {line:,}: {', '.join(cells)}")
            continue
        pairs.ends.append((source, target))
        pairs.lines.append(line)
    say_unknown(path, unknown, pairs, entities)
    return each_once(path, "OpenEA's aligned pairs", pairs, entities)


def read_ranked(path: Path, entities: Entities) -> Pairs:
    """The candidates of MEAformer: scores are 1 - distance, which is the cosine, or CSLS of it.

    Raises:
        DataFormatError: a column is missing, or no line is about entities of the data.
    """
    table = read_table(path)
    places = {name: place for place, name in enumerate(table.header)}
    kept = [name for name in places if re.fullmatch(r"ret\d+", name) and name.replace("ret", "v") in places]
    if "query_id" not in places or not kept:
        raise DataFormatError(path, line=1, expected="query_id, ret1, v1", got=", ".join(table.header))
    pairs, unknown = Rows([], [], [], None), []
    assert pairs.score is not None
    for line, cells in table.rows:
        source = entities.find(cells[places["query_id"]], "source")
        for name in kept:
            target = entities.find(cells[places[name]], "target")
            if source is None or target is None:
                unknown.append(f"line {line:,}: {cells[places['query_id']]}, {cells[places[name]]}")
                continue
            pairs.ends.append((source, target))
            pairs.lines.append(line)
            pairs.score.append(_nearness(path, line, cells[places[name.replace("ret", "v")]]))
    say_unknown(path, unknown, pairs, entities)
    entities.say(f"{path.name} lists {len(kept)} candidates of each query, from source to target alone.")
    return each_once(path, "MEAformer's candidates", pairs, entities)


def _nearness(path: Path, line: int, distance: str) -> str:
    try:
        return repr(1 - float(distance))
    except ValueError:
        raise DataFormatError(path, line=line, expected="a distance", got=repr(distance)) from None
