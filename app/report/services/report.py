"""A run in one document, fit for an appendix: its figures with what they were measured on, and how it was trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from app.report.services import sections
from app.report.services import setup as report_setup
from app.report.services.parts import Picture, Section
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


def report(run: RunView, data: Dataset) -> Report:
    """What is known of a run; what it has not got, or not yet, is left out or said to be missing.

    Args:
        run: any run, also one that is still trained.
        data: its data set; pictures are judged where its ground truth is at hand.

    Raises:
        RunFormatError: the run folder is damaged.
    """
    parts = (
        sections.about(run),
        sections.results(run),
        sections.training(run),
        sections.freezing(run, data),
        sections.parts(run),
        sections.failures(run),
        sections.health(run),
        report_setup.configuration(run),
        report_setup.environment(run),
    )
    return Report(title=run.title, sections=tuple(section for section in parts if section))
