"""All that is to be known of a GPU, in eight minutes: whether it finds what the CPU finds, and how fast it is."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pmf.benchmarks.journey import journey
from pmf.benchmarks.request import Request
from pmf.benchmarks.suite import measure
from pmf.errors import ConfigError, PMFError, UnfinishedError
from pmf.progress import step

CHECKS = ("losses and gradients", "relevance", "ranks", "training", "resume", "memory")
"""As in `pmf.benchmarks.agreement`, which a process that only waits does not import."""

MINUTES = 8
SECONDS = {"device": 20, "check": 35, "memory": 30, "drawn": 20, "journey": 120, "epoch": 60}
"""The longest that each part may take, each check among them, where all may take that many minutes."""

WANTED = {"whole run without maps": 20.0, "whole run": 40.0}
"""Seconds on one H200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        what: was checked or measured.
        result: in words.
        problem: what failed, a line; "" where nothing did.
        seconds: that it took.
        figures: all of it, ready for JSON.
    """

    what: str
    result: str = ""
    problem: str = ""
    seconds: float
    figures: dict[str, Any] | None = None


class GPUReport:
    """Checks and measures one after the other; whatever fails, the others go on.

    Args:
        request: device and settings; the data of the whole run and of the epoch, drawn ones of DBP15K's size if none.
        seconds: for everything; each part has its share of them.
        quiet: whether the training leaves out its progress.

    Attributes:
        machine: what it is.
        rows: so far.

    Raises:
        ConfigError: there is no such device, or a setting is wrong.
    """

    def __init__(self, request: Request, seconds: float, *, quiet: bool) -> None:
        self.request, self.quiet = request, quiet
        self.share = seconds / (60 * MINUTES)
        self.rows: list[Row] = []
        self.machine = self._machine()

    def _machine(self) -> dict[str, Any]:
        try:
            return self._measure("device")
        except UnfinishedError:
            raise
        except PMFError:  # the settings are good, so it is the device
            raise ConfigError(
                "PyTorch finds no GPU on this machine: run bench --gpu where there is one. Without, bench --gpu "
                "--device cpu passes the same checks on the CPU, and make gpu-proof looks at what a GPU would be given"
            ) from None

    def run(self) -> Iterator[Row]:
        """Each row as it is done."""
        for name in CHECKS:
            work = partial(self._measure, "check", check=name, preset="default")
            yield self._row(f"same as the CPU: {name}", work, _agreement)
        yield self._row("memory of a step, computed", partial(self._measure, "memory"), _memory)
        yield self._row("whole run", self._whole_run, _phases)
        yield self._row("an epoch by its parts", partial(self._measure, "epoch"), _parts)

    def _measure(self, section: str, **changed: Any) -> dict[str, Any]:
        return measure(replace(self.request, section=section, **changed), self.share * SECONDS[section])

    def _row(self, what: str, work: Callable[[], dict[str, Any]], words: Callable[[dict[str, Any]], str]) -> Row:
        start, figures, problem = time.monotonic(), None, ""
        try:
            with step(what):
                figures = work()
                problem = figures.get("disagrees", "")
        except PMFError as error:
            problem = " ".join(str(error).split()) or type(error).__name__
        seconds = time.monotonic() - start
        result = "FAILED" if figures is None or problem else words(figures)
        self.rows.append(Row(what=what, result=result, problem=problem, seconds=seconds, figures=figures))
        return self.rows[-1]

    def _whole_run(self) -> dict[str, Any]:
        """`default` by the command line, on the data given or on drawn ones in a folder that goes away."""
        settings = dict(self.request.settings)
        with tempfile.TemporaryDirectory(prefix="pmf-gpu-") as folder:
            if "data" not in settings:
                settings["data"] = str(Path(folder, "drawn"))
                self._measure("drawn", settings=settings)
            request = replace(self.request, section="journey", preset="default", settings=settings)
            return journey(request, quiet=self.quiet, limit=self.share * SECONDS["journey"])

    def failed(self) -> list[str]:
        """What failed, a line each."""
        return [f"{row.what}: {row.problem}" for row in self.rows if row.problem]

    def figures(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"machine": self.machine, "rows": [asdict(row) for row in self.rows], "failed": self.failed()}

    def markdown(self) -> str:
        """A table, then the phases of the run, the parts of the epoch and what failed."""
        machine = self.machine
        lines = [
            f"# {_plain(machine['gpu'] or machine['cpu'])}, torch {_plain(machine['torch'])}",
            "",
            "| what | result | seconds |",
            "|---|---|---|",
            *(f"| {row.what} | {_plain(row.result)} | {row.seconds:.1f} |" for row in self.rows),
        ]
        for row in self.rows:
            if row.figures and "rows" in row.figures:
                lines += ["", f"## {row.what}", "", *_table(row.figures["rows"])]
        failed = [f"- {_plain(line)}" for line in self.failed()]
        return "\n".join([*lines, "", "## Failed", "", *(failed or ["nothing"])]) + "\n"


def _agreement(figures: dict[str, Any]) -> str:
    return (
        f"{figures['compared']} compared; most: {figures['worst']} by {figures['found']:.1e} of {figures['allowed']:g}"
    )


def _memory(figures: dict[str, Any]) -> str:
    kept, *steps = figures["bytes"].values()
    peak = max(steps) / 1e9
    return f"{peak:.2f} GB at most, {kept / 1e9:.2f} of it kept between steps; {figures['entities']:,} entities"


def without_maps(figures: dict[str, Any]) -> float:
    """Seconds of a journey but for its maps and causes."""
    return float(figures["seconds"] - sum(r["seconds"] for r in figures["rows"] if r["phase"] in ("maps", "causes")))


def _phases(figures: dict[str, Any]) -> str:
    both = zip(WANTED.items(), (without_maps(figures), figures["seconds"]), strict=True)
    words = "; ".join(f"{name} {seconds:.1f} s (wanted on an H200: {wanted:g})" for (name, wanted), seconds in both)
    return f"{words}; {figures['entities']:,} entities, {figures['epochs']} epochs"


def _parts(figures: dict[str, Any]) -> str:
    epoch = next(row for row in figures["rows"] if row["part"] == "epoch of stage 1")
    return f"{epoch['seconds_min']:.3f} s, {epoch['share']:.0%} of the ceiling by {epoch['bound']}"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    if "phase" in rows[0]:
        head = ["| phase | seconds |", "|---|---|"]
        return head + [f"| {row['phase']} | {row['seconds']:.2f} |" for row in rows]
    head = ["| part | fastest, s | median, s | share of the ceiling | bound by |", "|---|---|---|---|---|"]
    cells = ("{part}", "{seconds_min:.4f}", "{seconds_median:.4f}", "{share:.1%}", "{bound}")
    return head + [f"| {' | '.join(cells)} |".format(**row) for row in rows]


def _plain(text: str) -> str:
    """As a cell that Markdown shows as it stands: names of files and of machines are anybody's."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#!|~&$" else c for c in " ".join(text.split()))
