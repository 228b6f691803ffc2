"""What the seed links alone say about every entity: their labels, spread through each modality.

Each seed link gets a random label that both its entities share. A neighbour, a relation or an attribute
collects the labels of the entities it touches, and hands their mean on. Two entities whose labels came
the same ways are alike, whatever words their graphs use. Nothing is learned, so it takes seconds. Where
features speak for themselves (`pmf.model.direct`), what they say stands in the labels' place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_array
from torch import Tensor

from pmf.arrays import Ids, unit_rows
from pmf.config.config import Config
from pmf.distributed import ALONE, Processes
from pmf.features.feature_set import Feature
from pmf.model.direct import direct_modalities, sketches
from pmf.model.graph import Adjacency

Rows = npt.NDArray[np.float32]
Step = Callable[[Rows], Rows]

HOPS = 3
_TILE = 128
"""Rows and columns that signed messages are summed up for at a time: these then stay in a core's cache."""
_ROUNDED = 1e-5
"""Of an entity's own label, what rounding leaves of a row that held nothing else."""


class SeedPropagation:
    """Spreads labels of links; make it once, call it whenever the links have changed.

    Structure spreads them twice: from neighbour to neighbour, whatever joins them; and along relations that the
    two graphs share as far as the links say (`RelationEdges.aligned_kinds`), each of which changes the signs of what
    passes it, so that who is reached by other relations is somebody else.

    Args:
        graph: adjacency over both graphs, for the modality that has no features, structure.
        features: of the other modalities; only bags (CSR) spread labels, dense vectors have no shared parts.
        modalities: in the config's order.
        width: of a label. Labels are random, so two of them meet by about `1 / sqrt(width)`.
        seed: of the labels.
        sketches: rows `[n, w]`, w ≤ width, of modalities that need no labels; see `pmf.model.direct`.
        labelled: whether labels are spread at all.
        judged: int64 `[j, 3]`, kinds of the graph's edges that a person has judged, see `aligned_kinds`.
        processes: among which the rows of structure are dealt out; all of them spread the same links.

    Source: label propagation for alignment, LightEA (Mao et al., EMNLP 2022, arXiv 2210.10436). Ours: one
    view a modality, views of several hops and of both ways of structure added under random signs, relations
    told apart by signs, rare neighbours counting more, and a seed's own label taken out of its row, so that seeds look
    like everybody else.
    """

    def __init__(
        self,
        graph: Adjacency,
        features: Mapping[str, Feature],
        modalities: Sequence[str],
        *,
        width: int,
        seed: int,
        sketches: Mapping[str, Rows] | None = None,
        labelled: bool = True,
        judged: Ids | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.sketches, self.labelled = sketches or {}, labelled
        self.modalities, self.width, self.seed = tuple(modalities), width, seed
        self.graph = graph
        self.features = features
        self.judged, self.processes = judged, processes

    @classmethod
    def of(
        cls,
        config: Config,
        graph: Adjacency,
        features: Mapping[str, Feature],
        judged: Ids | None = None,
        processes: Processes = ALONE,
    ) -> SeedPropagation:
        """As the config says."""
        setting = config.model
        direct = direct_modalities(config.modalities, setting)
        return cls(
            graph,
            features,
            config.modalities,
            width=max(setting.label_width, setting.direct_width) if direct else setting.label_width,
            seed=config.seed,
            sketches=sketches(features, direct, setting.direct_width, config.seed),
            labelled=setting.propagation > 0,
            judged=judged,
            processes=processes,
        )

    def __call__(self, links: Ids) -> Tensor:
        """Unit (or zero) rows float32 `[m, n, width]` from links int64 `[l, 2]`."""
        rng = np.random.default_rng(self.seed)
        labels = unit_rows(rng.standard_normal((len(links), self.width), dtype=np.float32))
        start = np.zeros((len(self.graph), self.width), np.float32)
        for side in links.T:
            start[side] = labels
        out = np.zeros((len(self.modalities), len(self.graph), self.width), np.float32)
        for m, modality in enumerate(self.modalities):
            if modality in self.sketches:
                made = self.sketches[modality]
                out[m, :, : made.shape[1]] = made
            elif not self.labelled:
                continue
            elif modality not in self.features:
                out[m] = self._through_edges(start, links, labels, rng)
            elif isinstance(bag := self.features[modality].matrix, csr_array):
                whole = slice(0, len(start))  # to share this out would take as long as it does
                out[m] = unit_rows(_without_own(_through_bag(bag, start), links, labels, whole))
        return torch.from_numpy(out)

    def _through_edges(self, start: Rows, links: Ids, labels: Rows, rng: np.random.Generator) -> Rows:
        """Unit rows of what comes to each entity along edges; each process walks to its share of the entities."""
        mine = self.processes.share(len(start))
        own = np.zeros_like(start[mine])
        for step in self._steps(links, rng, mine):
            walked, rows = np.zeros_like(own), start
            for hop, sign in enumerate(_signs(rng, HOPS, self.width)):  # which tell hops apart
                rows = step(self._of_all(rows) if hop else rows)
                unit_rows(_without_own(rows, links, labels, mine))
                walked += rows * sign
            own += unit_rows(walked)
        return self._of_all(unit_rows(own))

    def _of_all(self, own: Rows) -> Rows:
        """The rows of every process."""
        rows: Rows = self.processes.gather(torch.from_numpy(own)[None], len(self.graph))[0].numpy()
        return rows

    def _steps(self, links: Ids, rng: np.random.Generator, mine: slice) -> Iterator[Step]:
        """What some entities collect from their neighbours: along all edges, then along those of aligned relations."""
        relations = self.graph.relations
        if relations is None:
            row, col = self.graph.row.cpu().numpy(), self.graph.col.cpu().numpy()
            row, col = row[row != col], col[row != col]
        else:
            row, col = relations.row, relations.col
        rarity = _rarity(col, len(self.graph))
        own = np.flatnonzero((row >= mine.start) & (row < mine.stop))
        own = own[row[own].argsort(kind="stable")]
        yield _edges(row[own], col[own], rarity, mine).__matmul__
        if relations is not None:
            number = relations.aligned_kinds(links, self.judged)[relations.kind]
            signs = _signs(rng, int(number.max(initial=0)) + 1, self.width)
            own = own[number[own] >= 0]
            yield partial(_signed_sums, _edges(row[own], col[own], rarity, mine), number[own], signs)


def _rarity(col: Ids, n_entities: int) -> npt.NDArray[np.float32]:
    """How much a label counts that comes from an entity `[n]`: whom many look at says little of each of them."""
    lookers = np.bincount(col, minlength=n_entities)
    rarity: npt.NDArray[np.float32] = np.log1p(n_entities / np.maximum(lookers, 1)).astype(np.float32)
    return rarity


def _edges(row: Ids, col: Ids, rarity: npt.NDArray[np.float32], mine: slice) -> csr_array:
    """Weights `[r, n]`, an entry for each edge even if several join the same two entities; `row` is sorted."""
    starts = np.searchsorted(row, np.arange(mine.start, mine.stop + 1))
    return csr_array((rarity[col], col, starts), shape=(mine.stop - mine.start, len(rarity)))


def _signed_sums(edges: csr_array, number: Ids, signs: Rows, rows: Rows) -> Rows:
    """`edges @ rows`, but for the signs of what passes an edge, which those of the edge's number change."""
    out = np.empty((edges.shape[0], rows.shape[1]), np.float32)
    for top in range(0, len(out), _TILE):
        some = edges[top : top + _TILE]
        numbers = number[edges.indptr[top] :][: some.nnz]
        messages_of = csr_array((some.data, np.arange(some.nnz), some.indptr), shape=(some.shape[0], some.nnz))
        for left in range(0, rows.shape[1], _TILE):
            part = slice(left, left + _TILE)
            messages = rows[:, part][some.indices]
            messages *= signs[:, part][numbers]
            out[top : top + _TILE, part] = messages_of @ messages
    return out


def _signs(rng: np.random.Generator, count: int, width: int) -> Rows:
    return rng.choice(np.array([-1, 1], np.float32), (count, width))


def _through_bag(bag: csr_array, start: Rows) -> Rows:
    """Labels from entities to what they share, as a mean direction, and back, the rare ones counting more."""
    shared = csr_array((np.ones(bag.nnz, np.float32), bag.indices, bag.indptr), shape=bag.shape)
    holders = np.bincount(bag.indices, minlength=bag.shape[1])
    rarity = np.log(bag.shape[0] / np.maximum(holders, 1)).astype(np.float32)
    collected = unit_rows(np.ascontiguousarray(shared.T @ start)) * rarity[:, None]
    return np.asarray(shared @ collected)


def _without_own(rows: Rows, links: Ids, labels: Rows, mine: slice) -> Rows:
    """Rows of the entities `mine`, without what came back of an entity's own label, in place."""
    for side in links.T:
        here = (side >= mine.start) & (side < mine.stop)
        place, label = side[here] - mine.start, labels[here]
        own = np.einsum("ld,ld->l", rows[place], label)
        rest = rows[place] - own[:, None] * label
        rest[np.linalg.norm(rest, axis=1) <= _ROUNDED * np.abs(own)] = 0
        rows[place] = rest
    return rows
