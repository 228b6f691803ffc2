"""How runs differ in their settings, and what that means for their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from app.compare.services.runs import NAMES
from app.shared.services.headline import decoding
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import as_text
from pmf.config.config import by_name

_SELECTION = {
    "last": "the last epoch",
    "validation": "the best epoch on validation links",
    "test": "the best epoch on the test links, which flatters it",
}


def changed_settings(runs: Sequence[RunView]) -> tuple[pd.DataFrame, int]:
    """What differs between the runs' configurations.

    Returns:
        A row a setting and a column a run; and how many more settings not every run has recorded, which are left out.
    """
    by_run = [dict(settings_of(run)) for run in runs]
    names = list(dict.fromkeys(name for settings in by_run for name in settings))
    shared = [name for name in names if all(name in settings for settings in by_run)]
    differ = [name for name in shared if len({settings[name] for settings in by_run}) > 1]
    columns = {letter: [settings[name] for name in differ] for letter, settings in zip(NAMES, by_run, strict=False)}
    return pd.DataFrame({"Setting": differ, **columns}), len(names) - len(shared)


def settings_of(run: RunView) -> Iterator[tuple[str, str]]:
    """Name and value of everything that a run was told, and what it ran on."""
    facts = run.reader.facts
    yield from ((name, as_text(value)) for name, value in by_name(facts.recorded).items() if name != "data")
    yield from ({**facts.versions, "device": facts.device} if facts.device else facts.versions).items()


def unlike(runs: Sequence[RunView]) -> list[str]:
    """A sentence for each way in which the runs were not measured alike."""
    sentences = []
    for what, values in _measured(runs).items():
        if len(set(values)) > 1:
            listed = "; ".join(f"{letter}: {value}" for letter, value in zip(NAMES, values, strict=False))
            sentences.append(f"They differ in {what}: {listed}.")
    return sentences


def _measured(runs: Sequence[RunView]) -> dict[str, list[str]]:
    values_of: dict[str, list[str]] = {"candidates": [], "similarity": [], "decoding": [], "the epoch chosen": []}
    for run in runs:
        results, facts = run.reader.results() or {}, run.reader.facts
        values_of["candidates"].append(str(results.get("scope", facts.scope)))
        values_of["similarity"].append(str(facts.settings["evaluation.scoring"]))
        values_of["decoding"].append(decoding(run, results))
        selection = str(results.get("selection", facts.selection))
        values_of["the epoch chosen"].append(_SELECTION.get(selection, selection))
    return values_of
