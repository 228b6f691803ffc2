"""Probabilities mean what they say, on links that they were not fitted on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from pmf.alignment.confidence.calibration import calibrate, measure, observations_of, observe, observe_both, table_of
from pmf.alignment.confidence.pair_features import View, views
from pmf.alignment.search.similarity import Similarities

N = 400
LINKS = torch.arange(N).repeat(2, 1).T
DIRECTIONS = ("source_to_target", "target_to_source")


@pytest.fixture(scope="module")
def noisy() -> tuple[View, View]:
    """Two graphs of the same points, half of the sources so blurred that they are hard to find."""
    generator = torch.Generator().manual_seed(11)
    points = torch.randn(N, 12, generator=generator)
    blur = torch.where(torch.arange(N) % 2 == 0, 0.3, 0.9)[:, None]
    source = points + blur * torch.randn(N, 12, generator=generator)
    return views(Similarities(normalize(source, dim=1), normalize(points, dim=1)), 3)


def rows(*, but: Tensor) -> tuple[Tensor, Tensor]:
    """Queries of either direction, without some."""
    others = torch.from_numpy(np.setdiff1d(np.arange(N), but.numpy()))
    return others, others


@pytest.mark.parametrize(("n_validation", "fitted_on"), [(80, "validation"), (0, "decoys")])
def test_probabilities_hold_on_other_links(noisy: tuple[View, View], n_validation: int, fitted_on: str) -> None:
    validation, test = LINKS[:n_validation], LINKS[80:]
    calibrator = calibrate(observe_both(noisy, validation), noisy, rows(but=torch.empty(0)))
    figures = measure(calibrator, noisy, test, seed=0)
    assert figures["calibrated_on"] == calibrator.fitted_on == fitted_on
    for direction in DIRECTIONS:
        for kind in ("right", "counterpart"):
            said = figures[direction][kind]
            assert said["brier"] < 0.75 * said["base_rate_brier"]
            assert sum(b["n"] for b in said["curve"]) == len(test)
            assert all(0 <= b["probability"] <= 1 for b in said["curve"])
            gap = sum(b["n"] * abs(b["probability"] - b["observed"]) for b in said["curve"]) / len(test)
            assert gap < 0.12  # expected calibration error
        assert figures[direction]["counterpart"]["base_rate_brier"] == 0.25  # half are withheld
        assert figures[direction]["dangling"]["f1"] > 0.7


def test_which_are_withheld_depends_on_the_seed_alone(noisy: tuple[View, View]) -> None:
    calibrator = calibrate(observe_both(noisy, LINKS[:80]), noisy, rows(but=torch.empty(0)))
    once, again, other = (measure(calibrator, noisy, LINKS[80:], seed) for seed in (0, 0, 1))
    assert once == again
    assert once["source_to_target"]["right"]["brier"] != other["source_to_target"]["right"]["brier"]


def test_too_few_right_validation_links_are_not_fitted_on(noisy: tuple[View, View]) -> None:
    assert calibrate(observe_both(noisy, LINKS[:4]), noisy, rows(but=torch.empty(0))).fitted_on == "decoys"
    shuffled = torch.stack([torch.arange(80), torch.arange(80).roll(1)], dim=1)
    assert calibrate(observe_both(noisy, shuffled), noisy, rows(but=torch.empty(0))).fitted_on == "decoys"


def test_a_withheld_counterpart_is_never_found(noisy: tuple[View, View]) -> None:
    assert not observe(noisy, LINKS, torch.ones(N, dtype=torch.bool)).right.any()
    seen = observe(noisy, LINKS, torch.zeros(N, dtype=torch.bool))
    assert 0.5 < seen.right.mean() < 1
    assert seen.features.shape == (2 * N, 5)


def test_evidence_goes_into_a_table_and_out_of_it(noisy: tuple[View, View]) -> None:
    seen = observe_both(noisy, LINKS[:80])
    back = observations_of(table_of(seen))
    np.testing.assert_array_equal(back.features, seen.features)
    assert back.right.tolist() == seen.right.tolist()
    assert back.counterpart.sum() == len(back.counterpart) / 2 == 160


@pytest.mark.parametrize("n_validation", [80, 0])
def test_probabilities_stay_in_range_far_from_what_was_fitted(noisy: tuple[View, View], n_validation: int) -> None:
    calibrator = calibrate(observe_both(noisy, LINKS[:n_validation]), noisy, rows(but=torch.empty(0)))
    extreme = np.array([[-9.0, -9, -9, -9, 0], [0, 0, 0, 0, 0], [9, 9, 9, 9, 1]])
    for probability in (calibrator.right(extreme), calibrator.counterpart(extreme)):
        assert ((probability >= 0) & (probability <= 1)).all()
        assert list(probability) == sorted(probability)
        assert probability[2] > 0.99
    assert len(calibrator.right(np.empty((0, 5)))) == 0


def test_decoys_of_seeds_are_left_out(noisy: tuple[View, View]) -> None:
    """Seeds look better than anything else; what they look like must not move the fit."""
    seeds = LINKS[:200, 0]
    forward, backward = noisy
    easy = forward.best_scores.clone()
    easy[seeds] += 50
    changed = (
        View(**{name: easy if name == "best_scores" else getattr(forward, name) for name in View.__dataclass_fields__}),
        backward,
    )
    before, after = (calibrate(None, both, rows(but=seeds)) for both in (noisy, changed))
    features = observe(noisy, LINKS, torch.zeros(N, dtype=torch.bool)).features
    np.testing.assert_array_equal(before.right(features), after.right(features))
