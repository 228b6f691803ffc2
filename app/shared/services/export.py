"""Tables as files."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

_FORMULA = tuple("=+-@＝＋－＠")  # some spreadsheets read the full-width ones too
_BREAK = ("\t", "\r", "\n")
_BLANK = " \u00a0\u3000\ufeff\u200b"


def as_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV that no spreadsheet runs: text that looks like a formula gets a leading apostrophe."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(neutral)
    safe.columns = [neutral(str(name)) for name in safe.columns]
    return safe.to_csv(index=False).encode("utf-8-sig")


def as_parquet(table: pd.DataFrame) -> bytes:
    """The table as it is."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


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
