"""Who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(file: Path) -> set[str]:
    """Top-level names of the packages that a file imports, anywhere in it."""

    def found() -> Iterator[str]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module

    return {name.partition(".")[0] for name in found()}


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("pmf", {"app", "streamlit", "plotly"}),
        ("app/*/services", {"streamlit", "plotly"}),
        ("app/*/figures", {"streamlit"}),
        ("app/store", {"streamlit", "plotly", "torch"}),
        ("app/*/widgets", {"plotly"}),
        ("app/*/page.py", {"plotly"}),
    ],
)
def test_no_forbidden_imports(folder: str, forbidden: set[str]) -> None:
    files = [file for place in ROOT.glob(folder) for file in ([place] if place.is_file() else place.rglob("*.py"))]
    assert files
    assert {str(f.relative_to(ROOT)): bad for f in files if (bad := imports(f) & forbidden)} == {}


def test_pages_are_thin() -> None:
    lengths = {file.parent.name: len(file.read_text().splitlines()) for file in (ROOT / "app").glob("*/page.py")}
    assert {name: n for name, n in lengths.items() if n > 100} == {}
