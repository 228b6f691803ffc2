"""The data folder behind a run: pictures, attributes, neighbours. It may have moved or changed since."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from app.shared.services import data_sets
from app.shared.services.run_view import RunView
from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.data.labels import label_of_property
from pmf.errors import ConfigError
from pmf.runs.graphs import graphs_of

VALUES_SHOWN = 12
_THOUSANDS = re.compile(r"(?<=\d)[ ,'](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One relation triple seen from an entity; `forward` where the entity is its head."""

    relation: str
    forward: bool
    entity: int


class Dataset:
    """What a page shows of an entity beyond its label; blank answers where `problem` is set."""

    def __init__(self, pair: GraphPair | None, problem: str = "") -> None:
        self.pair, self.problem = pair, problem

    @property
    def has_pictures(self) -> bool:
        """Whether any entity has a picture file."""
        return self.pair is not None and any(graph.images for graph, _ in self.pair.sides())

    def picture(self, entity: int) -> Path | None:
        """The picture file of an entity."""
        if self.pair is None:
            return None
        graph, row = self.pair.locate(entity)
        return graph.images.get(row)

    def attributes(self, entity: int) -> dict[str, list[str]]:
        """Attribute label → values, sorted by label; values are "" where the data has only names."""
        if self.pair is None:
            return {}
        graph, row = self.pair.locate(entity)
        values: dict[str, list[str]] = {}
        for i in self._attribute_triples[graph is self.pair.target].of(row):
            key = label_of_property(graph.attributes[graph.attribute_triples[i, 1]])
            values.setdefault(key, []).append(graph.attribute_values[i])
        return dict(sorted(values.items()))

    def neighbours(self, entity: int) -> list[Neighbour]:
        """Every relation triple of an entity, a self-loop once."""
        if self.pair is None:
            return []
        graph, row = self.pair.locate(entity)
        offset = entity - row
        heads, tails = self._relation_triples[graph is self.pair.target]
        own = graph.relation_triples[np.union1d(heads.of(row), tails.of(row))]
        return [
            Neighbour(
                relation=label_of_property(graph.relations[relation]),
                forward=bool(head == row),
                entity=int(tail if head == row else head) + offset,
            )
            for head, relation, tail in own
        ]

    @cached_property
    def _attribute_triples(self) -> list[_Places]:
        """Of either graph, by entity: a card of Review asks for some twenty entities, a scan for each would be slow."""
        assert self.pair is not None
        return [_Places(graph.attribute_triples[:, 0]) for graph, _ in self.pair.sides()]

    @cached_property
    def _relation_triples(self) -> list[tuple[_Places, _Places]]:
        """Of either graph, by head and by tail."""
        assert self.pair is not None
        triples = [graph.relation_triples for graph, _ in self.pair.sides()]
        return [(_Places(one[:, 0]), _Places(one[:, 2])) for one in triples]


class _Places:
    """Where each value of a column stands, in order."""

    def __init__(self, column: Ids) -> None:
        self.places = np.argsort(column, kind="stable")
        self.column = column[self.places]

    def of(self, value: int) -> Ids:
        return self.places[slice(*np.searchsorted(self.column, (value, value + 1)))]


def open_dataset(run: RunView) -> Dataset:
    """The data a run was trained on, or a `Dataset` that says why it is not there."""
    try:
        # an imported run may name any folder
        pair, problem = graphs_of(run.reader, data_sets.locate(run.reader.facts.data_path))
    except ConfigError as error:
        pair, problem = None, str(error)
    return Dataset(pair, f"Pictures, attributes and neighbours are unavailable: {problem}." if problem else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRow:
    """One line of the comparison; `mark` is "equal", "differs", "named" (no values), "source only" or "target only"."""

    mark: str
    source_key: str = ""
    source_value: str = ""
    target_key: str = ""
    target_value: str = ""


def compare_attributes(source: dict[str, list[str]], target: dict[str, list[str]]) -> list[AttributeRow]:
    """Pair attributes of equal label, then those that share a value; what differs first, what is alone last."""
    pairs = [(key, key) for key in source if key in target]
    pairs += _pair_by_value(
        {k: v for k, v in source.items() if k not in target}, {k: v for k, v in target.items() if k not in source}
    )
    rows = [
        AttributeRow(
            mark=_mark(source[a], target[b]),
            source_key=a,
            source_value=_join(source[a]),
            target_key=b,
            target_value=_join(target[b]),
        )
        for a, b in pairs
    ]
    used_source, used_target = {a for a, _ in pairs}, {b for _, b in pairs}
    rows.sort(key=lambda row: ("differs", "equal", "named").index(row.mark))
    rows += [
        AttributeRow(mark="source only", source_key=k, source_value=_join(v))
        for k, v in source.items()
        if k not in used_source
    ]
    rows += [
        AttributeRow(mark="target only", target_key=k, target_value=_join(v))
        for k, v in target.items()
        if k not in used_target
    ]
    return rows


def normal(value: str) -> str:
    """A value as it is compared: compatible forms and cases folded, white space and marks of thousands gone."""
    text = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    return _THOUSANDS.sub("", text)


def _values(values: list[str]) -> set[str]:
    return {text for value in values if (text := normal(value))}


def _mark(source: list[str], target: list[str]) -> str:
    a, b = _values(source), _values(target)
    if not a and not b:
        return "named"
    return "equal" if a & b else "differs"


def _pair_by_value(source: dict[str, list[str]], target: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Each key with the one that shares most values with it, each used once."""
    holders: dict[str, list[str]] = {}
    for key, values in target.items():
        for value in _values(values):
            holders.setdefault(value, []).append(key)
    common = Counter((a, b) for a in source for value in _values(source[a]) for b in holders.get(value, ()))
    pairs: dict[str, str] = {}
    for a, b in sorted(common, key=lambda both: (-common[both], both)):
        if a not in pairs and b not in pairs.values():
            pairs[a] = b
    return list(pairs.items())


def _join(values: list[str]) -> str:
    shown = [value for value in dict.fromkeys(values) if value]
    more = f" … and {len(shown) - VALUES_SHOWN} more" if len(shown) > VALUES_SHOWN else ""
    return " · ".join(shown[:VALUES_SHOWN]) + more
