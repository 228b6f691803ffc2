"""The buttons that take a table along."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from app.shared.services import export, paper_table

File = tuple[str, Callable[[pd.DataFrame], bytes], str, str]
FILES: tuple[File, ...] = (
    ("CSV", export.as_csv, "csv", "text/csv"),
    ("Parquet", export.as_parquet, "parquet", "application/vnd.apache.parquet"),
)


def _for_paper(forms: Mapping[str, str]) -> tuple[File, ...]:
    return (
        ("Markdown", lambda rows: paper_table.as_markdown(rows, forms), "md", "text/markdown"),
        ("LaTeX", lambda rows: paper_table.as_latex(rows, forms), "tex", "application/x-tex"),
    )


def downloads(rows: Callable[[], pd.DataFrame], *, name: str, key: str, paper: Mapping[str, str] | None = None) -> None:
    """A button per file format.

    Args:
        rows: makes the table, once somebody wants it.
        name: of the file, without ending.
        key: what the keys of the buttons begin with.
        paper: column → how its numbers are written, of a table that is offered as Markdown and LaTeX too.
    """
    files = FILES if paper is None else FILES + _for_paper(paper)
    with st.container(horizontal=True, gap="small"):
        for label, make, ending, mime in files:
            st.download_button(
                label,
                lambda make=make: make(rows()),
                f"{name}.{ending}",
                mime,
                key=f"{key}.{ending}",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )
