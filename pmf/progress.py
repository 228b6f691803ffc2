"""How far something has come: who works calls, a page or a command shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all; the last call has all steps done."""

Listener = Callable[[Path, float], None]

_listener: ContextVar[Listener] = ContextVar("listener", default=lambda path, done: None)


def silent(what: str, done: int, total: int) -> None:
    """The progress of work that nobody watches."""


def reading(path: Path, done: float = 0.0) -> None:
    """Say which file is being read, and how much of it, in [0, 1], has been."""
    _listener.get()(path, done)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Pass what is said in the `with` block to `listener`; it may raise to give the reading up."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
