"""What a page shows, a run or a slice of it, as a document to print or to send."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from app.report.services.files import as_zip
from app.report.services.html import as_html
from app.report.services.report import Report, report
from app.report.services.subject import subject_of
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.data.unpack import safe_name
from pmf.errors import ConfigError
from pmf.runs import layout


def report_button(run: RunView, slice_name: str = "", direction: str = layout.SOURCE_TO_TARGET) -> None:
    """Two files, each put together when it is asked for.

    Args:
        run: the run.
        slice_name: the slice in the address, "" for all of the run, as also where there is no such slice.
        direction: from which graph the page asks.
    """
    try:
        subject = subject_of(run, slice_name, direction if direction in layout.DIRECTIONS else layout.SOURCE_TO_TARGET)
    except ConfigError:
        subject = subject_of(run)

    def made() -> Report:
        return report(run, open_dataset(run), subject)

    app, of = _address(), "this slice" if subject.name else "this run"
    label = f"Report of {of}" if subject.name else "Report"
    name = safe_name("_".join(filter(None, (run.run_id, subject.title, "report"))))
    with st.container(horizontal=True, gap="small", width="content"):
        st.download_button(
            label,
            lambda: as_html(made(), app),
            f"{name}.html",
            "text/html",
            key="report",
            icon=":material/summarize:",
            help=f"Findings, pictured errors, map, figures and settings of {of}: one file that prints on A4.",
            on_click="ignore",
        )
        st.download_button(
            "Markdown",
            lambda: as_zip(made(), app),
            f"{name}.zip",
            "application/zip",
            key="report.files",
            icon=":material/folder_zip:",
            help="The same as Markdown and HTML, with pictures and every table as CSV.",
            type="tertiary",
            on_click="ignore",
        )


def _address() -> str:
    """Where this app is, without the page and what it shows; "" where the browser did not say."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}" if parts.netloc else ""
