"""Data sets that differ from a given one in a known way: other pictures, or less of the graphs.

Pictures are varied as vectors, so that those of a feature file and those of picture files are treated alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from pmf.arrays import Ids
from pmf.config.features import FeatureOptions
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.planted import IRRELEVANT, KINDS, MISSING, RELEVANT, Kinds, PlantingOptions, helpful, plant, read_truth
from pmf.data.write import Vectors, copy_with_images, write_pair
from pmf.errors import MissingModalityError
from pmf.features.feature_set import build_features

SEED = 0
"""Of every variation: the runs of a study differ in their own seed, not in their data."""


@dataclass
class Original:
    """The data set that is varied.

    Args:
        pair: `n` entities.
        options: how its pictures become vectors.
    """

    pair: GraphPair
    options: FeatureOptions

    @cached_property
    def images(self) -> Vectors:
        """float32 `[n, w]`, zero where there is no picture.

        Raises:
            MissingModalityError: there is none at all.
        """
        return np.asarray(build_features(self.pair, ["image"], self.options)["image"].matrix)

    @cached_property
    def truth(self) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """Pictures, and which of them can help, bool `[n]`: the data's own where it says so, else planted ones."""
        planted = read_truth(self.pair)
        if planted is not None:
            return self.images, planted & self.images.any(axis=1)
        images, kinds = plant(self.pair, PlantingOptions(seed=SEED))
        return images, helpful(self.pair.links, kinds == KINDS.index(RELEVANT))


@dataclass(frozen=True, slots=True)
class Variation:
    """How data differ from the original.

    Args:
        name: for the folder.
        write: writes the varied data set into a new folder.
    """

    name: str
    write: Callable[[Original, Path], None]


def missing(share: float) -> Variation:
    """A share of the pictures taken away; what is away at one share is so at every larger one."""

    def write(original: Original, folder: Path) -> None:
        images = original.images.copy()
        images[_chosen(images, share)] = 0
        copy_with_images(original.pair, folder, images)

    return Variation(f"missing-{share:g}", write)


def corrupted(share: float) -> Variation:
    """A share of each side's pictures handed round among those that had them, with the truth about it."""

    def write(original: Original, folder: Path) -> None:
        images, n_source = original.images.copy(), original.pair.n_source
        chosen = _chosen(images, share)
        for side in (chosen[chosen < n_source], chosen[chosen >= n_source]):
            images[side] = images[np.roll(side, 1)]
        changed = np.zeros(len(images), np.bool_)
        changed[chosen] = True
        copy_with_images(original.pair, folder, images, _kinds(images, ~changed))

    return Variation(f"corrupted-{share:g}", write)


def planted() -> Variation:
    """Pictures of which it is known whether they can help."""

    def write(original: Original, folder: Path) -> None:
        images, helps = original.truth
        copy_with_images(original.pair, folder, images, _kinds(images, helps))

    return Variation("planted", write)


def oracle() -> Variation:
    """The same without those that cannot help: what freezing exactly them would leave."""

    def write(original: Original, folder: Path) -> None:
        images, helps = original.truth
        kept = np.where(helps[:, None], images, np.float32(0))
        copy_with_images(original.pair, folder, kept, _kinds(kept, helps))

    return Variation("oracle", write)


def subgraph(share: float) -> Variation:
    """A share of the entities, grown outward from one of them so that neighbours and counterparts stay together."""

    def write(original: Original, folder: Path) -> None:
        pair = original.pair
        kept = _grown(pair, share)
        try:
            images = original.images
        except MissingModalityError:
            write_pair(induced(pair, kept), folder)
        else:
            write_pair(induced(pair, kept), folder, images[kept])

    return Variation(f"subgraph-{share:g}", write)


def _chosen(images: Vectors, share: float) -> Ids:
    having = np.random.default_rng(SEED).permutation(np.flatnonzero(images.any(axis=1)))
    return having[: round(share * len(having))]


def _kinds(images: Vectors, relevant: npt.NDArray[np.bool_]) -> Kinds:
    kinds = np.where(relevant, KINDS.index(RELEVANT), KINDS.index(IRRELEVANT))
    return np.where(images.any(axis=1), kinds, KINDS.index(MISSING)).astype(np.int8)


def _grown(pair: GraphPair, share: float) -> npt.NDArray[np.bool_]:
    """Bool `[n]`: the nearest `share` of the entities to one of them, counterparts being one node.

    Source: a snowball sample (Goodman, 1961) without a bound on the neighbours named.
    """
    node = np.arange(len(pair))
    node[pair.links[:, 1]] = node[pair.links[:, 0]]
    ends = np.concatenate([graph.relation_triples[:, [0, 2]] + offset for graph, offset in pair.sides()])
    heads, tails = node[ends].T
    shape = (len(pair), len(pair))
    joint = coo_array((np.ones(len(heads), np.int8), (heads, tails)), shape=shape).tocsr()
    rng = np.random.default_rng(SEED)
    start = node[rng.choice(pair.links[:, 0])]
    reached = breadth_first_order(joint, start, directed=False, return_predecessors=False)
    order = np.concatenate([reached, np.setdiff1d(rng.permutation(len(pair)), reached)])
    place = np.empty(len(pair), np.int64)
    place[order] = np.arange(len(pair))
    nearest = np.argsort(place[node], kind="stable")[: max(2, round(share * len(pair)))]
    kept = np.zeros(len(pair), np.bool_)
    kept[nearest] = True
    return kept


def induced(pair: GraphPair, kept: npt.NDArray[np.bool_]) -> GraphPair:
    """The pair with some of its entities only, `kept` bool `[n]`, and what is known among them; no pictures."""
    row = np.where(kept, np.cumsum(kept) - 1, -1)
    links = row[pair.links]
    source, target = (_induced_side(graph, kept[offset : offset + len(graph)]) for graph, offset in pair.sides())
    kept_links = links[links.min(axis=1) >= 0]
    return GraphPair(name=pair.name, path=pair.path, format="part", source=source, target=target, links=kept_links)


def _induced_side(graph: KnowledgeGraph, kept: npt.NDArray[np.bool_]) -> KnowledgeGraph:
    row = np.where(kept, np.cumsum(kept) - 1, -1)
    triples, attributes = graph.relation_triples, graph.attribute_triples
    whole = kept[triples[:, [0, 2]]].all(axis=1)
    owned = kept[attributes[:, 0]]
    return KnowledgeGraph(
        entities=[graph.entities[i] for i in np.flatnonzero(kept)],
        relations=graph.relations,
        attributes=graph.attributes,
        relation_triples=np.column_stack([row[triples[:, 0]], triples[:, 1], row[triples[:, 2]]])[whole],
        attribute_triples=np.column_stack([row[attributes[:, 0]], attributes[:, 1]])[owned],
        attribute_values=[graph.attribute_values[i] for i in np.flatnonzero(owned)],
        names={int(row[i]): name for i, name in graph.names.items() if kept[i]},
        types={int(row[i]): kind for i, kind in graph.types.items() if kept[i]},
    )
