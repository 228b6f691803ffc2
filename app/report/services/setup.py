"""How a run was made: every setting, and what it ran on."""

from __future__ import annotations

import statistics
from pathlib import PureWindowsPath
from typing import Any

import pandas as pd

from app.report.services.parts import Section, Table
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import NAMES_A_FILE, as_text
from pmf.config.config import by_name
from pmf.runs import layout

VERSIONS = {"code_version": "PMF Explorer", "python": "Python", "torch": "PyTorch"}
UNKNOWN = "not recorded"


def configuration(run: RunView) -> Section:
    """Every setting, resolved; of files and folders their names alone."""
    settings = by_name(run.reader.facts.recorded)
    settings["data"] = run.reader.facts.data_name or "?"
    rows = pd.DataFrame([(name, _shown(name, value)) for name, value in settings.items()], columns=["Setting", "Value"])
    table = Table(name="configuration", caption="Every setting of the run.", rows=rows, forms={})
    return Section(title="Configuration", tables=(table,))


def environment(run: RunView) -> Section:
    """Versions, device, time and memory, as the run recorded them."""
    facts = run.reader.facts
    versions = {title: facts.versions.get(name, UNKNOWN) for name, title in VERSIONS.items()}
    versions |= {"run folder format": str(layout.FORMAT), "device": facts.device or UNKNOWN}
    versions["threads"] = UNKNOWN if facts.threads is None else str(facts.threads)
    seconds = [report["train_seconds"] for report in run.reports if "train_seconds" in report]
    memory = [report["peak_memory_bytes"] for report in run.reports if "peak_memory_bytes" in report]
    if seconds:
        versions["training, median epoch"] = f"{statistics.median(seconds):.2f} s"
        versions["training, all epochs"] = f"{sum(seconds):.1f} s"
    if memory:
        versions["peak memory of the training process"] = f"{max(memory) / 2**20:,.0f} MiB"
    rows = pd.DataFrame([(name, str(value)) for name, value in versions.items()], columns=["What", "Value"])
    caption = "As recorded by the training, not by the computer that wrote this report."
    return Section(title="Environment", tables=(Table(name="environment", caption=caption, rows=rows, forms={}),))


def _shown(name: str, value: Any) -> str:
    text = as_text(value)
    path = PureWindowsPath(text)  # knows the separators of both worlds
    places = name in NAMES_A_FILE or name.startswith("verdicts.")
    return path.name if (places and len(path.parts) > 1) or path.root else text
