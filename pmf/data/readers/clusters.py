"""Links told by clusters: a row a record, with the cluster that it belongs to, as tools of deduplication write them."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

from pmf.data.readers.columns import usual
from pmf.data.readers.csv_tables import Table
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import note

_CLUSTERS = ("cluster", "clusterid", "group", "groupid", "component", "componentid", "goldid", "entity", "entityid")
_MOSTLY = 0.8


def pairs_of_clusters(table: Table, source: NearIds, target: NearIds) -> Table | None:
    """A table of the pairs of source and target records that share a cluster; None where it is no table of clusters.

    Args:
        table: one column holds ids of both graphs, and another one, or the only other one, clusters.
        source: entities of the source graph.
        target: those of the target graph.
    """
    if source.rows.keys() & target.rows.keys():  # then nobody can tell whose record a row is
        return None
    sides = {name: [_side(cell, source, target) for cell in table.column(name)] for name in table.header}
    records = [
        name
        for name, found in sides.items()
        if {"source", "target"} <= {*found} and sum(map(bool, found)) >= _MOSTLY * len(found)
    ]
    others = [name for name in table.header if name not in records]
    cluster = usual(others, _CLUSTERS) or (others[0] if len(others) == 1 else None)
    if len(records) != 1 or cluster is None:
        return None
    members: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    rows = zip(table.rows, table.column(cluster), table.column(records[0]), sides[records[0]], strict=True)
    for (line, _), group, record, side in rows:
        if group and side:
            members[group][side].append((line, record))
        else:
            why = "in no cluster" if side else "an id that neither graph has"
            note("left out", why, path=table.path, example=f"line {line:,}: {record}")
    note("guessed", f"{records[0]} holds ids of both graphs, {cluster} their clusters", path=table.path, count=0)
    for name in others:
        if name != cluster:
            note("left out", "nothing here reads it", path=table.path, unit="column", example=name)
    alone = sum(len(sides) < 2 for sides in members.values())
    if alone:
        note("left out", "it has records of one graph only", path=table.path, unit="cluster", count=alone)
    pairs = [
        (max(one[0], other[0]), [one[1], other[1]])
        for group in members.values()
        for one, other in product(group["source"], group["target"])
    ]
    return Table(table.path, ["source", "target"], pairs)


def _side(cell: str, source: NearIds, target: NearIds) -> str:
    if not cell:
        return ""
    near = {"source": source, "target": target}
    exact = [side for side, ids in near.items() if cell in ids]
    return (exact or [side for side, ids in near.items() if ids.find(cell)[0] is not None] or [""])[0]
