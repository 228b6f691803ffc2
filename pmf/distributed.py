"""Several processes that train one model, as `torchrun` starts them: whose part is what, and what they tell each other.

Every process holds all data and draws the same batches. It embeds its part of a batch's rows, hears the others' parts,
and works out its rows' part of the gradient; the parts add up to what one process would find.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed
from torch.autograd.function import once_differentiable
from torch.distributed.rendezvous import rendezvous

from pmf.errors import ConfigError, LostProcessError


class Processes:
    """This process among those that train together; alone, nothing here talks to anybody.

    Args:
        rank: which one this is, from 0.
        world: how many there are.
    """

    def __init__(self, rank: int = 0, world: int = 1) -> None:
        self.rank, self.world = rank, world

    @property
    def writes(self) -> bool:
        """Whether this process writes the run folder; one does."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """The part of `count` rows that is this process's."""
        size = -(-count // self.world)
        return slice(min(self.rank * size, count), min((self.rank + 1) * size, count))

    def gather(self, own: Tensor, count: int) -> Tensor:
        """All rows, from everybody's part.

        Args:
            own: `[k, r, …]`, the rows of `share(count)`.
            count: of all rows.

        Returns:
            `[k, count, …]`, without a gradient.

        Raises:
            LostProcessError: another process has ended.
        """
        if self.world == 1:
            return own
        size = -(-count // self.world)
        # rows in front, so that the parts stand end to end; what is missing of the last ones is never read
        padded = own.new_empty(size, len(own), *own.shape[2:], device=self._device())
        padded[: own.shape[1]] = own.transpose(0, 1)
        everyone = padded.new_empty(size * self.world, *padded.shape[1:])
        with _all_there():
            distributed.all_gather_single(everyone, padded)
        return everyone[:count].transpose(0, 1).contiguous().to(own.device)

    def gather_rows(self, own: Tensor, count: int) -> Tensor:
        """As `gather`, for what every process then computes in full: each row's gradient goes to its own process."""
        rows: Tensor = _Gather.apply(own, count, self)  # type: ignore[no-untyped-call]
        return rows

    def add_gradients(self, parts: Iterable[Tensor], same: Iterable[Tensor]) -> None:
        """Turn every process's gradients into those of the whole batch.

        Args:
            parts: parameters whose gradient each process knows a part of.
            same: parameters whose gradient each process knows in full.
        """
        if self.world == 1:
            return
        parts = list(parts)
        for p in parts:
            if p.grad is not None and p.grad.is_sparse:
                p.grad = self._add_rows(coalesced(p.grad))
        added = [p.grad for p in parts if p.grad is not None and not p.grad.is_sparse]
        gradients = [p.grad for p in same if p.grad is not None]
        everything = torch.cat([*(g.flatten() for g in added), *(g.flatten() / self.world for g in gradients)])
        with _all_there():
            distributed.all_reduce(everything)
        for gradient, whole in zip(
            [*added, *gradients], everything.split([g.numel() for g in [*added, *gradients]]), strict=True
        ):
            gradient.copy_(whole.view_as(gradient))

    def _add_rows(self, own: Tensor) -> Tensor:
        """The sum of everybody's sparse gradients; the rows may be others in each, so they are told one by one."""
        counts = [int(self.first(torch.tensor(own._nnz()), rank)) for rank in range(self.world)]
        told = []
        for rank, count in enumerate(counts):
            mine = rank == self.rank
            rows = own.indices()[0] if mine else own.indices().new_empty(count)
            values = own.values() if mine else own.values().new_empty(count, *own.shape[1:])
            with _all_there():
                distributed.broadcast(rows, rank)
                distributed.broadcast(values, rank)
            told.append((rows, values))
        rows, values = (torch.cat(part) for part in zip(*told, strict=True))
        return torch.sparse_coo_tensor(rows[None], values, own.shape, check_invariants=False).coalesce()

    def any(self, flag: bool) -> bool:
        """Whether it is true of any process."""
        if self.world == 1:
            return flag
        flags = torch.tensor([float(flag)], device=self._device())
        with _all_there():
            distributed.all_reduce(flags)
        return bool(flags.item())

    def largest(self, values: Tensor) -> Tensor:
        """Of each number the largest that any process has, in place."""
        if self.world > 1 and values.numel():
            with _all_there():
                distributed.all_reduce(values, distributed.ReduceOp.MAX)
        return values

    def sum(self, values: Tensor) -> Tensor:
        """The sum of what every process has, in place: of whole numbers, or of numbers that all but one have as 0.

        Only then is it the same in any order.
        """
        if self.world > 1 and values.numel():
            with _all_there():
                distributed.all_reduce(values)
        return values

    def each(self, own: Tensor) -> Tensor:
        """What every process has, `[world, …]`; of the same shape everywhere."""
        return self.gather(own[None, None], self.world)[0]

    def first(self, values: Tensor, rank: int = 0) -> Tensor:
        """What the first process has, or one of another rank, of the same shape and type everywhere."""
        if self.world == 1:
            return values
        # gloo knows no int16, and float64 holds every smaller whole number
        told = values.to(self._device(), torch.float64, copy=True)
        with _all_there():
            distributed.broadcast(told, rank)
        return told.to(values.device, values.dtype)

    def _device(self) -> str:
        return "cuda" if distributed.get_backend() == "nccl" else "cpu"


ALONE = Processes()


class _Gather(torch.autograd.Function):
    """Own rows `[k, r, d]` → all rows `[k, count, d]`."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, count: int, processes: Processes) -> Tensor:
        ctx.mine = processes.share(count)
        return processes.gather(own, count)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return grad[:, ctx.mine], None, None


@contextmanager
def together(device: torch.device) -> Iterator[Processes]:
    """Join the processes that torchrun started with this one; without torchrun, be alone.

    Raises:
        ConfigError: a GPU each is asked for, and there are fewer.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield ALONE
        return
    on_gpu = device.type == "cuda"
    if on_gpu:
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise ConfigError(f"{local + 1} processes on a machine with {torch.cuda.device_count()} GPUs; start fewer")
        torch.cuda.set_device(local)
    with _all_there():
        store, rank, world = next(rendezvous("env://"))
        # the store outlives a restart, and with it what the processes before have left in it
        store = distributed.distributed_c10d.PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
        distributed.init_process_group("nccl" if on_gpu else "gloo", store=store, rank=rank, world_size=world)
    try:
        yield Processes(rank, world)
    finally:
        distributed.destroy_process_group()


@contextmanager
def _all_there() -> Iterator[None]:
    """Say in a sentence that somebody has gone.

    Raises:
        LostProcessError: the others do not answer.
    """
    try:
        yield
    except RuntimeError as error:
        raise LostProcessError(
            "another process of this training has ended; resume the run to go on from its last checkpoint"
        ) from error


def coalesced(gradient: Tensor) -> Tensor:
    """`gradient.coalesce()`, without sorting and copying where the rows of `[n, d]` ascend already.

    Autograd does not keep what its functions know of that.
    """
    rows, values = gradient._indices(), gradient._values()
    if not bool((rows[0].diff() > 0).all()):
        return gradient.coalesce()
    return torch.sparse_coo_tensor(rows, values, gradient.shape, is_coalesced=True, check_invariants=False)
