"""What verdicts brought: a run and those that went on from it, on the test links that all of them have."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd

from app.shared.services import catalog
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.runs.reader import RunReader
from pmf.statistics import proportion

COLUMNS = ["run", "verdicts", "direction", "hits", "low", "high", "queries"]


def family(run: RunView) -> list[RunView]:
    """The finished runs that this one shares its beginning with, fewest verdicts first.

    Where a run's weights are not kept, it is trained anew with the same settings, on the same data: such runs belong
    together too. Of several without verdicts, which are all alike, there is one.
    """
    readers: dict[Path, RunReader] = {}
    for folder in catalog.run_folders().values():
        with contextlib.suppress(RunFormatError, OSError):  # a damaged run is none of the family
            readers[folder.resolve()] = RunReader(folder)
    readers.setdefault(run.reader.folder.resolve(), run.reader)
    first = _first(run.reader.folder.resolve(), readers)
    alike = [one for folder, one in readers.items() if _recipe(_first(folder, readers)) == _recipe(first)]
    ended = [view for one in alike if _has_ended(view := RunView(one))]
    with_verdicts = sorted((one for one in ended if _verdicts(one)), key=_verdicts)
    without = sorted((one for one in ended if not _verdicts(one)), key=lambda one: one.reader.folder != first.folder)
    return [*without[:1], *with_verdicts]


def _verdicts(run: RunView) -> int:
    return run.reader.facts.verdicts_used


def _has_ended(run: RunView) -> bool:
    """Whether a run can be compared: finished, and none of what is compared is damaged."""
    try:
        return run.state.name == "finished" and len(run.outcome) == len(run.split)
    except RunFormatError:
        return False


def _recipe(reader: RunReader) -> dict[str, str]:
    """All that leads to a run's links and weights but for the verdicts."""
    settings = reader.facts.settings.items()
    apart = ("data", "preset", "device")
    same = {name: str(value) for name, value in settings if name not in apart and not name.startswith("verdicts.")}
    return {**same, "fingerprint": reader.facts.fingerprint}


def _first(folder: Path, readers: dict[Path, RunReader]) -> RunReader:
    """Where the chain of runs that a run went on from begins, as far as it is still there."""
    seen = {folder}
    while folder in readers:
        base = readers[folder].facts.settings["verdicts.base"]
        if not base or "\0" in base or (before := Path(base).resolve()) not in readers or before in seen:
            break
        folder = before
        seen.add(folder)
    return readers[folder]


def gain(run: RunView) -> pd.DataFrame:
    """Hits@1 against the number of verdicts, one row a run of the family and direction.

    Only queries that are test links in each of the runs count, so that a run whose verdicts used test links is not
    asked what it was told.

    Returns:
        `COLUMNS`: run id, verdicts it trained with, direction, Hits@1 with its 95 % interval (Wilson), and the number
        of queries; empty unless at least two runs can be compared.
    """
    runs = [one for one in family(run) if one.predictions is not None and one.n == run.n]
    if len(runs) < 2:
        return pd.DataFrame(columns=COLUMNS)
    counted = np.logical_and.reduce([(one.split == "test") & (one.outcome >= 0) for one in runs])
    rows = []
    for one in runs:
        for direction, title in DIRECTIONS.items():
            mine = counted & ((np.arange(run.n) < run.n_source) == (direction == next(iter(DIRECTIONS))))
            share = proportion(int((one.outcome[mine] == 1).sum()), int(mine.sum()))
            values = (one.run_id, _verdicts(one), title, share.share, share.low, share.high, share.n)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return pd.DataFrame(rows, columns=COLUMNS)
