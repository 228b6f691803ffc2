"""A run, or a slice of it, in one document: what was shown first, then errors, figures, and how it was trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from app.report.services import sections
from app.report.services import setup as report_setup
from app.report.services.cover import cover
from app.report.services.map import outcome_map
from app.report.services.parts import Face, Picture, Section
from app.report.services.pictured import pictured
from app.report.services.subject import Subject, subject_of
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


def report(run: RunView, data: Dataset, subject: Subject | None = None) -> Report:
    """What is known of a run or a slice of it; what it has not got, or not yet, is left out or said to be missing.

    Args:
        run: any run, also one that is still trained.
        data: its data set; pictures are shown and judged where it is at hand.
        subject: the slice that is spoken of, None for the run.

    Raises:
        RunFormatError: the run folder is damaged.
    """
    subject = subject or subject_of(run)
    of_run = () if subject.name else (sections.training(run), sections.freezing(run, data), sections.health(run))
    shown = (
        cover(run, subject),
        pictured(run, data, subject),
        outcome_map(run, subject),
        sections.failures(run, subject),
        sections.parts(run, subject),
        sections.about(run),
        sections.results(run),
        *of_run,
        report_setup.configuration(run),
        report_setup.environment(run),
        _links(run, subject),
    )
    title = f"{run.title}, {subject.title}" if subject.name else run.title
    return Report(title=title, sections=tuple(section for section in shown if section))


def _links(run: RunView, subject: Subject) -> Section:
    pages = ("failures", "matches", "review", "embeddings", "overview")
    return Section(title="In the app", links=tuple(subject.link(run, page, page.capitalize()) for page in pages))
