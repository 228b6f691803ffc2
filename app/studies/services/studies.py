"""Which studies there are, and what is in their folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from app.shared.services.published import Published, all_published
from pmf.bounded.json_files import read_json
from pmf.bounded.tables import read_frame
from pmf.config.config import Config, by_name
from pmf.config.presets import settings_of
from pmf.errors import DataFormatError, PMFError, RunFormatError
from pmf.places import ASSETS, runs_folder

BUNDLED = ASSETS / "studies"
ABOUT, SUMMARY, RESULTS, GROUPS = "study.json", "summary.parquet", "results.parquet", "groups.parquet"

TITLES = {
    "modalities": "Each modality alone",
    "leave-one-out": "One modality left out",
    "parts": "What each part brings",
    "freezing": "With and without freezing",
    "schedule": "Freezing schedule",
    "seed-share": "Share of seed links",
    "noise": "Wrong seed links",
    "missing-images": "Missing pictures",
    "corrupted-images": "Wrong pictures",
    "size": "Size of the graphs",
    "presets": "Presets",
    "planted": "Planted pictures",
    "annotator": "Simulated annotator",
}
NOTES = {
    "annotator": "Half of the links that are no seeds are the pool that is asked about, one answer in twenty is wrong; "
    "Hits@1 is of the other half, of which nobody is asked. Pool right: by a verdict, or else as the run's first "
    "candidate."
}
"""What else one must know to read a study."""

_UNLIKE = {
    "annotator": "this study tests on half of the links, among fewer candidates",
    "planted": "this study has made-up pictures",
}

_SUMMARY_COLUMNS = {"setting", "value", "direction", "seeds", "hits@1_mean", "hits@1_sd", "mrr_mean", "mrr_sd"}
_RESULT_COLUMNS = {"setting", "value", "seed", "direction", "stage", "preset", "seed_ratio", "scope", "decode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study's folder.

    Args:
        name: of the folder.
        kind: name in the catalogue of studies.
        question: that it answers, "" where its folder does not say.
        dataset: name of the data set.
        settings: that all its runs were given, None where its folder does not say.
        summary: a row per variant and direction, as `pmf study` writes it.
        results: a row per run, stage and direction.
        groups: a row per run, direction and group of entities; None without.
    """

    name: str
    kind: str
    question: str
    dataset: str
    settings: dict[str, str] | None
    summary: pd.DataFrame
    results: pd.DataFrame
    groups: pd.DataFrame | None

    @property
    def title(self) -> str:
        """What it is called on screen."""
        return f"{TITLES.get(self.kind, self.kind)}, {self.dataset}"

    @property
    def modalities(self) -> tuple[str, ...]:
        """That its first variant learns."""
        first = _first_variant(self.results)
        return tuple(c.removeprefix("hits@1_") for c in first if c.startswith("hits@1_") and first[c].notna().all())


def study_folders() -> dict[str, Path]:
    """Name → folder, the user's own before the bundled, and instead of it under an equal name."""
    own = runs_folder()
    folders: dict[str, Path] = {}
    for root in (own / "studies", own, BUNDLED):
        for path in sorted(root.glob(f"*/{ABOUT}")):
            folders.setdefault(path.parent.name, path.parent)
    return folders


def stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes whenever the study has."""
    files = ((name, folder / name) for name in (ABOUT, SUMMARY, RESULTS, GROUPS))
    return tuple((name, path.stat().st_mtime_ns) for name, path in files if path.exists())


def title(folder: Path) -> str:
    """What a study is called; its folder's name where that cannot be read."""
    try:
        about = _about(folder)
    except RunFormatError:
        return folder.name
    return f"{TITLES.get(about['study'], about['study'])}, {about['dataset']} ({folder.name})"


def open_study(folder: Path) -> Study:
    """Read a study.

    Raises:
        RunFormatError: it is not finished, or damaged.
    """
    about = _about(folder)
    if not (folder / SUMMARY).exists():
        raise RunFormatError(f"The study {folder.name} has no results yet; they are written once all its runs are.")
    settings = about.get("settings")
    return Study(
        name=folder.name,
        kind=about["study"],
        question=str(about.get("question", "")),
        dataset=about["dataset"],
        settings=settings if isinstance(settings, dict) else None,
        summary=_table(folder / SUMMARY, _SUMMARY_COLUMNS),
        results=_table(folder / RESULTS, _RESULT_COLUMNS),
        groups=_table(folder / GROUPS, {"by", "group"}) if (folder / GROUPS).exists() else None,
    )


def _about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT
    try:
        about = read_json(path)
    except DataFormatError as error:
        raise RunFormatError(str(error)) from None
    if not isinstance(about, dict) or not all(isinstance(about.get(name), str) for name in ("study", "dataset")):
        raise RunFormatError(f"{path} does not say of which study and data set it is.")
    return about


def _table(path: Path, needed: set[str]) -> pd.DataFrame:
    try:
        table = read_frame(path)
    except DataFormatError as error:
        raise RunFormatError(str(error)) from None
    if missing := needed - set(table):
        raise RunFormatError(f"{path} has no column {', '.join(sorted(missing))}")
    return table


def _first_variant(results: pd.DataFrame) -> pd.DataFrame:
    first = results.iloc[:1]
    return results[(results["setting"] == first["setting"].item()) & (results["value"] == first["value"].item())]


def config(study: Study) -> dict[str, Any] | None:
    """How the runs of the first variant were set, None where the folder does not say enough."""
    if study.settings is None:
        return None
    first = study.results.iloc[0]
    name = str(first["preset"])
    settings = {"modalities": ",".join(study.modalities), "seed_ratio": str(first["seed_ratio"])}
    try:
        return Config(data="", preset=name).with_settings(settings_of(name, {**study.settings, **settings})).to_dict()
    except PMFError:  # of a version with other settings
        return None


def published(study: Study) -> list[Published] | None:
    """Published figures of the same data, each with what keeps the first variant from comparing; None if unknown."""
    values = config(study)
    if values is None:
        return None
    unlike = (_UNLIKE[study.kind],) if study.kind in _UNLIKE else ()
    figures = all_published(study.dataset, by_name(values))
    return [replace(figure, differs=figure.differs + unlike) for figure in figures]


def conditions(study: Study) -> str:
    """What the figures of a study are figures of, in one sentence."""
    end = study.results[study.results["stage"] == "end"]

    def all_of(column: str) -> str:
        return ", ".join(str(value) for value in end[column].unique()) if column in end else "unknown"

    selection = {
        "last": "last epoch",
        "validation": "best epoch on validation links",
        "test": "best epoch on test links",
    }
    chosen = ", ".join(selection.get(name, name) for name in all_of("selection").split(", "))
    seeds = end["seed"].nunique()
    return (
        f"{study.dataset}, preset {all_of('preset')}, {' + '.join(study.modalities)}; test links, {all_of('scope')} "
        f"candidates, {all_of('decode')}, {chosen}; mean ± standard deviation over {seeds} "
        f"seed{'s' if seeds > 1 else ''}."
    )
