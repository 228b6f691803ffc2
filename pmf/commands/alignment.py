"""`pmf alignment`, which is the app's: verdicts lie in its store."""

from __future__ import annotations

from typing import Any

from pmf.commands.app import add_module


def add(commands: Any) -> None:
    """Put the parser in."""
    add_module(commands, "alignment", "the alignment of a data set: propose, accept, history, differences, export")
