"""How far work has come: the code that works reports, a page or a command shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all; the last call has all steps done."""

Steps = Callable[[int, int], None]
"""A `Progress` that knows already what is being done: `functools.partial(progress, what)`."""


def silent(what: str, done: int, total: int) -> None:
    """The progress of work that nobody watches."""


_listener: ContextVar[Progress] = ContextVar("listener", default=silent)


def reading(path: Path, done: int = 0, total: int = 1) -> None:
    """Report the file that is being read, and how many of its bytes or lines have been."""
    _listener.get()(str(path), done, total)


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Report every file that is read in the `with` block to `listener`; it may raise to give the reading up."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
