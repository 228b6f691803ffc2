"""Stage 3: who becomes a link, when, and that a run through it resumes and learns nothing of the test pairing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pmf.config.evaluation import EvaluationConfig
from pmf.data.split import LinkSplit
from pmf.errors import CheckpointMismatchError
from pmf.training.links.iterative import LinkCollector
from tests.pmf.training.loop.test_trainer import config_of, run, same, trainer_of

PLAIN = EvaluationConfig(csls_k=1)


def two_sides(order: list[int]) -> torch.Tensor:
    """Source i is alike to target 4 + order[i]."""
    return torch.cat([torch.eye(4), torch.eye(4)[torch.tensor(order).argsort()]])


def test_a_pair_must_be_found_in_every_check_of_a_row() -> None:
    collector = LinkCollector(np.arange(4), np.arange(4, 8), checks=3)
    straight, swapped = two_sides([0, 1, 2, 3]), two_sides([0, 1, 3, 2])
    assert [collector.check(fused, PLAIN) for fused in (straight, swapped, straight)] == [0, 0, 2]
    assert collector.added.tolist() == [[0, 4], [1, 5]]
    assert [collector.check(fused, PLAIN) for fused in (straight, straight)] == [0, 2]
    assert sorted(collector.added.tolist()) == [[0, 4], [1, 5], [2, 6], [3, 7]]
    assert collector.check(straight, PLAIN) == 0  # nobody is left


def test_precision_counts_only_what_is_known() -> None:
    none = np.empty((0, 2), np.int64)
    split = LinkSplit(seed_links=none, val_links=none, test_links=np.array([[0, 4], [1, 6]]))
    collector = LinkCollector(np.arange(4), np.arange(4, 8), checks=1)
    assert collector.precision(split) is None
    collector.check(two_sides([0, 1, 2, 3]), PLAIN)
    # 0-4 is true; 1-5 and 2-6 contradict 1-6; nothing is known of 3-7
    assert collector.precision(split) == pytest.approx(1 / 3)


def test_a_checkpoint_from_before_says_so() -> None:
    with pytest.raises(CheckpointMismatchError, match="older version"):
        LinkCollector(np.arange(4), np.arange(4, 8), checks=1).restore({})


STAGE_3 = {"train__iterative_epochs": "6", "train__collect_every": "1", "train__stable_checks": "2"}


def test_stage_3_adds_links_reports_them_and_resumes_to_the_same_bits(tiny_data: Path) -> None:
    config = config_of(tiny_data, model__propagation="0.5", **STAGE_3)
    whole = trainer_of(config)
    reports = run(whole)
    assert [r.stage for r in reports] == [1] * 5 + [2] * 3 + [3] * 6
    added = [r.collected["added"] for r in reports[8:]]
    assert sum(n or 0 for n in added) > 0
    assert all(not r.collected for r in reports[:8])
    assert reports[-1].collected["precision"] is not None
    first, second = trainer_of(config), trainer_of(config)
    for report in first.epochs():
        if report.epoch == 10:
            break
    first.next_epoch = 11  # what the loop would set once asked for more
    tensors, meta = first.checkpoint()
    second.resume({name: t.clone() for name, t in tensors.items()}, meta)
    second.best = first.best
    run(second)
    assert same(whole, second)
    assert torch.equal(whole.fused(), second.fused())


@pytest.mark.parametrize(("epochs", "consistent_from"), [("7", 5), ("5", 7)])
def test_stage_3_has_the_second_objective_if_stage_2_had_it(tiny_data: Path, epochs: str, consistent_from: int) -> None:
    stage_3 = {"train__iterative_epochs": "2", "train__collect_every": "1"}
    reports = run(trainer_of(config_of(tiny_data, train__epochs=epochs, train__freeze_epochs="5", **stage_3)))
    with_pairs = [report.epoch for report in reports if any("–" in name for name in report.losses)]
    assert with_pairs == list(range(consistent_from, len(reports)))


def test_stage_3_does_not_see_the_test_pairing(tiny_data: Path) -> None:
    for candidates in ("all", "linked"):
        config = config_of(tiny_data, freezing__candidates=candidates, **STAGE_3)
        trainer = trainer_of(config)
        run(trainer)
        test = trainer.split.test_links.copy()
        test[:, 1] = np.roll(test[:, 1], 3)
        split = LinkSplit(seed_links=trainer.split.seed_links, val_links=trainer.split.val_links, test_links=test)
        other = trainer_of(config, split)
        run(other)
        assert np.array_equal(trainer.collector.added, other.collector.added)
        assert torch.equal(trainer.fused(), other.fused())
