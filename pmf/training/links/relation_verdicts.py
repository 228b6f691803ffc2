"""What people said of pairs of relations or attributes: read from a file, as evidence for the rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.data.readers.columns import NO, YES, usual
from pmf.data.readers.csv_tables import read_table
from pmf.data.readers.session import aloud
from pmf.errors import DataFormatError
from pmf.logic.relations import both_ends
from pmf.spreadsheets import restored


def read_relation_verdicts(path: Path, pair: GraphPair) -> Ids:
    """Verdicts from a table with the columns source, target and verdict, and perhaps inverse.

    Source and target are relations, or attributes, as they stand in the data. The verdict is match or not (or 1 and 0,
    yes and no). Inverse says whether the target's relation leads from tail to head; empty is no. Other columns are
    ignored. A name that is both a relation and an attribute in both graphs counts as both.

    Args:
        path: the file.
        pair: the data set that it is about.

    Returns:
        int64 `[k, 3]`: kind of the source (see `Facts`, relations as seen from the head), kind of the target, and
        whether they mean the same, 1 or 0; sorted, each pair once.

    Raises:
        DataFormatError: a column is missing, or a line is malformed, names what the graphs do not have, or contradicts
            a line above it.
    """
    with aloud(path):
        table = read_table(path)
    columns = {name: usual(table.header, [name]) for name in ("source", "target", "verdict", "inverse")}
    if missing := [name for name in ("source", "target", "verdict") if columns[name] is None]:
        raise DataFormatError(path, line=1, expected=f"the column {missing[0]}", got=", ".join(table.header))
    places = {name: table.header.index(column) for name, column in columns.items() if column is not None}
    verdicts: dict[tuple[int, int], bool] = {}
    for line, cells in table.rows:
        row = {name: cells[place] for name, place in places.items()}
        same = _yes_or_no(path, line, row["verdict"], "match or not")
        inverse = bool(row.get("inverse")) and _yes_or_no(path, line, row["inverse"], "yes or no, as inverse")
        names = row["source"], row["target"]
        kinds = _kinds(pair, *names, inverse=inverse) or _kinds(pair, *map(restored, names), inverse=inverse)
        if not kinds:
            what = "two relations" if inverse else "two relations or two attributes"
            got = f"{row['source']} {row['target']}"
            raise DataFormatError(path, line=line, expected=f"{what} of {pair.name}, source and target", got=got)
        for one in kinds:
            if verdicts.setdefault(one, same) != same:
                got = "a pair of which a line above says otherwise"
                raise DataFormatError(path, line=line, expected="no verdict that contradicts another", got=got)
    return np.array([(*kinds, same) for kinds, same in sorted(verdicts.items())], np.int64).reshape(-1, 3)


def kinds_of_edges(judged: Ids, pair: GraphPair) -> Ids:
    """Verdicts on relations by the kinds of `RelationEdges`, from either end; those on attributes are left out.

    Args:
        judged: int64 `[k, 3]`, see `read_relation_verdicts`.
        pair: the data set that they are about.

    Returns:
        int64 `[j, 3]`.
    """
    relations = 2 * len(pair.source.relations)
    edges = both_ends(judged[judged[:, 0] < relations], len(pair.source.relations))
    edges[:, 1] += relations
    return edges


def _yes_or_no(path: Path, line: int, text: str, expected: str) -> bool:
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    raise DataFormatError(path, line=line, expected=expected, got=repr(text))


def _kinds(pair: GraphPair, source: str, target: str, *, inverse: bool) -> list[tuple[int, int]]:
    """What the two names stand for: relations, attributes, both, or neither."""
    one, other = pair.source, pair.target
    kinds = []
    if source in one.relations and target in other.relations:
        kinds.append((2 * one.relations.index(source), 2 * other.relations.index(target) + inverse))
    if source in one.attributes and target in other.attributes and not inverse:
        place = one.attributes.index(source), other.attributes.index(target)
        kinds.append((2 * len(one.relations) + place[0], 2 * len(other.relations) + place[1]))
    return kinds
