"""A training loop of somebody else's writes a run while it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import pmf
from pmf.errors import ConfigError, NonFiniteLossError, RunLockedError
from pmf.runs import layout
from pmf.runs.reader import RunReader

EPOCHS = 6


class TwoTables(nn.Module):
    """A small model of its own: a free vector and a mapped picture of each entity, and a gate for each of the two."""

    def __init__(self, n: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.free, self.mapped = nn.Embedding(n, 8), nn.Linear(12, 8)
        self.pictures = torch.randn(n, 12)
        self.gate = nn.Parameter(torch.ones(2))

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.free.weight, self.mapped(self.pictures)


def step(model: TwoTables, optimizer: torch.optim.Optimizer, links: torch.Tensor) -> torch.Tensor:
    structure, image = model()
    both = torch.cat([structure * model.gate[0], image * model.gate[1]], dim=1)
    loss = (both[links[:, 0]] - both[links[:, 1]]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def links_file(folder: Path) -> Path:
    """The test links: the last 36 of 56."""
    lines = [f"http://tiny.example/1/e{i},http://tiny.example/2/e{i}\n" for i in range(20, 56)]
    (folder / "test.csv").write_text("source,target\n" + "".join(lines))
    return folder / "test.csv"


def test_a_run_grows_while_a_model_trains(tmp_path: Path, tiny_data: Path) -> None:
    folder = tmp_path / "run"
    states, gates = [], torch.ones(2, 128)
    with pmf.LiveRun(
        tiny_data, folder, epochs=EPOCHS, split=str(links_file(tmp_path)), keep_every=2, maps=False
    ) as run:
        links = torch.from_numpy(run.split.seed_links)
        model = TwoTables(len(run.pair))
        optimizer = torch.optim.Adam(model.parameters(), 0.05)
        for epoch in range(EPOCHS):
            loss = step(model, optimizer, links)
            gates[1, :10] = 0 if epoch >= 3 else 1  # from then on these pictures do not count
            structure, image = model()
            relevance = np.full((2, 128), 0.5) if epoch >= 2 else None
            run.epoch(loss=loss, structure=structure, image=image, weights=gates, relevance=relevance)
            now = RunReader(folder)
            states.append((now.state().name, now.state().epoch, now.embedding("image") is not None))
            with pytest.raises(RunLockedError), pmf.LiveRun(tiny_data, folder, epochs=1):
                pass
    assert states == [("running", epoch, True) for epoch in range(EPOCHS)]
    done = RunReader(folder)
    done.check()
    assert done.state().name == "finished"
    assert done.modalities == ("structure", "image")
    assert len(links) == 20
    frozen_at = done.frozen_at()
    assert frozen_at is not None
    assert set(frozen_at[1, :10].tolist()) == {3}
    assert set(frozen_at[:, 10:].ravel().tolist()) == {layout.NEVER_FROZEN}
    reports = done.epoch_reports()
    assert [round(report["frozen_share"]["image"], 3) for report in reports] == [0, 0, 0, *[round(10 / 128, 3)] * 3]
    assert reports[0]["losses"]["total"] > reports[-1]["losses"]["total"]
    assert done.measured_epochs() == [2, 3, 4, 5]
    snapshots, course = done.snapshots(), done.course()
    assert snapshots is not None
    assert course is not None
    assert snapshots["epochs"].tolist() == list(range(EPOCHS))
    assert pmf.evaluate(done)["source_to_target"] == done.results()["source_to_target"]  # type: ignore[index]
    pair = pmf.explain(done, 0, 64 + 3)
    assert sum(part.share for part in pair.evidence) == pytest.approx(pair.similarity)


@pytest.mark.parametrize(
    ("error", "name", "message"),
    [
        (ValueError("no"), "failed", "ValueError: no"),
        (KeyboardInterrupt(), "stopped", "Stopped on request."),
        (MemoryError("none"), "failed", "MemoryError: none"),
    ],
)
def test_how_a_loop_ends_is_in_the_log(
    tmp_path: Path, tiny_data: Path, error: BaseException, name: str, message: str
) -> None:
    folder = tmp_path / "run"

    def train() -> None:
        with pmf.LiveRun(tiny_data, folder, epochs=3, maps=False) as run:
            run.epoch(fused=torch.randn(128, 4))
            raise error

    with pytest.raises(type(error)):
        train()
    state = RunReader(folder).state()
    assert (state.name, state.message) == (name, message)  # nothing of resuming: only the loop itself can go on


def test_what_an_epoch_cannot_be(tmp_path: Path, tiny_data: Path) -> None:
    good = np.random.default_rng(0).normal(size=(128, 4))

    def record(**what: object) -> None:
        with pmf.LiveRun(tiny_data, tmp_path / f"run{len(list(tmp_path.iterdir()))}", epochs=2, maps=False) as run:
            run.epoch(**what)  # type: ignore[arg-type]

    for wrong, message in (
        ({}, "an epoch needs embeddings"),
        ({"fused": good[:5]}, r"fused has shape \(5, 4\), expected a row for each of 128 entities"),
        ({"picture": good}, "unknown modality picture"),
        ({"image": good, "weights": [1, 2]}, "weights have shape"),
        ({"image": good, "relevance": np.full((1, 128), 2)}, r"relevance must lie in \[0, 1\]"),
    ):
        with pytest.raises(ConfigError, match=message):
            record(**wrong)
    with pytest.raises(NonFiniteLossError, match="loss total of epoch 0 is nan"):
        record(fused=good, loss=float("nan"))
    with pytest.raises(NonFiniteLossError, match="embeddings fused of epoch 0"):
        record(fused=good * np.nan)


def test_a_loop_may_choose_how_candidates_are_ranked(tmp_path: Path, tiny_data: Path) -> None:
    settings = {"evaluation.decode": "csls", "evaluation.csls_k": 5}
    with pmf.LiveRun(tiny_data, tmp_path / "run", epochs=1, settings=settings, maps=False) as run:
        run.epoch(fused=np.random.default_rng(0).normal(size=(128, 4)))
    results, adopted = RunReader(tmp_path / "run").results(), RunReader(tmp_path / "run").facts.adopted
    assert results is not None
    assert adopted is not None
    assert results["decode"] == "csls(k=5, rounds=1)"
    assert "Candidates are ranked by csls(k=5, rounds=1)." in adopted.lines
    with pytest.raises(ConfigError, match="said twice"):
        pmf.LiveRun(tiny_data, tmp_path / "other", epochs=1, settings=settings, decode="csls")
