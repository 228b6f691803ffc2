"""What the first page needs, loaded when the server starts: before its first visitor waits for it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import streamlit.material_icon_names  # noqa: F401  Streamlit imports it with the first icon

from app.shared.figures import headline as figures
from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.places import ASSETS
from pmf.runs.reader import RunReader


def load(page: Path) -> None:
    """Import what a page's script imports, and what comes in with the first run and its charts."""
    for line in ast.parse(page.read_bytes()).body:
        if isinstance(line, (ast.Import, ast.ImportFrom)):
            exec(compile(ast.Module([line], []), page, "exec"), {})  # noqa: S102 - our own imports, nothing else
    run = RunView(RunReader(ASSETS / "runs" / "atlas"))
    run.reader.predictions()
    for figure in (
        figures.curve(headline.curve(run), "test", None),
        figures.alone(headline.alone(run)),
        figures.coverage(headline.coverage(run)),
    ):
        figure.to_json()
    inspect.stack()  # Streamlit does so with its first element; it then knows the modules that are loaded by now
