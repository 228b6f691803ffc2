"""The optimiser of rows against PyTorch's own, and the clipping of sparse gradients against that of dense ones."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from pmf.training.loop import optimizer
from pmf.training.loop.optimizer import RowAdamW, clip_gradients
from tests.commands import as_arguments
from tests.conftest import ROOT, TINY_SETTINGS

SETTINGS = {"lr": 0.1, "weight_decay": 0.3, "fused": True}


def parameters() -> list[torch.nn.Parameter]:
    torch.manual_seed(0)
    return [torch.nn.Parameter(torch.randn(5, 16)), torch.nn.Parameter(torch.randn(4))]


def sparse(gradient: Tensor, rows: list[int]) -> Tensor:
    return torch.sparse_coo_tensor(torch.tensor([rows]), gradient[rows], gradient.shape, check_invariants=True)


@pytest.mark.parametrize("at_a_time", [2, 100])
def test_all_rows_are_stepped_as_adamw_does(at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer, "_ROWS", at_a_time)
    ours, theirs = parameters(), parameters()
    rows, whole = RowAdamW(ours, **SETTINGS), torch.optim.AdamW(theirs, **SETTINGS)
    for _ in range(4):
        table, vector = torch.randn(5, 16), torch.randn(4)
        ours[0].grad, theirs[0].grad = sparse(table, [4, 2, 0, 1, 3]), table
        ours[1].grad, theirs[1].grad = vector, vector.clone()
        rows.step()
        whole.step()
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.equal(mine, other)
    states = rows.state_dict()["state"], whole.state_dict()["state"]
    for index in (0, 1):
        assert all(torch.equal(states[0][index][name], value) for name, value in states[1][index].items())


def test_rows_without_a_gradient_stay_as_they_are() -> None:
    """No momentum moves them and nothing decays; what is touched moves as if it were alone."""
    table, alone = parameters()[0], torch.nn.Parameter(parameters()[0].detach()[1:2].clone())
    before = table.detach().clone()
    rows, single = RowAdamW([table], **SETTINGS), torch.optim.AdamW([alone], **SETTINGS)
    gradient = torch.randn(5, 16)
    table.grad, alone.grad = sparse(gradient, [1]), gradient[1:2].clone()
    rows.step()
    single.step()
    assert torch.equal(table[1:2], alone)
    table.grad = sparse(gradient, [3, 3])  # twice: its gradients add up
    rows.step()
    assert torch.equal(table[1:2], alone)
    assert torch.equal(table[[0, 2, 4]], before[[0, 2, 4]])
    assert not torch.equal(table[3], before[3])
    state = rows.state[table]
    torch.testing.assert_close(state["exp_avg"][3], 0.1 * 2 * gradient[3])
    assert not state["exp_avg"][[0, 2, 4]].any()


def test_a_state_goes_on_bit_for_bit() -> None:
    ours = parameters()
    rows = RowAdamW(ours, **SETTINGS)
    gradients = [sparse(torch.randn(5, 16), [i, 4]) for i in range(3)]
    for gradient in gradients[:2]:
        ours[0].grad = gradient
        rows.step()
    again = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    other = RowAdamW(again, **SETTINGS)
    other.load_state_dict(copy.deepcopy(rows.state_dict()))
    for one, stepper in ((ours, rows), (again, other)):
        one[0].grad = gradients[2]
        stepper.step()
    assert torch.equal(ours[0], again[0])


@pytest.mark.parametrize("largest", [0.5, 100.0])
def test_sparse_gradients_are_clipped_as_dense_ones(largest: float) -> None:
    ours, theirs = parameters(), parameters()
    table, vector = torch.zeros(5, 16), torch.randn(4)
    table[[1, 4]] = torch.randn(2, 16)
    ours[0].grad, theirs[0].grad = sparse(table, [4, 1]), table.clone()
    ours[1].grad, theirs[1].grad = vector.clone(), vector.clone()
    clip_gradients(ours, largest)
    torch.nn.utils.clip_grad_norm_(theirs, largest)
    torch.testing.assert_close(ours[0].grad.to_dense(), theirs[0].grad)
    torch.testing.assert_close(ours[1].grad, theirs[1].grad)
    clip_gradients(theirs, largest)  # nothing is left to clip
    torch.testing.assert_close(ours[1].grad, theirs[1].grad)


def test_no_training_imports_the_compiler(tmp_path: Path) -> None:
    """It takes two seconds in every process, and nothing here is compiled."""
    script = f"""import sys
from pmf.cli import main
settings = {as_arguments({**TINY_SETTINGS, "train.project": "false"})!r}
assert main(["train", "--data", "demo", *settings, "--run", {str(tmp_path / "run")!r}]) == 0
assert not {{"torch._dynamo", "sympy"}} & sys.modules.keys()"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
