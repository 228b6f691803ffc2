"""The run that a page shows, as a document to take along."""

from __future__ import annotations

import streamlit as st

from app.report.services.files import as_zip
from app.report.services.report import report
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView


def report_button(run: RunView) -> None:
    """One click: HTML and Markdown with figures and tables, put together when it is asked for."""
    st.download_button(
        "Report",
        lambda: as_zip(report(run, open_dataset(run))),
        f"{run.run_id}_report.zip",
        "application/zip",
        key="report",
        icon=":material/summarize:",
        help="Figures, tables, slices, settings and environment of this run as HTML and Markdown, fit for an appendix.",
        on_click="ignore",
    )
