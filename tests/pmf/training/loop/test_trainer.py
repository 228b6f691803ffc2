"""The loop on a small real folder: what it learns from, what it restores, what it never does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from pmf.config.config import Config
from pmf.config.presets import PRESETS
from pmf.data.split import LinkSplit, split_links
from pmf.errors import NonFiniteLossError
from pmf.freezing.state import FreezingState
from pmf.training.inputs import read_data, training_inputs
from pmf.training.loop import device
from pmf.training.loop.optimizer import clip_gradients, warm_cosine
from pmf.training.loop.trainer import EpochReport, Trainer
from tests.conftest import TINY_SETTINGS


def config_of(data: Path, **settings: str) -> Config:
    return Config(data=str(data)).with_settings(TINY_SETTINGS | {k.replace("__", "."): v for k, v in settings.items()})


def trainer_of(config: Config, split: LinkSplit | None = None, device: str = "cpu") -> Trainer:
    pair = read_data(config)
    split = split or split_links(pair.links, seed_ratio=0.4, validation_share=0.25, seed=config.seed)
    return Trainer(config, training_inputs(config, pair, split=split), torch.device(device))


def run(trainer: Trainer) -> list[EpochReport]:
    return list(trainer.epochs())


def same(first: Trainer, second: Trainer) -> bool:
    ours, theirs = first.checkpoint()[0], second.checkpoint()[0]
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_it_learns_and_freezes_and_tells(tiny_data: Path) -> None:
    trainer = trainer_of(config_of(tiny_data, train__selection="last"))
    reports = run(trainer)
    assert [r.epoch for r in reports] == list(range(8))
    assert [r.stage for r in reports] == [1] * 5 + [2] * 3
    assert [r.stage_ended for r in reports] == [False] * 4 + [True] + [False] * 2 + [True]
    assert reports[4].losses["fused"] < reports[0].losses["fused"]
    assert set(reports[7].losses) > set(reports[0].losses)  # the pairs of modalities joined in
    image = trainer.config.modalities.index("image")
    assert [r.threshold[image] for r in reports[1:6]] == [None, 0.9, pytest.approx(0.945), 0.98, None]
    shares = [r.frozen_share[image] for r in reports]
    assert shares == sorted(shares)
    assert 0 < shares[-1] < 1
    assert reports[0].missing_share[image] == pytest.approx(16 / 128)
    for report in reports:
        if report.relevance is not None:
            scored = report.relevance[~report.relevance.isnan()]
            assert 0 <= scored.min() <= scored.max() <= 1
            assert torch.equal(report.relevance.isnan(), trainer.state.missing)


DRAWN = {"train__sampling": "always", "train__fanout": "3"}
WAYS = pytest.mark.parametrize("way", [{}, DRAWN], ids=["all neighbours", "drawn neighbours"])


@WAYS
def test_a_seed_gives_the_same_bits_again(tiny_data: Path, way: dict[str, str]) -> None:
    first, second, other = (trainer_of(config_of(tiny_data, seed=s, **way)) for s in ("3", "3", "4"))
    for trainer in (first, second, other):
        run(trainer)
    assert same(first, second)
    assert not torch.equal(first.fused(), other.fused())


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_shuffling_the_test_pairing_changes_nothing_learned(tiny_data: Path, preset: str) -> None:
    """Which entities are linked may be used, as the published code does; who with whom may not."""
    config = config_of(tiny_data).with_settings(PRESETS[preset])
    trainer = trainer_of(config)
    run(trainer)
    test = trainer.split.test_links.copy()
    test[:, 1] = np.roll(test[:, 1], 3)
    other = trainer_of(config, dataclasses.replace(trainer.split, test_links=test))
    run(other)
    assert torch.equal(trainer.state.frozen_at, other.state.frozen_at)
    assert torch.equal(trainer.fused(), other.fused())


def test_a_frozen_features_anchor_term_gives_no_gradient(tiny_data: Path) -> None:
    trainer = trainer_of(config_of(tiny_data))
    state = trainer.state
    image = trainer.config.modalities.index("image")
    frozen_at = state.frozen_at.clone()
    frozen_at[image, state.active[image]] = 3
    weight = state.weight.clone()
    weight[image] = 0
    all_frozen = FreezingState(frozen_at, weight)

    def slopes(of: FreezingState) -> torch.Tensor:
        trainer.model.zero_grad()
        loss, _ = trainer.model.cross_graph(torch.from_numpy(trainer.seeds), of)
        loss.backward()
        parameter = next(trainer.model.encoders["image"].parameters())
        assert parameter.grad is not None
        return parameter.grad.clone()

    assert bool(slopes(state).any())
    assert not bool(slopes(all_frozen).any())
    trainer.model.zero_grad()
    loss, parts = trainer.model.cross_modality(trainer.links.entities("seeds"), all_frozen)
    loss.backward()
    assert all(value == 0 for name, value in parts.items() if "image" in name)
    assert not bool(next(trainer.model.encoders["image"].parameters()).grad.any())


def test_the_best_state_comes_back_with_its_own_masks(tiny_data: Path) -> None:
    trainer = trainer_of(config_of(tiny_data, train__evaluate_every="1"))
    masks = {}
    metrics = {}
    for report in trainer.epochs():
        if report.stage == 2:
            break
        metrics[report.epoch] = np.mean([f["mrr"] for f in report.metrics["validation"].values()])
        if report.epoch == 0:
            trainer.best = dataclasses.replace(trainer.best, metric=2.0)  # nothing later can be better
        masks[report.epoch] = trainer.state.frozen_at.clone()
    assert bool((masks[3] >= 0).any())  # freezing had gone on
    assert not bool((masks[4] >= 0).any())  # and the end of the stage brought epoch 0 back
    assert trainer.best is not None
    assert trainer.best.epoch == 0
    assert len(metrics) == 5


@WAYS
def test_resuming_gives_the_same_bits_as_going_on(tiny_data: Path, way: dict[str, str]) -> None:
    config = config_of(tiny_data, train__selection="last", **way)
    whole = trainer_of(config)
    run(whole)
    for stop in (0, 2, 4, 6):
        first = trainer_of(config)
        for report in first.epochs():
            if report.epoch == stop:
                break
        tensors, meta = first.checkpoint()
        second = trainer_of(config)
        second.resume({name: t.clone() for name, t in tensors.items()}, meta)
        run(second)
        assert same(whole, second), f"resumed after epoch {stop}"


def test_a_checkpoint_brings_the_share_of_labels_back(tiny_data: Path) -> None:
    """An epoch that evaluates nothing, and an update, count labels as they were last fitted."""
    config = config_of(tiny_data, model__propagation="0.5", evaluation__reliability="true", train__evaluate_every="1")
    first, second = trainer_of(config), trainer_of(config)
    next(iter(first.epochs()))
    fitted = first.model.label_share
    assert not torch.equal(fitted, second.model.label_share)
    second.resume(*first.checkpoint())
    assert torch.equal(fitted, second.model.label_share)
    assert torch.equal(first.fused(), second.fused())


def test_the_labels_of_the_same_links_are_spread_once(tiny_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(config_of(tiny_data, model__propagation="0.5"))
    spread, labels = [], trainer.labels

    def counted(links: np.ndarray) -> torch.Tensor:
        spread.append(len(links))
        return labels(links)

    monkeypatch.setattr(trainer, "labels", counted)
    trainer.restore(trainer.model_tensors())
    trainer.restore(trainer.model_tensors())
    trainer.finish()
    seeds, validation = len(trainer.seeds), len(trainer.split.val_links)
    assert spread == [seeds, seeds + validation]
    trainer.finish()
    assert len(spread) == 2


@pytest.mark.parametrize("worth", [0, 10**6])
def test_steps_multiply_in_bfloat16_where_that_is_worth_it_and_figures_never_do(
    tiny_data: Path, worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "WORTH_BFLOAT16", worth)
    trainer = trainer_of(config_of(tiny_data, train__precision="bfloat16"))
    within: set[str] = set()
    judging: set[str] = set()
    trainer.progress = lambda what, done, total: within.add(torch.get_float32_matmul_precision())
    evaluate = trainer._evaluate
    monkeypatch.setattr(trainer, "_evaluate", lambda: judging.add(torch.get_float32_matmul_precision()) or evaluate())
    for _ in trainer.epochs():
        assert torch.get_float32_matmul_precision() == "highest"
    assert within == {"highest" if worth else "medium"}
    assert judging == {"highest"}


def test_a_model_has_an_optimiser_and_gradients_only_while_it_is_trained(tiny_data: Path) -> None:
    def remembers() -> set[bool]:
        tensors, _ = trainer.checkpoint()
        stored = any(name.startswith("optimizer.") for name in tensors)
        return {stored, "optimizer" in trainer.stepper.__dict__, next(trainer.model.parameters()).grad is not None}

    trainer = trainer_of(config_of(tiny_data))
    assert remembers() == {False}
    epochs = trainer.epochs()
    next(epochs)
    assert remembers() == {True}
    assert list(epochs)[-1].learning_rate > 0
    assert remembers() == {False}


def test_drawn_neighbours_change_from_step_to_step_and_all_of_them_change_nothing(tiny_data: Path) -> None:
    seeds = []
    trainer = trainer_of(config_of(tiny_data, **DRAWN))
    encoder = trainer.model.encoders["structure"]
    trainer.progress = lambda what, done, total: seeds.append(encoder.seed)
    reports = run(trainer)
    assert len(set(seeds)) == len(seeds) == 5 * 2 + 3 * 4
    assert reports[4].losses["structure"] < reports[0].losses["structure"]
    # as the table's other rows neither decay nor move on, only a first step is the same whichever way
    one, other = (
        trainer_of(config_of(tiny_data, train__batch_size="100", train__warmup="0", train__weight_decay="0", **way))
        for way in ({}, DRAWN | {"train__fanout": "200"})
    )
    for stepped in (one, other):
        next(stepped.epochs())
    for (name, ours), theirs in zip(one.model.named_parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4, msg=name)
    torch.testing.assert_close(one.fused(), other.fused(), rtol=1e-4, atol=1e-4)


def test_the_gradient_of_drawn_rows_is_clipped_where_it_lies(tiny_data: Path) -> None:
    """Its rows ascend: to sort and to copy them would be the largest part of a large graph's clipping."""
    model = trainer_of(config_of(tiny_data, **DRAWN)).model
    links = torch.from_numpy(trainer_of(config_of(tiny_data)).seeds)
    model.cross_graph(links, FreezingState.initial(model.present))[0].backward()
    gradient = model.encoders["structure"].table.grad
    assert gradient is not None
    place = gradient._values().data_ptr()
    clip_gradients(model.parameters(), 1e-3)
    clipped = model.encoders["structure"].table.grad
    assert clipped is not None
    assert clipped.values().data_ptr() == place
    assert clipped.values().norm() <= 1e-3


def test_a_loss_that_is_not_finite_ends_the_run_in_words(tiny_data: Path) -> None:
    trainer = trainer_of(config_of(tiny_data))
    with torch.no_grad():
        trainer.model.encoders["structure"].table[0] = float("nan")
    with pytest.raises(NonFiniteLossError, match=r"epoch 0; lower train\.learning_rate"):
        run(trainer)


def test_every_option_trains(tiny_data: Path) -> None:
    for settings in (
        {"model__attention": "gatconv", "modalities": "structure"},
        {"freezing__enabled": "false"},
        {"freezing__candidates": "linked", "freezing__seed_relevance": "candidates"},
        {"freezing__seed_relevance": "partner", "freezing__fusion_weight": "binary"},
        {"loss__cross_modality_entities": "linked", "evaluation__scoring": "dot"},
        {"train__selection": "test"},
    ):
        trainer = trainer_of(config_of(tiny_data, **settings))
        assert len(run(trainer)) == 8
        assert bool(trainer.fused().isfinite().all())
        if "freezing__enabled" in settings:
            assert not bool(trainer.state.frozen.any())


def test_learning_rate_warms_up_and_falls_to_zero() -> None:
    factors = [warm_cosine(step, 100, 0.1) for step in range(101)]
    assert factors[0] == 0
    assert factors[5] == pytest.approx(0.5)
    assert max(factors) == factors[10] == 1
    assert factors[100] == pytest.approx(0)
    assert factors[10:] == sorted(factors[10:], reverse=True)
