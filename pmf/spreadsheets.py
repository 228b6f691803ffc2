"""Text that a spreadsheet would run as a formula, and how it is written so that none does."""

from __future__ import annotations

from typing import Any

_FORMULA = tuple("=+-@＝＋－＠")  # some spreadsheets read the full-width ones too
_BREAK = ("\t", "\r", "\n")
_BLANK = " \u00a0\u3000\ufeff\u200b"


def neutral(value: Any) -> Any:
    """Text as no spreadsheet runs it; other values as they are."""
    return f"'{value}" if isinstance(value, str) and _would_run(value) else value


def restored(text: str) -> str:
    """What `neutral` made a cell of."""
    return text[1:] if text.startswith("'") and _would_run(text) else text


def _would_run(text: str) -> bool:
    """Whether a spreadsheet may take text for a formula, apart from apostrophes in front of it."""
    bare = text.lstrip("'")
    return bare.startswith(_BREAK) or bare.lstrip(_BLANK).startswith(_FORMULA)
