"""Who may import whom."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT


def modules(file: Path) -> Iterator[str]:
    """What a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def imports(file: Path) -> set[str]:
    """Top-level names of the packages that a file imports."""
    return {name.partition(".")[0] for name in modules(file)}


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


def named(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_module_needs_itself_to_be_imported() -> None:
    """Else a command works or fails by what happened to be imported before."""
    files = {named(file): file for file in (ROOT / "pmf").rglob("*.py")}
    needs: dict[str, set[str]] = {}
    for name, file in files.items():
        needs[name] = set()
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            for wanted in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                parts = wanted.split(".")  # a package comes before what lies in it, but for who lies there as well
                packages = {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & files.keys()
                needs[name] |= {one for one in packages if not f"{name}.".startswith(f"{one}.")}
    TopologicalSorter(needs).prepare()


def test_the_app_starts_without_torch() -> None:
    """It takes seconds to import, and no page needs it to show a run."""
    pages = sorted(
        {name for file in (ROOT / "app").glob("*/page.py") for name in modules(file) if name.startswith("app.")}
    )
    script = f"import sys; import {', '.join(['app.main', *pages])}; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip().endswith("False")


def test_pages_are_thin() -> None:
    lengths = {file.parent.name: len(file.read_text().splitlines()) for file in (ROOT / "app").glob("*/page.py")}
    assert {name: n for name, n in lengths.items() if n > 100} == {}


FLOORS = ("store", "shared", "slices studies alignment", "report")
"""Rooms of the app that several pages use, from the ground up; the pages stand above them."""
KNOWN: set[tuple[str, str]] = set()
"""File and module that it imports although it may not."""


def floor(room: str) -> int:
    return next((at for at, rooms in enumerate(FLOORS) if room in rooms.split()), len(FLOORS))


def crossings(source: str, room: str) -> list[str]:
    """Modules that a file of a room imports from another page, or from a floor that is not below its own."""
    modules: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    others = [(name, parts[1]) for name in modules if (parts := name.split("."))[0] == "app" and len(parts) > 2]
    return [name for name, other in others if other != room and floor(other) >= floor(room)]


@pytest.mark.parametrize(
    ("room", "line", "allowed"),
    [
        ("failures", "from app.matches.services import matches", False),
        ("failures", "import app.matches.page", False),
        ("failures", "from app.slices.services import names", True),
        ("slices", "from app.studies.widgets import view", False),
        ("shared", "from app.slices.services import names", False),
        ("store", "from app.shared.services import catalog", False),
        ("report", "from app.slices.services import names", True),
    ],
)
def test_what_a_crossing_is(room: str, line: str, allowed: bool) -> None:
    assert (crossings(f"def later():\n    {line}\n", room) == []) is allowed


def test_no_page_imports_another_page() -> None:
    files = [file for file in (ROOT / "app").glob("*/**/*.py") if file.parent != ROOT / "app"]
    assert len(files) > 100
    bad = {
        (str(file.relative_to(ROOT)), module)
        for file in files
        for module in crossings(file.read_text(encoding="utf-8"), file.relative_to(ROOT / "app").parts[0])
    }
    assert bad - KNOWN == set()


RAW = re.compile(r"""reader\.config\b|\.config(\[|\.get)|\["config"\]|\.recorded(\[|\.get)|read_json.*CONFIG""")
"""Ways to read config.json past `pmf.runs.facts`."""


def test_pages_ask_the_facts_of_a_run_and_never_its_config_file() -> None:
    assert RAW.search('run.reader.config["config"]["preset"]')
    raw = {
        str(file.relative_to(ROOT)): match[0]
        for file in (ROOT / "app").rglob("*.py")
        if (match := RAW.search(file.read_text(encoding="utf-8")))
    }
    assert raw == {}
