"""Results of a SPARQL query as TSV: variables with a question mark, terms as Turtle writes them.

Source: SPARQL 1.1 Query Results CSV and TSV Formats (W3C, 2013).
"""

from __future__ import annotations

import re

_LITERAL = re.compile(r'"(.*)"(?:@[\w-]+|\^\^<[^>]*>)?', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_SIGNS = {"t": "\t", "n": "\n", "r": "\r"}


def is_sparql(text: str) -> bool:
    """Whether the first line of a text names variables alone, between tabs."""
    first = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    return all(re.fullmatch(r"\?\w+", name) for name in first.split("\t"))


def sparql_rows(text: str) -> list[tuple[int, list[str]]]:
    """Line and cells of the header and of each row: variables bare, IRIs bare, literals as their text alone."""
    lines = enumerate(text.splitlines(), start=1)
    return [(line, [_plain(cell.strip()) for cell in row.split("\t")]) for line, row in lines if row.strip()]


def _plain(cell: str) -> str:
    if cell.startswith("?"):
        return cell[1:]
    if literal := _LITERAL.fullmatch(cell):
        return _ESCAPED.sub(lambda sign: _SIGNS.get(sign[1], sign[1]), literal[1])
    return cell[1:-1] if cell.startswith("<") and cell.endswith(">") else cell
