"""`pmf serve`, which is the app's: confirmed pairs lie in its store."""

from __future__ import annotations

from typing import Any

from pmf.commands.app import add_module


def add(commands: Any) -> None:
    """Put the parser in."""
    add_module(commands, "serve", "answer over HTTP who an entity is, also to OpenRefine (Reconciliation API)")
