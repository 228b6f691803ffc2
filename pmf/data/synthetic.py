"""A graph pair drawn at random: two partial views of one world, as skewed as real graphs are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids
from pmf.config.build import require
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, degrees

KEPT = 0.8
"""Chance that a side knows a fact of the world about entities that it has."""

DIFFERS = 0.1
"""Chance that the target gives an attribute another value than the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticOptions:
    """Sizes of a drawn pair.

    Args:
        entities: of each side.
        linked: share of them that has a counterpart.
        relations: relation names, the same on both sides, a few of them much commoner than the rest.
        attributes: attribute names, likewise.
        types: entity types, likewise; each prefers relations and attributes of its own.
        mean_degree: relation triples at an entity.
        mean_attributes: attribute triples of an entity.
        seed: of every draw.
    """

    entities: int = 1000
    linked: float = 0.75
    relations: int = 100
    attributes: int = 200
    types: int = 20
    mean_degree: float = 7.0
    mean_attributes: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.entities >= 2, f"entities must be at least 2, got {self.entities}")
        require(0 < self.linked <= 1, f"linked must lie in (0, 1], got {self.linked}")
        for name in ("relations", "attributes", "types"):
            require(getattr(self, name) > 0, f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("mean_degree", "mean_attributes"):
            require(getattr(self, name) >= 0, f"{name} must not be negative, got {getattr(self, name)}")
        require(self.seed >= 0, f"seed must not be negative, got {self.seed}")


def options_like(pair: GraphPair) -> SyntheticOptions:
    """Sizes of a data set, means over its two sides."""
    n = len(pair) / 2
    graphs = [graph for graph, _ in pair.sides()]
    return SyntheticOptions(
        entities=round(n),
        linked=min(1.0, len(pair.links) / n),
        relations=max(1, round(np.mean([len(graph.relations) for graph in graphs]))),
        attributes=max(1, round(np.mean([len(graph.attributes) for graph in graphs]))),
        types=len({t for graph in graphs for t in graph.types.values()}) or 20,
        mean_degree=float(np.concatenate([degrees(graph) for graph in graphs]).mean()),
        mean_attributes=sum(len(graph.attribute_triples) for graph in graphs) / len(pair),
    )


@dataclass(frozen=True, slots=True)
class _World:
    """All there is to know: `triples` [t, 3], `attributes` [a, 3] (thing, attribute, value), `types` [things]."""

    triples: Ids
    attributes: Ids
    types: Ids


def synthetic_pair(options: SyntheticOptions) -> GraphPair:
    """Draws a pair; equal options give equal pairs.

    Each side sees its own part of one world of facts. Every entity has a relation triple. Rows and
    URIs are numbered at random, on each side anew.

    Args:
        options: sizes and seed.

    Returns:
        A pair in memory, without names and pictures; `pmf.data.write` puts it on disk.
    """
    rng = np.random.default_rng(options.seed)
    shared = max(1, round(options.linked * options.entities))
    alone = options.entities - shared
    world = _world(options, shared + 2 * alone, rng)
    own = np.arange(options.entities), np.r_[:shared, options.entities : options.entities + alone]
    rows = [rng.permutation(options.entities) for _ in own]  # of each side's things, in their order
    source, target = (
        _side(world, things, row, side, options, rng)
        for side, (things, row) in enumerate(zip(own, rows, strict=True), start=1)
    )
    order = rng.permutation(shared)
    links = np.column_stack([rows[0][order], options.entities + rows[1][order]])
    return GraphPair(name="synthetic", path=Path(), format="synthetic", source=source, target=target, links=links)


def _skewed(size: int, count: int, exponent: float, rng: np.random.Generator) -> Ids:
    """`count` draws from 0 … size - 1, number r as likely as (r + 1)^-exponent."""
    cumulative = np.cumsum(np.arange(1, size + 1, dtype=np.float64) ** -exponent)
    drawn: Ids = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right").clip(max=size - 1)
    return drawn


def _world(options: SyntheticOptions, n: int, rng: np.random.Generator) -> _World:
    types = _skewed(options.types, n, 1.0, rng)
    seen = (options.entities / n) ** 2 * KEPT  # share of the triples that one side gets to see
    count = round(options.mean_degree / 2 * options.entities / seen)
    popularity = rng.permutation(n)
    heads, tails = popularity[_skewed(n, count, 0.3, rng)], popularity[_skewed(n, count, 0.8, rng)]
    relations = _liked(options.relations, types[heads], rng)
    code = np.unique((heads * options.relations + relations) * n + tails)
    heads, relations, tails = code // n // options.relations, code // n % options.relations, code % n
    triples = np.column_stack([heads, relations, tails])[heads != tails]

    owners = rng.integers(n, size=round(options.mean_attributes * n / KEPT))
    code = np.unique(owners * options.attributes + _liked(options.attributes, types[owners], rng))
    values = rng.integers(10**6, size=len(code))
    return _World(triples, np.column_stack([code // options.attributes, code % options.attributes, values]), types)


def _liked(size: int, types: Ids, rng: np.random.Generator) -> Ids:
    """One of `size` names for each type: a few are common everywhere, most depend on the type."""
    own = rng.random(len(types)) < 0.7
    return (_skewed(size, len(types), 1.0, rng) + own * types * 7) % size


def _side(
    world: _World, things: Ids, rows: Ids, side: int, options: SyntheticOptions, rng: np.random.Generator
) -> KnowledgeGraph:
    row = np.full(len(world.types), -1)
    row[things] = rows
    heads, relations, tails = _kept(world.triples, row[world.triples[:, [0, 2]]].min(1) >= 0, rng).T
    triples = np.column_stack([row[heads], relations, row[tails]])
    lonely = np.setdiff1d(np.arange(len(things)), triples[:, [0, 2]])
    others = (lonely + rng.integers(1, len(things), size=len(lonely))) % len(things)
    relations = rng.integers(options.relations, size=len(lonely))
    triples = np.concatenate([triples, np.column_stack([lonely, relations, others])])
    triples = triples[rng.permutation(len(triples))]
    owners, attributes, values = _kept(world.attributes, row[world.attributes[:, 0]] >= 0, rng).T
    if side == 2:
        values = np.where(rng.random(len(values)) < DIFFERS, rng.integers(10**6, size=len(values)), values)
    kinds = np.empty(len(things), np.int64)
    kinds[rows] = world.types[things]
    base = f"http://synthetic.example/{side}/"
    return KnowledgeGraph(
        entities=[f"{base}e{i}" for i in range(len(things))],
        relations=[f"http://synthetic.example/relation/{i}" for i in range(options.relations)],
        attributes=[f"http://synthetic.example/attribute/{i}" for i in range(options.attributes)],
        relation_triples=triples,
        attribute_triples=np.column_stack([row[owners], attributes]),
        attribute_values=[str(value) for value in values.tolist()],
        types={i: f"type {kind}" for i, kind in enumerate(kinds.tolist())},
    )


def _kept(facts: Ids, possible: npt.NDArray[np.bool_], rng: np.random.Generator) -> Ids:
    """The facts that a side knows of those it could know, in an order of its own."""
    kept = np.flatnonzero(possible & (rng.random(len(facts)) < KEPT))
    kept_facts: Ids = facts[rng.permutation(kept)]
    return kept_facts
