"""Rules and learning together: what rules find trains, validation judges it, and test links are not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.data.split import LinkSplit, touching
from pmf.freezing.held_out import HeldOut
from pmf.freezing.state import FreezingState
from pmf.logic.facts import FactPair
from pmf.training.continuing import go_on_from
from pmf.training.links.growing import GrowingLinks
from pmf.training.links.iterative import LinkCollector
from pmf.training.links.opening import open_with_rules
from pmf.training.links.rules import RuleLinks
from pmf.training.links.verdicts import Verdicts
from pmf.training.loop import checkpoint
from tests.pmf.training.loop.test_trainer import config_of, run, same, trainer_of
from tests.small_graphs import Triples, graph_pair, links

RULES = {"rules__rounds": "2", "model__propagation": "0.5", "evaluation__reliability": "true"}
CHAIN: Triples = [(i, 0, i + 1) for i in range(11)]
PAIR = graph_pair((CHAIN, CHAIN), (12, 12))


def rule_links(split: LinkSplit, verdicts: Verdicts | None = None, **settings: str) -> RuleLinks:
    config = Config(data="").with_settings(
        {"rules.rounds": "1"} | {k.replace("__", "."): v for k, v in settings.items()}
    )
    return RuleLinks(FactPair.of(PAIR), split, verdicts or Verdicts(), config, 12)


def split_of(seeds: list[int], validation: list[int]) -> LinkSplit:
    seed, val = (np.array([(i, 12 + i) for i in ids], np.int64).reshape(-1, 2) for ids in (seeds, validation))
    return LinkSplit(seed_links=seed, val_links=val, test_links=links())


SAME = torch.eye(12).repeat(2, 1)
"""A model that finds everybody."""


def test_links_are_what_rules_and_model_agree_on_and_no_validation_link() -> None:
    rules = rule_links(split_of([0, 1, 2, 3], [5]))
    report = rules.look(SAME)
    assert [5, 17] not in rules.links.tolist()
    assert rules.links.tolist() == [[i, 12 + i] for i in (4, 6, 7, 8, 9, 10, 11)]
    assert report == {"found": 8, "agreed": 8, "used": 7, "right": 1, "judged": 1, "left_out": 0}


def test_a_pair_that_the_model_does_not_find_must_be_surer() -> None:
    split = split_of([0, 1, 2, 3], [])
    nothing = torch.zeros(24, 12)
    nothing[[5, 17]] = SAME[5]
    sure, doubtful = (rule_links(split, rules__seed_probability=least) for least in ("0.9", "0.99999"))
    for rules in (sure, doubtful):
        rules.look(nothing)
    assert doubtful.links.tolist() == [[5, 17]]
    assert len(sure.links) > 5


def test_verdicts_are_heard() -> None:
    verdicts = Verdicts(rejected=links((5, 17)), alone=np.array([8]))
    rules = rule_links(split_of([0, 1, 2, 3], []), verdicts)
    rules.look(SAME)
    assert [5, 17] not in rules.links.tolist()
    assert 8 not in rules.links


def test_links_that_validation_links_do_not_speak_for_are_dropped_for_good() -> None:
    # two say little, 14 of 20 may be half, and three of five are too few
    judgements = [(19, 20, True), (41, 54, True), (0, 0, False), (2, 2, False), (14, 20, False), (60, 100, False)]
    for right, judged, trusted in judgements:
        rules = rule_links(split_of([0, 1, 2, 3], [5]))
        rules.look(SAME)
        assert rules.judge(right, judged) == trusted
        assert bool(len(rules.links)) == trusted
        assert rules.due(0) == trusted


def test_wrong_seeds_among_right_ones_train_no_more() -> None:
    wrong = np.array([[3, 20], [8, 15]])
    right = np.array([[i, 12 + i] for i in (0, 1, 2, 4, 5, 6, 7, 9, 10, 11)])
    split = LinkSplit(seed_links=np.concatenate([right, wrong]), val_links=links(), test_links=links())
    rules = rule_links(split)
    assert rules.doubt() == {"wrong": 2, "clear": 2, "doubted": 2}
    assert rules.seeds.tolist() == right.tolist()
    rules.look(None)
    assert rules.links.tolist() == [[3, 15], [8, 20]]  # what they should have been
    assert [side.tolist() for side in rules.free(rules.seeds)] == [[3, 8], [15, 20]]
    assert rules.look(SAME)["agreed"] == 2  # and the model is asked about them, too
    assert rules.judge(55, 100)  # two of twelve seeds are wrong, and so are as many validation links
    assert not rules.judge(54, 100)
    assert rules.doubt() == {"wrong": 2, "clear": 2, "doubted": 2}  # as often as one asks
    confirmed = rule_links(split, Verdicts(matched=wrong[:1]))
    assert confirmed.doubt()["doubted"] == 1
    assert wrong[0].tolist() in confirmed.seeds.tolist()
    every = rule_links(split, rules__usual_doubt="1")
    assert every.doubt() == {"wrong": 2, "clear": 2, "doubted": 0}
    assert len(every.seeds) == 12


def test_seeds_that_few_speak_against_stay() -> None:
    split = split_of(list(range(12)), [])
    rules = rule_links(split)
    assert rules.doubt() == {"wrong": 0, "clear": 0, "doubted": 0}
    assert len(rules.seeds) == 12


def test_looks_are_spread_over_the_training() -> None:
    rules = rule_links(split_of([0], [5]), rules__rounds="3", train__epochs="40", train__freeze_epochs="40")
    assert [epoch for epoch in range(60) if rules.due(epoch)] == [0, 10, 20]
    assert not rule_links(split_of([0], [])).due(0)  # nobody could judge them


def test_of_too_many_entities_the_model_is_not_asked() -> None:
    split = split_of([0, 1, 2, 3], [5])
    few, many = (rule_links(split, evaluation__exact_pairs=most) for most in ("64", "63"))
    assert few.look(SAME)["agreed"] > 0
    assert many.look(SAME)["agreed"] == 0


def test_their_opinion_counts_only_where_somebody_can_judge_it() -> None:
    for validation, settings, counts in (([5], {}, True), ([], {}, False), ([5], {"rules__scored": "false"}, False)):
        assert rule_links(split_of([0, 1], validation), **({"rules__scored": "true"} | settings)).counts == counts
    assert not rule_links(split_of([0, 1], [5]), rules__scored="true", modalities="attribute").counts


def test_an_epoch_has_no_more_of_them_than_seeds() -> None:
    split = split_of([0, 1, 2, 3], [])
    rules = rule_links(split, train__batch_size="2")
    rules.look(SAME)
    growing = GrowingLinks(split, LinkCollector(np.arange(12), np.arange(12, 24), 1), rules)
    assert len(growing.every) == 12
    drawn = growing.drawn(torch.Generator().manual_seed(0)).tolist()
    assert len(drawn) == 8
    assert all([i, 12 + i] in drawn for i in range(4))
    # stage 3 has the last word
    growing.collector.added = links((11, 22))
    assert [11, 23] not in growing.every.tolist()
    assert [11, 22] in growing.every.tolist()


def test_a_training_with_rules_tells_and_resumes_to_the_same_bits(tiny_data: Path) -> None:
    config = config_of(tiny_data, **RULES)
    whole = trainer_of(config)
    reports = run(whole)
    looked = [r.epoch for r in reports if r.rules]
    assert looked[0] == 0
    assert {
        "found",
        "agreed",
        "used",
        "right",
        "judged",
        "left_out",
        "wrong",
        "clear",
        "doubted",
        "trusted",
    } == reports[0].rules.keys()
    assert whole.links.rules is not None
    assert not touching(whole.links.rules.links, whole.split.val_links).any()
    first, second = trainer_of(config), trainer_of(config)
    for report in first.epochs():
        if report.epoch == 1:
            break
    first.next_epoch = 2
    tensors, meta = first.checkpoint()
    second.resume({name: t.clone() for name, t in tensors.items()}, meta)
    second.best = first.best
    run(second)
    assert same(whole, second)
    assert torch.equal(whole.fused(), second.fused())


def test_fits_reckon_with_as_many_wrong_validation_links_as_there_are_doubted_seeds(tiny_data: Path) -> None:
    wrong = np.array([[3, 20], [8, 15]])
    right = np.array([[i, 12 + i] for i in (0, 1, 2, 4, 5, 6, 7, 9, 10, 11)])
    split = LinkSplit(seed_links=np.concatenate([right, wrong]), val_links=links(), test_links=links())
    held_out = HeldOut(split, 12, 24, seed=0)
    state = FreezingState.initial(torch.ones(1, 24, dtype=torch.bool))
    open_with_rules(rule_links(split), lambda _: SAME[None], held_out, state)
    assert held_out.wrong_share == pytest.approx(2 / 12)
    first, resumed = (trainer_of(config_of(tiny_data, **RULES)) for _ in range(2))
    assert first.links.rules is not None
    first.links.rules.doubted = np.array([0, 2])
    resumed.resume(*first.checkpoint())
    assert resumed.held_out.wrong_share == pytest.approx(2 / len(first.split.seed_links))


def test_rules_do_not_see_the_test_pairing(tiny_data: Path) -> None:
    config = config_of(tiny_data, **RULES)
    trainer = trainer_of(config)
    run(trainer)
    test = trainer.split.test_links.copy()
    test[:, 1] = np.roll(test[:, 1], 3)
    split = LinkSplit(seed_links=trainer.split.seed_links, val_links=trainer.split.val_links, test_links=test)
    other = trainer_of(config, split)
    run(other)
    assert same(trainer, other)


@pytest.mark.parametrize("name", ["paper", "published"])
def test_other_presets_go_without(name: str, tiny_data: Path) -> None:
    config = Config(data=str(tiny_data)).with_settings(preset(name))
    assert config.rules.rounds == 0
    assert trainer_of(config).links.rules is None


def test_a_run_that_goes_on_begins_its_rules_anew(tiny_data: Path, tmp_path: Path) -> None:
    """The base's doubted seeds are places among other seeds."""
    base, after = (trainer_of(config_of(tiny_data, **RULES)) for _ in range(2))
    assert base.links.rules is not None
    assert after.links.rules is not None
    base.links.rules.doubted = np.arange(len(base.split.seed_links))
    base.links.rules.links = links((0, 70))
    (tmp_path / "checkpoint").mkdir()
    checkpoint.save(tmp_path / "checkpoint" / "last.safetensors", *base.checkpoint())
    go_on_from(after, tmp_path)
    assert len(after.links.rules.seeds) == len(after.split.seed_links)
    assert not len(after.links.rules.links)
