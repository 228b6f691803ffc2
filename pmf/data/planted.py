"""Picture features of which it is known whether they can help: planted on a data set, with the truth beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids, unit_rows
from pmf.config.build import require
from pmf.data.graph_pair import GraphPair
from pmf.data.pictures import TRUTH_FILE
from pmf.data.readers.tables import read_rows
from pmf.errors import DataFormatError

RELEVANT, IRRELEVANT, MISSING = KINDS = ("relevant", "irrelevant", "missing")

Kinds = npt.NDArray[np.int8]
"""`[n]`, places in `KINDS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantingOptions:
    """What is planted.

    Args:
        relevant: share of the linked entities whose feature tells who they are.
        irrelevant: share of them whose feature tells no more than their type; the rest has none.
        noise: share of a relevant feature's own part that differs between the counterparts.
        width: of the features.
        types: how many types there are where the data says nothing of types.
        seed: of every draw.
    """

    relevant: float = 0.5
    irrelevant: float = 0.3
    noise: float = 0.2
    width: int = 64
    types: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        require(
            min(self.relevant, self.irrelevant) >= 0 and 0 < self.relevant + self.irrelevant <= 1,
            f"relevant ({self.relevant}) and irrelevant ({self.irrelevant}) must be shares that add up to at most 1",
        )
        require(0 <= self.noise <= 1, f"noise must lie in [0, 1], got {self.noise}")
        require(min(self.width, self.types) > 0, f"width ({self.width}) and types ({self.types}) must be above 0")
        require(self.seed >= 0, f"seed must not be negative, got {self.seed}")


def plant(pair: GraphPair, options: PlantingOptions) -> tuple[npt.NDArray[np.float32], Kinds]:
    """Picture features for every entity of a pair, and what each is worth.

    A feature is its type's prototype plus an own part, both from N(0, 1) in every dimension. Counterparts whose
    features are relevant have nearly the same own part. An irrelevant feature's own part is that of nobody else, so
    that the nearest feature of the other graph is a wrong but plausible one, of the same type. What has no
    counterpart, or one without a feature, cannot be relevant. Without the other graph, relevant and irrelevant
    features cannot be told apart: they have the same distribution.

    Args:
        pair: `n` entities; of links that share an entity the first counts.
        options: shares and seed.

    Returns:
        float32 `[n, width]` of unit rows, zero where missing, and kinds int8 `[n]`.
    """
    rng = np.random.default_rng(options.seed)
    source, target = _one_to_one(pair.links).T
    kinds = _draw_kinds(len(pair), source, target, options, rng)
    types = _types(pair, source, target, options, rng)
    vectors = rng.standard_normal((int(types.max()) + 1, options.width), np.float32)[types]
    own = rng.standard_normal((len(pair), options.width), np.float32)
    told = kinds[source] == KINDS.index(RELEVANT)
    common = rng.standard_normal((int(told.sum()), options.width), np.float32)
    for side in (source[told], target[told]):
        own[side] = np.sqrt(1 - options.noise) * common + np.sqrt(options.noise) * own[side]
    vectors += own
    vectors[kinds == KINDS.index(MISSING)] = 0
    return unit_rows(vectors), kinds


def _one_to_one(links: Ids) -> Ids:
    first = np.zeros(len(links), np.bool_)
    first[np.unique(links[:, 0], return_index=True)[1]] = True
    links = links[first]
    return links[np.sort(np.unique(links[:, 1], return_index=True)[1])]


def _draw_kinds(n: int, source: Ids, target: Ids, options: PlantingOptions, rng: np.random.Generator) -> Kinds:
    """Relevance is drawn for a link, missing for each side alone, at the same rate with a counterpart and without."""
    missing = 1 - options.relevant - options.irrelevant
    linked = np.zeros(n, np.bool_)
    linked[source] = linked[target] = True
    told = np.zeros(n, np.bool_)
    told[source] = told[target] = rng.random(len(source)) < options.relevant
    rate = np.where(linked, missing / max(1 - options.relevant, 1e-9), missing)
    kinds = np.where(rng.random(n) < rate, KINDS.index(MISSING), KINDS.index(IRRELEVANT))
    return np.where(told, KINDS.index(RELEVANT), kinds).astype(np.int8)


def _types(pair: GraphPair, source: Ids, target: Ids, options: PlantingOptions, rng: np.random.Generator) -> Ids:
    """The data's own types `[n]` where it has any, else drawn ones; counterparts share the source's."""
    given = [graph.types.get(i, "") for graph, _ in pair.sides() for i in range(len(graph))]
    types = np.unique(given, return_inverse=True)[1]
    if not any(given):
        types = rng.integers(options.types, size=len(pair))
    types[target] = types[source]
    return types


def write_truth(path: Path, pair: GraphPair, kinds: Kinds) -> None:
    """Writes the kinds in the form the bundled data has them: entity, kind, what the picture shows."""
    shows = ("itself", "another of its type", "nothing")
    lines = [
        f"{uri}\t{KINDS[kind]}\t{shows[kind]}\n"
        for uri, kind in zip((u for graph, _ in pair.sides() for u in graph.entities), kinds.tolist(), strict=True)
    ]
    path.write_text("entity\tkind\tshows\n" + "".join(lines), encoding="utf-8")


def read_truth(pair: GraphPair) -> npt.NDArray[np.bool_] | None:
    """Which pictures can help, where the data says so.

    Args:
        pair: the data set, `n` entities.

    Returns:
        Bool `[n]`: the picture is relevant, and so is that of a counterpart. None without a file of truth.

    Raises:
        DataFormatError: the file is malformed.
    """
    path = pair.path / TRUTH_FILE
    if not path.is_file():
        return None
    rows = {uri: i for i, uri in enumerate(u for graph, _ in pair.sides() for u in graph.entities)}
    relevant = np.zeros(len(pair), np.bool_)
    for line, (entity, kind, _) in read_rows(path, "entity", "kind", "what it shows"):
        if kind not in KINDS and line > 1:
            raise DataFormatError(path, line=line, expected=" or ".join(KINDS), got=kind)
        if entity in rows:
            relevant[rows[entity]] = kind == RELEVANT
    return helpful(pair.links, relevant)


def helpful(links: Ids, relevant: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bool `[n]`: relevant itself, and so is a counterpart."""
    both = links[relevant[links].all(axis=1)]
    mask = np.zeros(len(relevant), np.bool_)
    mask[both.ravel()] = True
    return mask
