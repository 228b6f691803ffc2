"""A run, or a slice of it, in one document: what was shown first, then errors, figures, and how it was trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from app.report.services import sections
from app.report.services import setup as report_setup
from app.report.services.cover import cover
from app.report.services.map import outcome_map
from app.report.services.part import Part, part_of
from app.report.services.parts import Face, Picture, Section
from app.report.services.pictured import pictured
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the documents hold, whatever their format.

    Args:
        title: of the run.
        sections: in the order of reading.
    """

    title: str
    sections: tuple[Section, ...]

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Every table in full, by a name that is no other's."""
        for section in self.sections:
            yield from ((table.name, table.rows) for table in section.tables)

    def pictures(self) -> Iterator[Picture]:
        """Every figure; no two have the same name."""
        for section in self.sections:
            yield from section.pictures

    def faces(self) -> Iterator[Face]:
        """Every entity that is shown with its picture, as often as it is shown."""
        for section in self.sections:
            yield from (face for cause in section.causes for error in cause.errors for face in error.faces)


def report(run: RunView, data: Dataset, part: Part | None = None) -> Report:
    """What is known of a run or a slice of it; what it has not got, or not yet, is left out or said to be missing.

    Args:
        run: any run, also one that is still trained.
        data: its data set; pictures are shown and judged where it is at hand.
        part: the slice that is spoken of, None for the run.

    Raises:
        RunFormatError: the run folder is damaged.
    """
    part = part or part_of(run)
    of_run = () if part.name else (sections.training(run), sections.freezing(run, data), sections.health(run))
    shown = (
        cover(run, part),
        pictured(run, data, part),
        outcome_map(run, part),
        sections.failures(run, part),
        sections.parts(run, part),
        sections.about(run),
        sections.results(run),
        *of_run,
        report_setup.configuration(run),
        report_setup.environment(run),
        _links(run, part),
    )
    title = f"{run.title}, {part.title}" if part.name else run.title
    return Report(title=title, sections=tuple(section for section in shown if section))


def _links(run: RunView, part: Part) -> Section:
    pages = ("failures", "matches", "review", "embeddings", "overview")
    return Section(title="In the app", links=tuple(part.link(run, page, page.capitalize()) for page in pages))
