"""What the seed links alone say about every entity: their labels, spread through each modality.

Each seed link gets a random label that both its entities share. A neighbour, a relation or an attribute
collects the labels of the entities it touches, and hands their mean on. Two entities whose labels came
the same ways are alike, whatever words their graphs use. Nothing is learned, so it takes seconds. Where
features speak for themselves (`pmf.model.direct`), what they say stands in the labels' place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_array
from torch import Tensor

from pmf.arrays import Ids, unit_rows
from pmf.config.config import Config
from pmf.features.feature_set import Feature
from pmf.model.direct import direct_modalities, sketches
from pmf.model.graph import Adjacency

Rows = npt.NDArray[np.float32]
Step = Callable[[Rows], Rows]

HOPS = 3
_COLUMNS = 64
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
    ) -> None:
        self.sketches, self.labelled = sketches or {}, labelled
        self.modalities, self.width, self.seed = tuple(modalities), width, seed
        self.graph = graph
        self.features = features
        self.judged = judged

    @classmethod
    def of(
        cls, config: Config, graph: Adjacency, features: Mapping[str, Feature], judged: Ids | None = None
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
                for step in self._steps(links, rng):
                    out[m] += _walk(step, start, links, labels, rng)
                unit_rows(out[m])
            elif isinstance(bag := self.features[modality].matrix, csr_array):
                out[m] = unit_rows(_without_own(_through_bag(bag, start), links, labels))
        return torch.from_numpy(out)

    def _steps(self, links: Ids, rng: np.random.Generator) -> Iterator[Step]:
        """What an entity collects from its neighbours: along all edges, then along those of aligned relations."""
        relations = self.graph.relations
        if relations is None:
            row, col = self.graph.row.cpu().numpy(), self.graph.col.cpu().numpy()
            other = row != col
            yield _collector(row[other], col[other], _rarity(col[other], len(self.graph)), None)
            return
        rarity = _rarity(relations.col, len(self.graph))
        yield _collector(relations.row, relations.col, rarity, None)
        number = relations.aligned_kinds(links, self.judged)[relations.kind]
        reached = number >= 0
        signs = _signs(rng, int(number.max(initial=0)) + 1, self.width)
        yield _collector(relations.row[reached], relations.col[reached], rarity, (number[reached], signs))


def _rarity(col: Ids, n_entities: int) -> npt.NDArray[np.float32]:
    """How much a label counts that comes from an entity `[n]`: whom many look at says little of each of them."""
    lookers = np.bincount(col, minlength=n_entities)
    rarity: npt.NDArray[np.float32] = np.log1p(n_entities / np.maximum(lookers, 1)).astype(np.float32)
    return rarity


def _collector(row: Ids, col: Ids, rarity: npt.NDArray[np.float32], signs: tuple[Ids, Rows] | None) -> Step:
    """Weighted sums over edges, of what passes them unchanged, or under the signs `[k, width]` of an edge's number."""
    # column k is edge k: its message is made for some of the width at a time, never for all
    edges = csr_array((rarity[col], (row, np.arange(len(row)))), shape=(len(rarity), len(row)))

    def step(rows: Rows) -> Rows:
        out = np.empty_like(rows)
        for begin in range(0, rows.shape[1], _COLUMNS):
            part = slice(begin, begin + _COLUMNS)
            messages = rows[:, part][col]
            if signs is not None:
                messages *= signs[1][:, part][signs[0]]
            out[:, part] = edges @ messages
        return out

    return step


def _walk(step: Step, start: Rows, links: Ids, labels: Rows, rng: np.random.Generator) -> Rows:
    """Unit rows of what comes by within `HOPS` steps, hops told apart by signs."""
    out, rows = np.zeros_like(start), start
    for sign in _signs(rng, HOPS, start.shape[1]):
        rows = unit_rows(_without_own(step(rows), links, labels))
        out += rows * sign
    return unit_rows(out)


def _signs(rng: np.random.Generator, count: int, width: int) -> Rows:
    return rng.choice(np.array([-1, 1], np.float32), (count, width))


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
        rest = rows[side] - own[:, None] * labels
        rest[np.linalg.norm(rest, axis=1) <= _ROUNDED * np.abs(own)] = 0
        rows[side] = rest
    return rows
