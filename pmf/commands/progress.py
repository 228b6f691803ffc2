"""Progress on stderr: bars on a terminal, elsewhere lines, few of them."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pmf.progress import Progress, listening, silent

PAUSE = 2.0
"""Seconds between two lines, at least."""

_LONG = 180.0
"""Seconds of an activity after which its lines get rarer, so that days of work are told in some hundred lines."""

_BEAT = 0.5  # seconds between two looks at whether something is to be said


@contextmanager
def shown(options: argparse.Namespace) -> Iterator[Progress]:
    """Say at once what a command does, and show what its work tells; nothing with --quiet.

    With --json a program reads the result, so progress is for a terminal alone. Of several processes that train
    together the first one speaks.
    """
    terminal = sys.stderr.isatty()
    if options.quiet or (options.json and not terminal) or int(os.environ.get("RANK", "0")) > 0:
        yield silent
        return
    print(options.about, file=sys.stderr, flush=True)
    lines = Bars() if terminal else Lines()
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(lines, ended), daemon=True)
    beat.start()
    try:
        with listening(lines):
            yield lines
    finally:
        ended.set()
        beat.join()
        lines.close()


def _beat(lines: Bars | Lines, ended: threading.Event) -> None:
    """Let what is shown go on while a long step tells nothing."""
    while not ended.wait(_BEAT):
        lines.beat()


@dataclass(slots=True)
class _Round:
    """An activity from its first step to its last: when it began, at which step, and how far it is."""

    began: float
    first: int
    done: int
    total: int
    told: bool = False


class Lines:
    """A line where an activity begins, some while it goes on, and one where it ends; of its next rounds fewer."""

    def __init__(self) -> None:
        self.start = self.last = self.idle = time.monotonic()  # idle: since when no activity goes on
        self.rounds: dict[str, _Round] = {}  # those that go on, the innermost last
        self.began: dict[str, float] = {}  # when the first round of an activity did
        self._lock = threading.Lock()

    def beat(self) -> None:
        """Where nothing has been said for long, say what is being done and for how long; called by another thread."""
        with self._lock:
            now = time.monotonic()
            if not self._due(now):
                return
            if self.rounds:  # the innermost
                what, current = list(self.rounds.items())[-1]
                self._print_round(what, current, now, f", {_span(now - current.began)} so far")
            else:  # imports, say
                self._print(f"at work, {_span(now - self.start)} so far")

    def _due(self, now: float) -> bool:
        """After a pause; where the newest of the activities takes minutes, after a tenth of what goes beyond three."""
        spent = now - max((self.began[what] for what in self.rounds), default=self.idle)
        return now - self.last >= max(PAUSE, (spent - _LONG) / 10)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Print how far an activity is, if it is time to."""
        with self._lock:
            self._tell(what, done, total)

    def _tell(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        due = self._due(now)
        current = self.rounds.get(what)
        if current is None or done < current.done:
            if done >= total:  # there was nothing to wait for, or nobody knows yet for how long
                return
            current = self.rounds[what] = _Round(now, done, done, total)
            due |= done == 0 and what not in self.began
            self.began.setdefault(what, now)
        current.done, current.total = done, total
        if done >= total:
            first = current.began == self.began[what]
            if current.told or (first and now - current.began >= PAUSE):
                self._print(f"{_so_far(what, done, total) or f'{what}: done'} in {_span(now - current.began)}")
            del self.rounds[what]
            self.idle = now
        elif due:
            self._print_round(what, current, now, " …")

    def _print_round(self, what: str, current: _Round, now: float, unknown: str) -> None:
        """How far an activity is, and how long it will take; something else where that is unknown."""
        current.told = True
        steps = current.done - current.first
        left = (now - current.began) / steps * (current.total - current.done) if steps else 0.0
        until = f", about {_span(left)} left" if steps else unknown
        self._print(f"{_so_far(what, current.done, current.total) or what}{until}")

    def _print(self, line: str) -> None:
        print(printable(line), file=sys.stderr, flush=True)
        self.last = time.monotonic()

    def close(self) -> None:
        """Nothing is left open."""


def _so_far(what: str, done: int, total: int) -> str:
    """Steps done of all; "" of a single step, where there is nothing to count."""
    return f"{what}: {done:,} of {total:,}" if total > 1 else ""


def printable(text: str) -> str:
    """Without characters that a terminal would act on: folders are named by anybody."""
    return "".join(char for char in text if char.isprintable())


def _span(seconds: float) -> str:
    """Seconds for a person: 0.4 s, 12 s, 5 min."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


class Bars:
    """A bar for each activity until it is done; of what comes again and again only the first stays on screen."""

    def __init__(self) -> None:
        self.bars: dict[str, Any] = {}
        self.begun: set[str] = set()  # activities that have had a bar
        self._lock = threading.Lock()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Move the bar of an activity."""
        with self._lock:
            self._tell(what, done, total)

    def _tell(self, what: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if what not in self.bars:
            if done >= total:  # there was nothing to wait for, or nobody knows yet for how long
                return
            self.bars[what] = tqdm(
                desc=printable(what),
                initial=done,
                total=total,
                leave=what != "batch" and what not in self.begun,
                bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]",
                file=sys.stderr,
            )
            self.begun.add(what)
        bar = self.bars[what]
        if done < bar.n or bar.total != total:  # the next round of the same activity
            bar.reset(total)
        bar.update(done - bar.n)
        if done >= total:  # its time ends here, not with the command
            self.bars.pop(what).close()

    def beat(self) -> None:
        """Let the time that is shown go on; called by another thread."""
        with self._lock:
            for bar in self.bars.values():
                bar.refresh()

    def close(self) -> None:
        """Close what an error has left open."""
        for bar in self.bars.values():
            bar.close()
