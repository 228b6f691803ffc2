"""The memory of this process: how much it needs at most, when it keeps what is free, and when it gives that back."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_LARGEST_THRESHOLD = 32 << 20


def peak_memory_bytes(device: torch.device) -> int:
    """Peak since the start: of the GPU where one trains, else of the process.

    Source: proc_pid_status(5), getrusage(2).
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "linux":  # its `getrusage` also remembers how large the process was that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes


def give_back() -> None:
    """Give the system what is free of this process's memory; without glibc, nothing happens.

    glibc keeps the gaps that tables below 32 MiB leave behind: a training of DBP15K soon holds 0.3 GB of them.

    Source: malloc_trim(3).
    """
    if libc := _glibc():
        libc.malloc_trim(0)


@contextmanager
def memory_kept() -> Iterator[None]:
    """Use memory that is freed again, instead of giving it back and waiting for the system to clear new one.

    glibc takes every block of 32 MiB or more anew: a step on a large graph would spend a quarter of its time on page
    faults. Whatever is free is given back at the end. Without glibc, nothing happens.

    Source: mallopt(3).
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, -1)
    try:
        yield
    finally:
        # what glibc itself comes to in a process with large blocks
        libc.mallopt(_MMAP_MAX, 65_536)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
        libc.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_THRESHOLD)
        give_back()


def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "malloc_trim") else None
