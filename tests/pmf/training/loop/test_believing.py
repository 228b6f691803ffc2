"""Rules count at the end as much as validation links say: where they are right, and not where they are wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from pmf.config.config import Config
from pmf.data.split import LinkSplit
from pmf.freezing.held_out import HeldOut
from pmf.freezing.state import FreezingState
from pmf.logic.equality import Grounds, Likely
from pmf.model.believed import Believed, believed_rows
from pmf.training.loop.believing import SHARES, believe, best_share
from pmf.training.loop.reliability import fit_reliability
from pmf.training.loop.trainer import Trainer
from tests.pmf.training.links.test_rules import RULES
from tests.pmf.training.loop.test_trainer import config_of, run, trainer_of

N, WIDTH = 400, 256
EVERY = np.stack([np.arange(N), np.arange(N, 2 * N)], axis=1)
SPLIT = LinkSplit(seed_links=EVERY[:40], val_links=EVERY[40:160], test_links=EVERY[160:])
STATE = FreezingState.initial(torch.ones(1, 2 * N, dtype=torch.bool))
CONFIG = Config(data="", modalities=("structure",)).with_settings({"evaluation.reliability": "true"})


def embeddings(noise: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(N, WIDTH, generator=generator).repeat(2, 1)
    return functional.normalize(shared + noise * torch.randn(2 * N, WIDTH, generator=generator), dim=1)[None]


def opinion(pairs: np.ndarray) -> torch.Tensor:
    likely = Likely(pairs, np.full(len(pairs), 0.8), Grounds)  # type: ignore[arg-type]
    return believed_rows(likely, SPLIT.seed_links, 2 * N, N, WIDTH, seed=1)


def share_of(rows: torch.Tensor) -> float:
    return best_share(embeddings(4.0), rows, 0, HeldOut(SPLIT, N, 2 * N, seed=0), STATE, CONFIG)[0]


def test_rules_that_are_right_count_and_find_more_of_the_links_that_nobody_has_seen() -> None:
    rows = opinion(EVERY[40::2])
    share = share_of(rows)
    assert share in SHARES

    def hits(table: torch.Tensor) -> float:
        source, target = (table[side] for side in SPLIT.test_links.T)
        return float(((source @ target.T).argmax(1) == torch.arange(len(source))).float().mean())

    table = embeddings(4.0)[0]
    assert hits(Believed(rows, share).mix(table.clone())) > hits(table) + 0.05


def test_rules_that_are_wrong_do_not_count() -> None:
    wrong = np.stack([EVERY[40:, 0], np.roll(EVERY[40:, 1], 7)], axis=1)
    assert share_of(opinion(wrong)) == 0
    assert share_of(opinion(EVERY[:0])) == 0


def test_with_the_share_come_the_factors_that_fit_it() -> None:
    tables = torch.cat([embeddings(4.0), embeddings(6.0)])
    rows, held_out = opinion(EVERY[40::2]), HeldOut(SPLIT, N, 2 * N, seed=0)
    state = FreezingState.initial(torch.ones(2, 2 * N, dtype=torch.bool))
    share, factor = best_share(tables, rows, 0, held_out, state, CONFIG)
    Believed(rows, share).mix(tables[0])
    fitted = fit_reliability(held_out, held_out.cosines(tables), state, CONFIG)
    assert factor[0] > 1.5
    assert factor.tolist() == pytest.approx(fitted.tolist(), rel=1e-3)


SCORED = RULES | {"rules__scored": "true"}


@pytest.fixture(scope="module")
def trained(tiny_data: Path) -> Trainer:
    trainer = trainer_of(config_of(tiny_data, **SCORED))
    run(trainer)
    believe(trainer)
    return trainer


def test_it_is_not_learned_from_test_links(tiny_data: Path, trained: Trainer) -> None:
    test = trained.split.test_links.copy()
    test[:, 1] = np.roll(test[:, 1], 3)
    other = trainer_of(trained.config, dataclasses.replace(trained.split, test_links=test))
    run(other)
    believe(other)
    assert trained.links.rules is not None
    assert other.links.rules is not None
    assert trained.links.rules.share == other.links.rules.share
    assert torch.equal(trained.fused(), other.fused())


def test_the_share_is_kept_and_after_the_end_the_rules_know_what_was_held_out(
    trained: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = trained.links.rules
    assert rules is not None
    rules.share = 0.2
    asked: list[list[list[int]]] = []
    likely = rules.likely
    monkeypatch.setattr(rules, "likely", lambda fused, known, _: asked.append(known.tolist()) or likely(fused, known))
    trained.model.believed = None
    plain = trained.fused()
    believe(trained, choose=False)
    assert asked == [np.concatenate([rules.seeds, trained.split.val_links]).tolist()]
    assert not torch.equal(trained.fused(), plain)
    copy = trainer_of(trained.config)
    copy.resume(*trained.checkpoint())
    assert copy.links.rules is not None
    assert copy.links.rules.share == pytest.approx(0.2)
    assert torch.equal(copy.fused(), plain)  # a resumed training learns without it


def test_who_has_no_structure_gets_none_by_it(trained: Trainer) -> None:
    rules, model = trained.links.rules, trained.model
    assert rules is not None
    structure = trained.config.modalities.index("structure")
    missing = int(trained.split.test_links[0, 0])
    present, model.present = model.present, model.present.clone()
    model.present[structure, missing] = False
    assert model.propagated is not None
    model.propagated[structure, missing] = 0
    rules.share = 0.2
    believe(trained, choose=False)
    table = trained.embed_all()[structure]
    assert not table[missing].any()
    others = torch.linalg.vector_norm(table, dim=1)[present[structure] & (torch.arange(len(table)) != missing)]
    assert others.numpy() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "settings", [{"rules__scored": "false"}, {"evaluation__exact_pairs": "1"}, {"rules__rounds": "0"}]
)
def test_it_is_left_out_where_it_is_not_wanted_or_would_take_too_long(
    tiny_data: Path, settings: dict[str, str]
) -> None:
    trainer = trainer_of(config_of(tiny_data, **(SCORED | settings)))
    run(trainer)
    before = trainer.fused()
    believe(trainer)
    assert torch.equal(trainer.fused(), before)
