"""What the end of a training compares: of many entities every comparison takes minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

from pmf.alignment.search.similarity import Ranking, Similarities
from pmf.runs.reader import RunReader
from pmf.training.run import train
from tests.pmf.training.loop.test_trainer import config_of


def test_an_end_ranks_the_fused_embeddings_once(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The predictions and their figures come from the same ranking, and each modality has one of its own."""
    ranked: list[int] = []
    rank = Similarities.rank

    def count(scores: Similarities, truth: Tensor, k: int) -> tuple[Ranking, Ranking]:
        ranked.append(scores.source.shape[1])
        return rank(scores, truth, k)

    monkeypatch.setattr(Similarities, "rank", count)
    config = config_of(
        tiny_data,
        train__epochs="1",
        train__freeze_epochs="1",
        train__iterative_epochs="0",
        train__selection="last",
        train__snapshots="0",
        train__evaluate_every="5",
        evaluation__decode="csls",
    )
    results = train(config, tmp_path / "run")
    modalities = len(config.modalities)
    widths = sorted(ranked)
    assert widths.count(widths[-1]) == 2  # once for the log of the epoch, once for the end
    assert len(ranked) == modalities + 2
    table = RunReader(tmp_path / "run").predictions()
    assert table is not None
    forward = table[(table["direction"] == "source_to_target") & (table["split"] == "test")]
    assert results["source_to_target"]["hits@1"] == pytest.approx((forward["rank"] <= 1).mean())
