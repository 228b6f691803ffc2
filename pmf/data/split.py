"""Which links training may see. Test links leave this file only towards evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pmf.arrays import Ids, no_ids
from pmf.data.graph_pair import GraphPair, PublishedSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSplit:
    """Disjoint parts of the links, each int64 `[·, 2]` of (source, target) entity ids.

    Args:
        seed_links: training links.
        val_links: taken from the seeds to select an epoch; empty when nothing is selected on them.
        test_links: everything else; empty where all links are known, then nothing is measured.
        context: int64 `[c]`, entities that are never aligned, such as blank nodes: they are no candidates.
    """

    seed_links: Ids
    val_links: Ids
    test_links: Ids
    context: Ids = field(default_factory=no_ids)


def touching(links: Ids, entities: Ids) -> npt.NDArray[np.bool_]:
    """Which links `[l, 2]` have one of the entities in them, bool `[l]`."""
    return np.asarray(np.isin(links, entities).any(axis=1))


def among(links: Ids, others: Ids) -> npt.NDArray[np.bool_]:
    """Which links `[l, 2]` are among the others `[o, 2]`, bool `[l]`."""
    if not len(others):
        return np.zeros(len(links), np.bool_)
    pairs = set(map(tuple, others.tolist()))
    is_among: npt.NDArray[np.bool_] = np.fromiter(
        (tuple(link) in pairs for link in links.tolist()), np.bool_, len(links)
    )
    return is_among


def usable_negatives(negatives: Ids, split: LinkSplit) -> Ids:
    """Of pairs `[r, 2]` that are not the same those that training may know: of no test link's entity, and no link."""
    links = np.concatenate([split.seed_links, split.val_links])
    return negatives[~touching(negatives, split.test_links) & ~among(negatives, links)]


def candidate_ids(split: LinkSplit, scope: str, n_source: int, n_entities: int) -> tuple[Ids, Ids]:
    """Who is ranked for test links, source and target entities, each sorted.

    "closed" is what is linked and no seed, "open" every entity that may be aligned. Without test links the candidates
    are all that is to be aligned: every such entity but the seeds.
    """
    if scope == "closed" and len(split.test_links):
        return linked_ids(split)
    every = all_but(split.context, n_source, n_entities)
    if len(split.test_links):
        return every
    source, target = free_ids(split, n_source, n_entities)
    # both sides keep somebody, even where all of one side is known
    return source if len(source) else every[0], target if len(target) else every[1]


def linked_ids(split: LinkSplit) -> tuple[Ids, Ids]:
    """The closed candidates: source and target entities of links that are no seeds, each sorted."""
    others = np.concatenate([split.val_links, split.test_links])
    return np.unique(others[:, 0]), np.unique(others[:, 1])


def free_ids(split: LinkSplit, n_source: int, n_entities: int) -> tuple[Ids, Ids]:
    """Source and target entities that may be aligned and are no seeds, each sorted."""
    return all_but(np.concatenate([split.seed_links.ravel(), split.context]), n_source, n_entities)


def all_but(taken: Ids, n_source: int, n_entities: int) -> tuple[Ids, Ids]:
    """Source and target entities without those taken, each sorted."""
    free = np.setdiff1d(np.arange(n_entities), taken)
    return free[free < n_source], free[free >= n_source]


def split_links(links: Ids, *, seed_ratio: float, validation_share: float, seed: int) -> LinkSplit:
    """Shuffle the links by `seed` and cut them.

    Args:
        links: int64 `[l, 2]`.
        seed_ratio: share of all links that are seeds, validation links among them.
        validation_share: share of the seeds set aside for validation, 0 for none.
        seed: of the shuffle; the test links depend on it and on `seed_ratio` alone.

    Any number of links will do: at least one is a seed where there is one, and parts that would be less than one link
    are empty. Without validation links nothing is chosen on them, without test links nothing is measured.
    """
    order = np.random.default_rng(seed).permutation(len(links))
    n_seed = max(round(seed_ratio * len(links)), min(1, len(links)))
    n_val = min(round(validation_share * n_seed), max(n_seed - 1, 0))
    shuffled = links[order]
    return LinkSplit(seed_links=shuffled[n_val:n_seed], val_links=shuffled[:n_val], test_links=shuffled[n_seed:])


def published_links(split: PublishedSplit, *, validation_share: float, seed: int) -> LinkSplit:
    """The parts of a split that comes with the data, its test links left as they are.

    Args:
        split: the published division.
        validation_share: share of the training links set aside for validation where the split has no part for it.
        seed: of the shuffle that sets them aside.
    """
    train, valid = split.train, split.valid
    if not len(valid) and validation_share > 0:
        order = np.random.default_rng(seed).permutation(len(train))
        n_val = min(round(validation_share * len(train)), max(len(train) - 1, 0))
        train, valid = split.train[order[n_val:]], split.train[order[:n_val]]
    return LinkSplit(seed_links=train, val_links=valid, test_links=split.test)


def with_wrong_seeds(split: LinkSplit, share: float, seed: int) -> LinkSplit:
    """A split in which some seed and validation links are wrong: their target entities have changed places.

    Args:
        split: the right links; test links stay.
        share: of the seed links, and of the validation links.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)

    def wrong(links: Ids) -> Ids:
        chosen = rng.permutation(len(links))[: round(share * len(links))]
        changed = links.copy()
        changed[chosen, 1] = np.roll(links[chosen, 1], 1)
        return changed

    return replace(split, seed_links=wrong(split.seed_links), val_links=wrong(split.val_links))


def usual_seeds(pair: GraphPair) -> str:
    """What training starts from where nobody has said: links, or without any what is alike in both graphs."""
    if len(pair.links):
        return "links"
    sides = [graph for graph, _ in pair.sides()]
    pictures = all(graph.images or graph.image_features for graph in sides)
    return "image" if pictures and not all(graph.names for graph in sides) else "char"
