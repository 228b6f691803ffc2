"""How much each modality counts, where one knows who is who and another only guesses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from pmf.config.config import Config
from pmf.data.split import LinkSplit
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.held_out import HeldOut, log_losses
from pmf.freezing.state import FreezingState
from pmf.progress import silent
from pmf.training.loop.reliability import fit_reliability, fit_shares
from tests import trainings

N = 200
LINKS = np.stack([np.arange(N), np.arange(N, 2 * N)], axis=1)
SPLIT = LinkSplit(seed_links=LINKS[:40], val_links=LINKS[40:100], test_links=LINKS[100:])
CONFIG = Config(data="x").with_settings({"freezing.fusion_weight": "binary", "evaluation.reliability": "true"})


def embeddings(*noises: float) -> torch.Tensor:
    """A modality for each noise: the two of a link are alike but for so much of it."""
    generator = torch.Generator().manual_seed(0)
    tables = []
    for noise in noises:
        shared = torch.randn(N, 32, generator=generator).repeat(2, 1)
        tables.append(functional.normalize(shared + noise * torch.randn(2 * N, 32, generator=generator), dim=1))
    return torch.stack(tables)


def state(modalities: int) -> FreezingState:
    return FreezingState.initial(torch.ones(modalities, 2 * N, dtype=torch.bool))


def fit(tables: torch.Tensor, split: LinkSplit = SPLIT, wrong_share: float = 0.0) -> torch.Tensor:
    held_out = HeldOut(split, N, 2 * N, seed=0, wrong_share=wrong_share)
    return fit_reliability(held_out, held_out.cosines(tables), state(len(tables)), CONFIG)


def hits(tables: torch.Tensor, reliability: torch.Tensor) -> float:
    fused = fuse(tables, block_weights(state(len(tables)), "binary", "cosine", reliability))
    source, target = (fused[torch.from_numpy(side)] for side in SPLIT.test_links.T)
    return float(((source @ target.T).argmax(1) == torch.arange(len(source))).float().mean())


def test_what_finds_more_counts_more_and_finds_more_of_the_links_it_has_not_seen() -> None:
    tables = embeddings(0.8, 2.5)
    reliability = fit(tables)
    assert reliability[0] > 2 * reliability[1]
    assert reliability.log().sum() == pytest.approx(0, abs=1e-5)
    assert hits(tables, reliability) > hits(tables, torch.ones(2)) + 0.03


def test_wrong_links_change_little_where_it_is_known_how_many_there_are() -> None:
    tables = embeddings(0.8, 2.0)
    swapped = SPLIT.val_links.copy()
    swapped[:12, 1] = np.roll(swapped[:12, 1], 1)
    split = LinkSplit(seed_links=SPLIT.seed_links, val_links=swapped, test_links=SPLIT.test_links)
    right, misled, warned = (fit(tables, *given)[0] for given in ((), (split,), (split, 0.2)))
    assert abs(warned.log() - right.log()) < 0.5 * abs(misled.log() - right.log())


def test_links_that_are_all_thought_to_be_wrong_say_nothing() -> None:
    torch.testing.assert_close(fit(embeddings(0.8, 2.0), wrong_share=1.0), torch.ones(2))


def test_equally_good_ones_count_alike() -> None:
    reliability = fit(embeddings(1.2, 1.2))
    assert reliability[0] == pytest.approx(float(reliability[1]), rel=0.5)


def test_few_links_say_little_and_none_nothing() -> None:
    tables = embeddings(0.8, 2.5)
    few = LinkSplit(seed_links=LINKS[:40], val_links=LINKS[40:42], test_links=LINKS[100:])
    none = LinkSplit(seed_links=LINKS[:40], val_links=LINKS[:0], test_links=LINKS[100:])
    assert 1 < float(fit(tables, few)[0]) < float(fit(tables)[0])
    assert fit(tables, none).tolist() == [1, 1]


def test_the_part_that_finds_more_gets_the_larger_share() -> None:
    """Of the first modality what is learned finds more, of the second the labels."""
    halves = [embeddings(0.8, 2.5), embeddings(2.5, 0.8)]
    tables, width = torch.cat(halves, dim=2), halves[0].shape[2]
    config = CONFIG.with_settings({"model.width": str(width)})
    held_out = HeldOut(SPLIT, N, 2 * N, seed=0)
    usual = torch.full((2,), 0.5)
    first, second = fit_shares(held_out, tables, usual, state(2), config).tolist()
    assert first < 0.4
    assert second > 0.6
    none = LinkSplit(seed_links=LINKS[:40], val_links=LINKS[:0], test_links=LINKS[100:])
    assert fit_shares(HeldOut(none, N, 2 * N, seed=0), tables, usual, state(2), config).tolist() == [0.5, 0.5]
    assert fit_shares(held_out, tables, usual * 0, state(2), config).tolist() == [0, 0]


def test_the_nearest_candidates_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = embeddings(0.8, 2.0)
    everybody = fit(tables)
    monkeypatch.setattr("pmf.freezing.held_out._NEAREST", 60)
    torch.testing.assert_close(fit(tables), everybody, rtol=0.03, atol=0)
    assert not torch.equal(fit(tables), everybody)


def test_it_is_where_the_loss_is_least() -> None:
    """Against the loss on a grid, with the prior added by hand."""
    tables = embeddings(0.8, 2.0)
    held_out = HeldOut(SPLIT, N, 2 * N, seed=0)
    cosines = held_out.cosines(tables)

    def loss(first: float) -> float:
        log = torch.tensor([first, -first])
        gaps = held_out.gaps(block_weights(state(2), "binary", "cosine", log.exp()), cosines)
        best = min(float(log_losses(gaps, sharpness).mean()) for sharpness in torch.linspace(1, 40, 79))
        return best + float(log.square().sum()) / (2 * 2 * len(SPLIT.val_links))

    grid = np.linspace(-1, 3, 81)
    least = grid[np.argmin([loss(float(at)) for at in grid])]
    assert float(fit(tables)[0].log()) == pytest.approx(least, abs=0.1)


def test_the_test_pairing_has_no_say() -> None:
    shuffled = SPLIT.test_links.copy()
    shuffled[:, 1] = np.roll(shuffled[:, 1], 1)
    other = LinkSplit(seed_links=SPLIT.seed_links, val_links=SPLIT.val_links, test_links=shuffled)
    tables = embeddings(0.8, 2.5)
    assert torch.equal(fit(tables), fit(tables, other))


def test_a_run_says_what_counted_how_much_and_its_shares_hold_it(tiny_data: Path, tmp_path: Path) -> None:
    from pmf.runs.reader import RunReader
    from pmf.training.start import new_run
    from tests.conftest import TINY_SETTINGS

    settings = TINY_SETTINGS | {"data": str(tiny_data), "evaluation.reliability": "true"}
    folder, results = new_run("default", settings, tmp_path / "run", silent)
    counted = results["reliability"]
    assert list(counted) == list(RunReader(folder).modalities)
    assert len(set(counted.values())) > 1
    weight = RunReader(folder).weight()
    assert weight is not None
    whole = (weight > 0).all(axis=0)
    expected = np.sqrt(list(counted.values()))
    assert np.allclose(weight[:, whole], (expected / np.linalg.norm(expected))[:, None], atol=1e-5)
    shares = results["label_share"]
    assert shares["image"] == 0  # no labels spread over pictures
    assert 0 < shares["structure"] < 1
    assert shares["structure"] != 0.5
    assert trainings.read_all(folder) == []


@pytest.mark.parametrize("modalities", [1, 2])
def test_entities_with_nothing_left_do_no_harm(modalities: int) -> None:
    """Few links, of which most have nothing left: each has a large part in the slope of the loss."""
    split = LinkSplit(seed_links=LINKS[:40], val_links=LINKS[40:44], test_links=LINKS[100:])
    whole = state(modalities)
    frozen_at, weight = whole.frozen_at.clone(), whole.weight.clone()
    frozen_at[:, split.val_links[1:]], weight[:, split.val_links[1:]] = 3, 0
    tables = embeddings(0.8, 2.5)[:modalities]
    held_out = HeldOut(split, N, 2 * N, seed=0)
    fitted = fit_reliability(held_out, held_out.cosines(tables), FreezingState(frozen_at, weight), CONFIG)
    assert fitted.isfinite().all()
    assert fitted.log().sum() == pytest.approx(0, abs=1e-5)


def test_links_that_are_all_found_say_which_finds_them_by_more_and_no_more_than_that() -> None:
    """Without a prior the likelihood has no end: ever sharper is ever better."""
    reliability = fit(embeddings(0.0, 0.3))
    assert 1 < float(reliability[0] / reliability[1]) < 10
