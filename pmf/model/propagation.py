"""What the seed links alone say about every entity: their labels, spread through each modality.

Each seed link gets a random label that both its entities share. A neighbour, a relation or an attribute
collects the labels of the entities it touches, and hands their mean on. Two entities whose labels came
the same ways are alike, whatever words their graphs use. Nothing is learned, so it takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_array
from torch import Tensor

from pmf.config import Config
from pmf.data.graph_pair import Ids
from pmf.features.feature_set import Feature
from pmf.features.rows import unit_rows
from pmf.model.graph import Adjacency

Rows = npt.NDArray[np.float32]

HOPS = 3


class SeedPropagation:
    """Spreads labels of links; make it once, call it whenever the links have changed.

    Args:
        graph: adjacency over both graphs, for "structure".
        features: of the other modalities; only bags (CSR) spread labels, dense vectors have no shared parts.
        modalities: in the config's order.
        width: of a label. Labels are random, so two of them meet by about `1 / sqrt(width)`.
        seed: of the labels.

    Source: label propagation for alignment, LightEA (Mao et al., EMNLP 2022, arXiv 2210.10436). Ours: one
    view a modality, views of several hops added under random signs, and a seed's own label taken out of
    its row, so that seeds look like everybody else.
    """

    def __init__(
        self, graph: Adjacency, features: Mapping[str, Feature], modalities: Sequence[str], *, width: int, seed: int
    ) -> None:
        self.modalities, self.width, self.seed = tuple(modalities), width, seed
        self.n_entities = len(graph)
        self.neighbours = _neighbour_mean(graph)
        self.bags = {m: f.matrix for m, f in features.items() if isinstance(f.matrix, csr_array)}

    @classmethod
    def of(cls, config: Config, graph: Adjacency, features: Mapping[str, Feature]) -> SeedPropagation | None:
        """As the config says; None where it wants no propagation."""
        if not config.model.propagation:
            return None
        return cls(graph, features, config.modalities, width=config.model.label_width, seed=config.seed)

    def __call__(self, links: Ids) -> Tensor:
        """Unit (or zero) rows float32 `[m, n, width]` from links int64 `[l, 2]`."""
        rng = np.random.default_rng(self.seed)
        labels = unit_rows(rng.standard_normal((len(links), self.width), dtype=np.float32))
        start = np.zeros((self.n_entities, self.width), np.float32)
        for side in links.T:
            start[side] = labels
        signs = rng.choice(np.array([-1, 1], np.float32), (HOPS, self.width))
        out = np.zeros((len(self.modalities), self.n_entities, self.width), np.float32)
        for m, modality in enumerate(self.modalities):
            if modality == "structure":
                rows = start
                for sign in signs:
                    rows = unit_rows(_without_own(self.neighbours @ rows, links, labels))
                    out[m] += rows * sign
                unit_rows(out[m])
            elif modality in self.bags:
                out[m] = unit_rows(_without_own(_through_bag(self.bags[modality], start), links, labels))
        return torch.from_numpy(out)


def _neighbour_mean(graph: Adjacency) -> csr_array:
    """Mean over the neighbours, the entity itself not counted, `[n, n]`."""
    n = len(graph)
    row, col = graph.row.cpu().numpy(), graph.col.cpu().numpy()
    other = row != col
    edges = csr_array((np.ones(other.sum(), np.float32), (row[other], col[other])), shape=(n, n))
    edges.data /= np.repeat(counts := np.diff(edges.indptr), counts)
    return edges


def _through_bag(bag: csr_array, start: Rows) -> Rows:
    """Labels from entities to what they share, as a mean direction, and back, the rare ones counting more."""
    shared = csr_array((np.ones(bag.nnz, np.float32), bag.indices, bag.indptr), shape=bag.shape)
    holders = np.bincount(bag.indices, minlength=bag.shape[1])
    rarity = np.log(bag.shape[0] / np.maximum(holders, 1)).astype(np.float32)
    collected = unit_rows(np.ascontiguousarray(shared.T @ start)) * rarity[:, None]
    return np.asarray(shared @ collected)


def _without_own(rows: Rows, links: Ids, labels: Rows) -> Rows:
    """Rows without what came back of an entity's own label, in place."""
    for side in links.T:
        own = np.einsum("ld,ld->l", rows[side], labels)
        rows[side] -= own[:, None] * labels
    return rows
