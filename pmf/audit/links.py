"""How the links of a data set are cut for a training, in numbers and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmf.arrays import Ids, no_ids
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted
from pmf.data.split import LinkSplit, published_links, split_links


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUse:
    """What becomes of the links.

    Args:
        known: links that the data has.
        train: that training sees.
        valid: that thresholds and weights are chosen by.
        test: that the figures are of, which nothing is chosen by.
        rule: how they are cut, in words; or why they cannot be.
        found: pairs that training starts from where no known link trains; those of them held back to validate are in
            neither `train` nor `valid`, which count known links.
        shared: entities that have both a link that trains and one that tests.
    """

    known: int
    train: int
    valid: int
    test: int
    rule: str
    found: int = 0
    shared: int = 0

    @property
    def sentence(self) -> str:
        """For people: "links: 1,097 known; 296 train, 33 validate, 768 test: …"."""
        both = (
            f" {counted(self.shared, 'entity has', 'entities have')} links of both kinds: only test links ask for them."
            if self.shared
            else ""
        )
        found = f" It found {self.found:,} of them." if self.found else ""
        parts = f"{self.train:,} train, {self.valid:,} validate, {self.test:,} test"
        if rest := self.known - self.train - self.valid - self.test:
            parts += f", {rest:,} do neither, so that figures compare with those of a training on links"
        unmeasured = "" if self.test else " Without links to test by, nothing is measured."
        return f"links: {self.known:,} known; {parts}: {self.rule}.{found}{both}{unmeasured}"


def link_use(pair: GraphPair, config: Config, split: LinkSplit | None = None) -> LinkUse:
    """How the links of a data set are cut.

    Args:
        pair: the data set.
        config: by which rule.
        split: the parts, where they are cut already; pairs to start from without links are found in training alone.
    """
    rule, found = _rule(pair, config), 0 if split is None else len(split.seed_links) + len(split.val_links)
    split = split or cut(pair, config)
    if config.seeds != "links":
        return LinkUse(known=len(pair.links), train=0, valid=0, test=len(split.test_links), rule=rule, found=found)
    seeds, test = np.unique(split.seed_links), np.unique(split.test_links)
    return LinkUse(
        known=len(pair.links),
        train=len(split.seed_links),
        valid=len(split.val_links),
        test=len(split.test_links),
        rule=rule,
        shared=len(np.intersect1d(seeds, test)),
    )


def cut(pair: GraphPair, config: Config) -> LinkSplit:
    """The parts of the links; where training starts from other pairs, those of the test links alone."""
    share = config.validation_share
    if config.split in pair.splits:
        split = published_links(pair.splits[config.split], validation_share=share, seed=config.seed)
    else:
        split = split_links(pair.links, seed_ratio=config.seed_ratio, validation_share=share, seed=config.seed)
    if config.seeds == "links":
        return split
    test = split.test_links if len(split.test_links) else pair.links
    return LinkSplit(seed_links=no_ids(0, 2), val_links=no_ids(0, 2), test_links=test)


def _rule(pair: GraphPair, config: Config) -> str:
    if config.seeds != "links":
        pairs = f"pairs whose {config.seeds} features are each other's nearest, {config.pivots:,} at most"
        return f"training starts from {pairs}; no known link trains"
    if config.verdicts.base is not None:
        return f"as in the run that this one goes on from, {config.verdicts.base}"
    if config.split != "ratio":
        whose = "a published split" if pair.published else "the split that the links have"
        validate = ""
        if not len(pair.splits[config.split].valid) and config.validation_share:
            validate = f"; {config.validation_share:.0%} of the training links are held back to validate"
        return f"by {whose}, {config.split}{validate}"
    held = f"; {config.validation_share:.0%} of those are held back to validate" if config.validation_share else ""
    there = ", ".join(list(pair.splits)[:5])
    besides = f"; the data also has a split of its own: --set split={there}" if pair.splits else ""
    return (
        f"{config.seed_ratio:.0%} to learn from, drawn by chance (seed {config.seed}){held}; the others test{besides}"
    )


def relation_use(judged: Ids) -> str:
    """What people said of pairs of relations, int64 `[k, 3]`, in a sentence; "" where nobody has."""
    if not len(judged):
        return ""
    same = int(judged[:, 2].sum())
    return (
        f"relations: {counted(len(judged), 'verdict')} of people, which training takes as certain: {same:,} the same, "
        f"{len(judged) - same:,} not"
    )
