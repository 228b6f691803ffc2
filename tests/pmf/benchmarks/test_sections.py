"""Stopwatch, shares and sections on small data, in this process; no time is ever asserted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from pmf.benchmarks import machine, search
from pmf.benchmarks.epoch import epoch_section, measure_parts, schedule
from pmf.benchmarks.flops import Operations
from pmf.benchmarks.growth import growth_row
from pmf.benchmarks.machine import Ceilings, machine_section
from pmf.benchmarks.request import Request
from pmf.benchmarks.search import planted_pairs, search_row
from pmf.benchmarks.setup import pair_of, synthetic_like_dbp15k, trainer_of
from pmf.benchmarks.stopwatch import Measurement, Stopwatch
from pmf.benchmarks.to_hits import to_hits_section
from pmf.errors import ConfigError
from pmf.freezing.relevance import RelevanceMeter
from pmf.training.loop.trainer import Trainer
from tests.conftest import TINY_SETTINGS

PARTS = [
    *("structure encoder, forward", "structure encoder, backward"),
    *("attention, one layer, forward", "attention, one layer, backward"),
    *("feature encoders, forward", "feature encoders, backward"),
    *("contrastive losses, forward", "contrastive losses, backward"),
    *("training step", "clipping and AdamW", "embedding every entity", "relevance (freezing)"),
    *("evaluation, both directions, CSLS", "epoch of stage 1", "epoch of stage 1 that freezes"),
]
MEASURED = {"part", "seconds_min", "seconds_median", "flop", "bytes", "share", "bound", "peak_memory_bytes"}


@pytest.fixture(autouse=True)
def small_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SHAPES", {"small": (8, 4, 16)})
    monkeypatch.setattr(machine, "SQUARE", {"cpu": 32})
    monkeypatch.setattr(machine, "COPIED", 2**16)


class ScriptedWatch(Stopwatch):
    """Its clock says what it is told, in turn."""

    def __init__(self, times: list[float], **arguments: Any) -> None:
        super().__init__(torch.device("cpu"), **arguments)
        self.times = iter(times)

    def now(self) -> float:
        return next(self.times)


def test_the_warm_up_does_not_count_and_preparing_is_not_timed() -> None:
    made: list[int] = []
    seen: list[int] = []

    def prepare() -> int:
        made.append(len(made))
        return made[-1]

    watch = ScriptedWatch([0, 100, 200, 203, 300, 301, 400, 409], repeat=3)
    measured = watch("part", Operations(2, 3), seen.append, prepare)
    assert seen == made == [0, 1, 2, 3]
    assert (measured.seconds_min, measured.seconds_median) == (1, 3)
    assert (measured.part, measured.operations) == ("part", Operations(2, 3))
    assert measured.peak_memory_bytes > 2**20
    cold = ScriptedWatch([0, 100, 200, 203], repeat=2, warmup=0)("part", Operations(0, 0), seen.append)
    assert (cold.seconds_min, cold.seconds_median) == (3, 51.5)


def test_a_share_is_the_larger_one_of_the_fastest_run() -> None:
    products = {"a": {"float32": 50.0, "bfloat16": 100.0}, "b": {"float32": 40.0, "bfloat16": 400.0}}
    ceilings = Ceilings(products=products, moves={"copy": 7.0, "scale in place": 10.0})
    assert ceilings.peaks("bfloat16") == {"flop_per_second": 400, "bytes_per_second": 10}

    def rated(flop: int, moved: int, dtype: str = "float32") -> tuple[float, str]:
        row = ceilings.rate(
            Measurement(
                part="p", seconds_min=2, seconds_median=9, operations=Operations(flop, moved), peak_memory_bytes=5
            ),
            dtype,
        )
        assert set(row) == MEASURED
        assert (row["flop"], row["bytes"], row["seconds_median"]) == (flop, moved, 9)
        return row["share"], row["bound"]

    assert rated(60, 10) == (pytest.approx(0.6), "compute")
    assert rated(60, 18) == (pytest.approx(0.9), "bandwidth")
    assert rated(60, 2, "bfloat16") == (pytest.approx(0.1), "bandwidth")


def test_the_machine_is_described_and_measured() -> None:
    section = machine_section(Request(section="machine", repeat=1))
    assert json.loads(json.dumps(section)) == section
    assert section["torch"] == torch.__version__
    assert section["cpu"]
    assert section["threads"] == torch.get_num_threads()
    assert set(section["ceilings"]["products"]) == {"small 8 × 4 × 16", "square 32 × 32 × 32"}
    for speeds in section["ceilings"]["products"].values():
        assert set(speeds) == {"float32", "bfloat16"}
        assert min(speeds.values()) > 0
    assert set(section["ceilings"]["moves"]) == {"copy", "scale in place"}
    assert min(section["ceilings"]["moves"].values()) > 0


def check_row(row: dict[str, Any]) -> None:
    assert set(row) >= MEASURED
    assert 0 < row["seconds_min"] <= row["seconds_median"]
    assert min(row["flop"], row["bytes"], row["share"]) > 0
    assert row["bound"] in ("compute", "bandwidth")


def test_every_part_of_an_epoch_has_its_row(tiny_data: Path) -> None:
    settings = TINY_SETTINGS | {"data": str(tiny_data)}
    section = epoch_section(Request(section="epoch", settings=settings, repeat=2))
    assert json.loads(json.dumps(section)) == section
    assert [row["part"] for row in section["rows"]] == PARTS
    for row in section["rows"]:
        check_row(row)
    by_part = {row["part"]: row["flop"] for row in section["rows"]}
    assert by_part["epoch of stage 1"] > by_part["training step"] > by_part["structure encoder, backward"]
    frozen = by_part["epoch of stage 1"] + by_part["embedding every entity"] + by_part["relevance (freezing)"]
    assert by_part["epoch of stage 1 that freezes"] == frozen
    assert (section["entities"], section["seed_links"], section["precision"]) == (128, 22, "float32")
    assert set(section["ceilings"]) == {"flop_per_second", "bytes_per_second"}


@pytest.mark.parametrize("preset", ["published", "default"])
def test_one_half_of_the_epochs_freezes_and_the_other_does_not(
    tiny_data: Path, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(section="epoch", preset=preset, settings=TINY_SETTINGS | {"data": str(tiny_data)}, repeat=2)
    config = request.config(schedule(2))
    trainer = trainer_of(config, pair_of(config))
    scored: list[int] = []
    measured = RelevanceMeter.__call__

    def meter(self: RelevanceMeter, embeddings: torch.Tensor) -> torch.Tensor:
        scored.append(trainer.next_epoch)
        return measured(self, embeddings)

    monkeypatch.setattr(RelevanceMeter, "__call__", meter)
    monkeypatch.setattr(Trainer, "_evaluate", lambda self: pytest.fail("an epoch was evaluated"))
    assert [row.part for row in measure_parts(trainer, Stopwatch(torch.device("cpu"), 2))] == PARTS
    assert trainer.next_epoch == 6
    assert scored == [0, 0, 0, 3, 4, 5]  # on its own before the first epoch, and in the second half of them


def test_structure_alone_has_no_feature_encoders(tiny_data: Path) -> None:
    settings = TINY_SETTINGS | {"data": str(tiny_data), "modalities": "structure"}
    config = Request(section="epoch", settings=settings, repeat=1).config(schedule(1))
    rows = measure_parts(trainer_of(config, pair_of(config)), Stopwatch(torch.device("cpu"), 1))
    assert [row.part for row in rows] == [part for part in PARTS if not part.startswith("feature")]


def test_growth_says_how_much_there_was() -> None:
    row = growth_row(Request(section="growth", settings={"model.width": "8", "train.batch_size": "30"}, size=400))
    check_row(row)
    assert (row["data"], row["entities"], row["seed_links"], row["steps"]) == ("synthetic", 400, 46, 2)
    assert row["seconds_per_million"] == pytest.approx(row["seconds_min"] / (400 + row["edges"]) * 1e6)
    assert row["fanout"] is None
    settings = {"model.width": "8", "train.sampling": "always", "train.fanout": "3"}
    drawn = growth_row(Request(section="growth", settings=settings, size=400))
    check_row(drawn)
    assert drawn["fanout"] == 3
    assert drawn["flop"] < row["flop"]
    with pytest.raises(ConfigError, match="entities must be at least 2"):
        growth_row(Request(section="growth", size=0))


def test_search_compares_both_halves() -> None:
    row = search_row(Request(section="search", settings={"model.width": "8"}, size=401))
    check_row(row)
    assert (row["entities"], row["width"], row["k"]) == (400, 24, 10)
    assert row["flop"] == 2 * 200 * 200 * 24
    assert row["queries"] == 200
    assert 0 < row["index"]["seconds_min"] <= row["index"]["seconds_median"]
    assert set(row["index"]["recall"]) == {"source_to_target", "target_to_source"}
    assert min(row["index"]["recall"].values()) > 0.95


def test_of_many_a_sample_searches_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_WHOLE", 100)
    monkeypatch.setattr(search, "_SAMPLE", 50)
    monkeypatch.setattr(search, "installed", lambda: False)
    row = search_row(Request(section="search", settings={"model.width": "8"}, size=400))
    assert row["flop"] == 2 * 50 * 50 * 24
    assert (row["queries"], row["index"]) == (50, None)


def test_planted_counterparts_stand_out() -> None:
    source, target = planted_pairs(400, 300, seed=0)
    scores = source @ target.T
    torch.testing.assert_close(
        scores.new_tensor([1.0, 1.0]), torch.stack([source.norm(dim=1), target.norm(dim=1)])[:, 7]
    )
    assert (scores[:300].argmax(1) == torch.arange(300)).float().mean() > 0.8
    assert scores.diagonal()[:300].mean() == pytest.approx(0.78, abs=0.03)
    assert (scores[300:].argmax(1) == torch.arange(300, 400)).float().mean() < 0.2


def test_training_ends_once_the_validation_links_are_found(tiny_data: Path) -> None:
    def train(hits: float) -> dict[str, Any]:
        # without what finds all of so few links before anything is learned
        plain = {"model.propagation": "0", "evaluation.reliability": "false", "rules.rounds": "0"}
        settings = TINY_SETTINGS | {"data": str(tiny_data)} | plain
        return to_hits_section(Request(section="to_hits", preset="default", settings=settings, hits=hits))

    short, whole = train(0.01), train(1.0)
    assert short["reached"]
    assert 0.01 <= short["best"] <= 1
    assert short["seed_links"] == whole["seed_links"] == 16  # six more are for validation
    assert not whole["reached"]
    assert short["best"] <= whole["best"] < 1
    assert short["epochs"] < whole["epochs"] == 8
    assert 0 < whole["train_seconds"] < whole["seconds"]
    assert whole["setup_seconds"] > 0


def test_the_drawn_pair_is_like_dbp15k() -> None:
    pair = synthetic_like_dbp15k(2000)
    assert (len(pair), len(pair.links)) == (2000, 769)
    assert len(synthetic_like_dbp15k(39_000).links) == 15_000
