"""The order of the engine's rooms: each imports only from rooms below it, and no module from one that needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PMF = ROOT / "pmf"

FLOORS = (
    "errors arrays bounded files places precision progress statistics processes spreadsheets distributed",  # each other
    "modalities",
    "config",
    "data",
    "logic",
    "audit features runs",
    "alignment",
    "freezing",  # relevance is a search of alignment
    "model",
    "failures projection",  # both read run folders; training ends with them
    "training",
    "adopting updating",  # both end runs as training does
    "api queue studies benchmarks",
    "commands",
    "cli",
    "__main__",
)
"""Rooms from the ground up. Rooms of one floor import nothing from each other, but for the ground."""

BUILDERS = "modalities"
"""The one room that calls rooms above it: a record loads the builder of its features when they are built."""


def imports(tree: ast.AST, later: bool = False) -> Iterator[tuple[str, bool]]:
    """Modules of `pmf` that a file imports and whether only when a function is called; none for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pmf":
            yield from ((f"{node.module}.{alias.name}", later) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, later) for alias in node.names if alias.name.partition(".")[0] == "pmf")
        yield from imports(node, later or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def floor(room: str) -> int:
    """Which floor a room is on; every room of the engine has one."""
    found = [at for at, rooms in enumerate(FLOORS) if room in rooms.split()]
    assert found, f"pmf/{room} has no floor yet: give it one in {Path(__file__).name}"
    return found[0]


def upwards(source: str, room: str) -> list[str]:
    """What a file of a room imports although it is not below."""
    found = [
        (name, name.split(".")[1])
        for name, later in imports(ast.parse(source))
        if "." in name and not (later and room == BUILDERS)
    ]
    here = floor(room)
    return [
        name
        for name, other in found
        if other not in (room, "__version__") and floor(other) >= here and (here > 0 or floor(other) > here)
    ]


def room_of(file: Path) -> str:
    return file.relative_to(PMF).parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    ("room", "line", "allowed"),
    [
        ("data", "from pmf.features.bags import relation_bags", False),
        ("data", "from pmf.arrays import Ids", True),
        ("training", "import pmf.queue.queue", False),
        ("queue", "from pmf.studies import cells", False),
        ("alignment", "from pmf import freezing", False),
        ("modalities", "from pmf.features.bags import relation_bags", True),
        ("places", "from pmf.errors import PMFError", True),
        ("places", "from pmf.config.config import Config", False),
    ],
)
def test_what_may_be_imported(room: str, line: str, allowed: bool) -> None:
    assert (upwards(f"def later():\n    {line}\n", room) == []) is allowed


def test_rooms_import_from_below_only() -> None:
    files = [file for file in PMF.rglob("*.py") if file != PMF / "__init__.py"]
    assert len(files) > 200
    bad = {str(file.relative_to(ROOT)): found for file in files if (found := upwards(file.read_text(), room_of(file)))}
    assert bad == {}


def test_no_module_needs_itself() -> None:
    files = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in PMF.rglob("*.py")
    }
    needs = {name: set(_needs(name, file.read_text(), files)) for name, file in files.items() if name != "pmf"}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(f"modules that need each other: {error.args[1]}")


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _needs(name: str, source: str, files: dict[str, Path]) -> Iterator[str]:
    """Modules that a module needs; a package may load its own files once it is called."""
    for imported, later in imports(ast.parse(source)):
        module = imported if imported in files else imported.rpartition(".")[0]
        own = module.startswith(f"{name}.") or name.startswith("pmf.modalities.")
        if module not in ("pmf", name) and not (later and own):
            yield module
