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


def tell(what: str, done: int, total: int) -> None:
    """Report to who listens to this thread: from work too deep down to be handed a `Progress`."""
    _listener.get()(what, done, total)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell that something is done in the `with` block, in one step that nobody can see into."""
    tell(what, 0, 1)
    yield
    tell(what, 1, 1)


def reading(path: Path, done: int = 0, total: int = 0) -> None:
    """Tell which file is read, and how many of its bytes or lines have been; a total of 0 is not known yet."""
    tell(f"reading {path}", done, total)


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Report what is told in the `with` block to `listener`; it may raise to give the work up."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
