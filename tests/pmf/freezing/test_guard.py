"""The brake on freezing, where one modality misleads and another is all there is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.config.config import Config
from pmf.config.model import FreezingConfig
from pmf.data.split import LinkSplit
from pmf.freezing.held_out import HeldOut
from pmf.freezing.rule import Decision, FreezingRule, Measurement, rule_of
from pmf.freezing.rules.guard import parting, surely_better, thawed
from pmf.freezing.state import FreezingState

LINKS = np.stack([np.arange(20), np.arange(20, 40)], axis=1)
SPLIT = LinkSplit(seed_links=LINKS[:5], val_links=LINKS[5:15], test_links=LINKS[15:])


def embeddings() -> torch.Tensor:
    """Modality 0 knows who is who; modality 1 is sure of somebody else."""
    good = torch.eye(20).repeat(2, 1)
    bad = torch.cat([torch.eye(20), torch.eye(20).roll(1, 0)])
    return torch.stack([good, bad])


def guard(limits: tuple[float, float]) -> FreezingRule:
    """The guard with a limit for each modality."""
    freezing = FreezingConfig(
        guard=True, fusion_weight="binary", initial=max(limits), other_cap=limits[0], cap=limits[1], start_epoch=7
    )
    return rule_of(Config(data="", modalities=("structure", "image"), freezing=freezing))


def decide(
    tables: torch.Tensor,
    relevance: torch.Tensor,
    limits: tuple[float, float],
    split: LinkSplit,
    rule: FreezingRule | None = None,
) -> Decision:
    """What the guard makes of a measurement."""
    held_out = HeldOut(split, 20, 40, seed=0)
    measured = Measurement(epoch=7, embeddings=tables, relevance=relevance, held_out=held_out)
    return (rule or guard(limits)).decide(FreezingState.initial(torch.ones(2, 40, dtype=torch.bool)), measured)


def frozen_by(split: LinkSplit, relevance: torch.Tensor) -> torch.Tensor:
    return decide(embeddings(), relevance, (0.5, 0.5), split)[0].frozen_at


def test_only_the_misleading_modality_freezes() -> None:
    frozen = frozen_by(SPLIT, torch.full((2, 40), 0.4))
    assert bool((frozen[0] == -1).all())
    assert bool((frozen[1] == 7).all())


def test_what_is_relevant_enough_stays_even_so() -> None:
    frozen = frozen_by(SPLIT, torch.full((2, 40), 0.6))
    assert bool((frozen == -1).all())


def test_the_test_pairing_has_no_say() -> None:
    shuffled = SPLIT.test_links.copy()
    shuffled[:, 1] = np.roll(shuffled[:, 1], 1)
    other = LinkSplit(seed_links=SPLIT.seed_links, val_links=SPLIT.val_links, test_links=shuffled)
    relevance = torch.rand(2, 40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(frozen_by(SPLIT, relevance), frozen_by(other, relevance))


def test_the_threshold_parts_what_misleads_from_what_helps() -> None:
    """Half of modality 1 is right and of higher relevance: the threshold falls between, far below what is allowed."""
    tables = embeddings()
    right = torch.cat([torch.arange(10, 20), torch.arange(30, 40)])
    tables[1, right] = tables[0, right]
    relevance = torch.full((2, 40), 0.9)
    relevance[1, :10] = relevance[1, 20:30] = torch.linspace(0.2, 0.4, 10)
    relevance[1, right] = torch.linspace(0.5, 0.7, 20)
    after, threshold = decide(tables, relevance, (0.8, 0.8), SPLIT)
    assert threshold == [0, pytest.approx(0.4)]
    assert after.frozen[1].nonzero()[:, 0].tolist() == [*range(10), *range(20, 30)]


def test_parting_by_hand() -> None:
    relevance = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5])
    found = torch.tensor([False, False, True, False, True])
    assert parting(relevance, found, 1.0) == pytest.approx(0.2)  # 0.4 gains no more
    assert parting(relevance, found, 0.15) == pytest.approx(0.1)
    assert parting(relevance, ~found, 1.0) == 0
    assert parting(relevance[:0], found[:0], 1.0) == 0


@pytest.mark.parametrize(("misled", "frozen"), [(1, 0), (4, 8)])
def test_it_takes_more_than_one_link_to_freeze(misled: int, frozen: int) -> None:
    """Modality 1 is right but for some validation links, and says so: each gains the same if their features freeze.

    One link of ten, in both directions, lies 1 standard error above none, four lie 2.2; both are written down.
    """
    tables = embeddings()
    tables[1] = tables[0]
    wrong = torch.cat([torch.arange(5, 5 + misled), torch.arange(25, 25 + misled)])
    tables[1, wrong] = torch.eye(20)[torch.cat([torch.arange(15, 15 + misled), torch.arange(misled)])]
    relevance = torch.full((2, 40), 0.9)
    relevance[1, wrong] = 0.2
    rule = guard((0.0, 0.8))
    after, _ = decide(tables, relevance, (0.0, 0.8), SPLIT, rule)
    assert int(after.frozen.sum()) == frozen
    none, weighed = rule.proposals
    assert none is None
    assert weighed is not None
    assert (weighed.threshold, weighed.features) == (pytest.approx(0.2), 2 * misled)
    assert weighed.gain == pytest.approx(weighed.gain_now)  # nothing had frozen before
    assert (weighed.gain > 2 * weighed.error) == weighed.taken == bool(frozen)
    assert weighed.gain / weighed.error == pytest.approx({1: 1.0, 4: 2.2}[misled], abs=0.05)
    assert set(after.frozen[1].nonzero()[:, 0].tolist()) == (set(wrong.tolist()) if frozen else set())


def test_a_gain_counts_against_a_modality_that_never_froze() -> None:
    """What froze before is part of the gain, so that a threshold can rise in steps too small to tell by themselves."""
    state = FreezingState.initial(torch.ones(2, 4, dtype=torch.bool))
    relevance = torch.tensor([[0.2, 0.9, 0.9, 0.9], [0.3, 0.3, 0.9, 0.9]])
    frozen = state.update(relevance, torch.tensor([0.5, 0.5]), 3)
    weight = thawed(frozen, 1).weight > 0
    assert weight[0].tolist() == [False, True, True, True]
    assert weight[1].all()
    assert not surely_better(torch.tensor([1.0]))
    assert surely_better(torch.tensor([1.0, 1.1, 0.9]))
    assert not surely_better(torch.zeros(5))
