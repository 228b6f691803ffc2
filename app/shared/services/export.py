"""Tables as files."""

from __future__ import annotations

import io

import pandas as pd

from pmf.spreadsheets import neutral


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
