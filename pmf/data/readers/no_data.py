"""Rows of a table that are no data: lines of dashes, the header again, totals and remarks at the end."""

from __future__ import annotations

import re
from pathlib import Path

from pmf.data.readers.session import at, note

Row = tuple[int, list[str]]

_RULE = re.compile(r"[-=+:]{2,}")
_TOTAL = re.compile(
    r"(grand |sub-?)?totals?|sum|count|average|mean|summe|gesamt(summe)?|insgesamt|anzahl|mittelwert|total général|"
    r"somme|nombre|moyenne|suma|totale|media|итого|всего|合计|总计|合計",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"\(?[\d.,' ]+ (rows?|records?|entries|results?|items?|zeilen|datensätze|einträge|lignes?|filas?|righe)\b.*"
    r"|end of (file|report|data|table)\b.*",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[^\w]*\d[\d.,'\s]*[^\w]*|")


def data_rows(path: Path, header: list[str], rows: list[Row], *, header_again: bool) -> list[Row]:
    """The rows without those that programs write around the data; notes count what is left out.

    Args:
        path: the file.
        header: its columns.
        rows: (line number, cells).
        header_again: whether a row that is the header again is none of the data, as where files were joined.
    """
    kept = []
    for line, cells in rows:
        filled = [cell for cell in cells if cell]
        ruled = all(map(_RULE.fullmatch, filled))
        if ruled or (header_again and cells == header):
            why = "a line of dashes" if ruled else "the header again"
            note("left out", why, path=path, example=at(line, ", ".join(filled)))
        else:
            kept.append((line, cells))
    return _without_end(path, len(header), kept)


def _without_end(path: Path, width: int, rows: list[Row]) -> list[Row]:
    end, remarks = len(rows), _apart(width, rows)
    while end > 1 and (end > remarks or _closes(rows[end - 1][1], width, rows[: end - 1])):
        end -= 1
        line, cells = rows[end]
        shown = at(line, ", ".join(filter(None, cells)))
        remedy = "If it is data, let another row follow it."
        note("left out", "below the data, a total or a remark", path=path, example=shown, remedy=remedy)
    if end > 1 and _may_close(rows[end - 1][1], width, rows[: end - 1]):
        line, cells = rows[end - 1]
        why = "the last row has one cell filled: if it is a remark or a sum, delete it"
        note("known", why, path=path, count=0, example=at(line, "".join(cells)))
    return rows[:end]


def _apart(width: int, rows: list[Row]) -> int:
    """How many rows there are above an empty one, below which the last rows have one cell filled each."""
    start = len(rows)
    while start > 1 and _filled(rows[start - 1][1]) == 1:
        start -= 1
    below = rows[start:]
    if not below or not any(_may_close(cells, width, rows[:start]) for _, cells in below):
        return len(rows)
    (line, _), (first, cells) = rows[start - 1], below[0]
    return start if first - line > 1 + sum(cell.count("\n") for cell in cells) else len(rows)


def _filled(cells: list[str]) -> int:
    return sum(map(bool, cells))


def _closes(cells: list[str], width: int, above: list[Row]) -> bool:
    """Whether the last row of a table is a total, with figures alone beside it and a gap, or a remark on the table."""
    filled = [cell for cell in cells if cell]
    if len(filled) == 1 and (_REMARK.fullmatch(filled[0]) or (cells[0] == str(len(above)) and _is_odd(cells, above))):
        return True
    word, _, figure = filled[0].partition(":")
    total = _TOTAL.fullmatch(word.strip()) is not None and _FIGURE.fullmatch(figure) is not None
    return total and len(filled) < width and all(map(_FIGURE.fullmatch, filled[1:]))


def _may_close(cells: list[str], width: int, above: list[Row]) -> bool:
    """Whether the last row of a table is the only one with a single cell filled, which does not look like an id."""
    odd = " " in "".join(cells) or not cells[0] or _is_odd(cells, above)
    return _filled(cells) == 1 < width and odd and all(_filled(others) > 1 for _, others in above)


def _is_odd(cells: list[str], above: list[Row]) -> bool:
    """Whether the first cell is a number, though the one above it is none."""
    return cells[0].isdigit() and not above[-1][1][0].isdigit()
