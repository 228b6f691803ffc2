"""Every figure of the app, and the fixed data in `figure_examples/MODULE.py` that each can be drawn from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import app.figures

HELPERS = {"style", "paper", "table", "points_traces"}
OTHERWISE = {"neighbourhood", "review"}  # ECharts, and SVG


def modules() -> list[str]:
    """Names of the modules that draw."""
    return [found.name for found in pkgutil.iter_modules(app.figures.__path__) if found.name not in HELPERS]


def public(module: str) -> set[str]:
    """The functions of a module that make a figure; one that changes a figure it is given does not."""
    return {name for name, _ in _drawing(importlib.import_module(f"app.figures.{module}"))}


def _drawing(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        own = function.__module__ == module.__name__ and not name.startswith("_")
        signature = inspect.signature(function)
        given = [parameter.annotation for parameter in signature.parameters.values()]
        draws = signature.return_annotation == "go.Figure" or module.__name__.rpartition(".")[2] in OTHERWISE
        if own and draws and "go.Figure" not in given[:1]:
            yield name, function


def examples(module: str) -> dict[str, Callable[[], Any]]:
    """Title → what draws it; a title is the function's name, and what is special about this one after a colon."""
    found: dict[str, Callable[[], Any]] = importlib.import_module(f"tests.figure_examples.{module}").EXAMPLES
    return found
