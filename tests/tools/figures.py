"""Every figure of the app, and the fixed data in `figure_examples/WING/NAME.py` that each can be drawn from."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

APP = Path(__file__).parents[2] / "app"
HELPERS = {"shared.style", "shared.paper", "embeddings.looks"}
OTHERWISE = {"data.neighbourhood", "review.review"}  # ECharts, and SVG


def modules() -> list[str]:
    """The modules that draw, each as WING.NAME."""
    names = [f"{file.parts[-3]}.{file.stem}" for file in sorted(APP.glob("*/figures/*.py"))]
    return [name for name in names if name not in HELPERS]


def drawing(module: str) -> ModuleType:
    """The module WING.NAME."""
    return importlib.import_module("app.{}.figures.{}".format(*module.split(".")))


def public(module: str) -> set[str]:
    """The functions of a module that make a figure; one that changes a figure it is given does not."""
    return {name for name, _ in _drawing(module)}


def _drawing(module_name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    module = drawing(module_name)
    for name, function in inspect.getmembers(module, inspect.isfunction):
        own = function.__module__ == module.__name__ and not name.startswith("_")
        signature = inspect.signature(function)
        given = [parameter.annotation for parameter in signature.parameters.values()]
        draws = signature.return_annotation == "go.Figure" or module_name in OTHERWISE
        if own and draws and "go.Figure" not in given[:1]:
            yield name, function


def examples(module: str) -> dict[str, Callable[[], Any]]:
    """Title → what draws it; a title is the function's name, and what is special about this one after a colon."""
    found: dict[str, Callable[[], Any]] = importlib.import_module(f"tests.figure_examples.{module}").EXAMPLES
    return found
