"""Tables as they stand in a paper: numbers written out, a mean with its standard deviation in one cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import pandas as pd

SPREAD = "± "
"""How the column begins that holds the standard deviation of another."""
_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "Δ": r"$\Delta$",
    "δ": r"$\delta$",
    "→": r"$\to$",
    "–": "--",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def as_markdown(table: pd.DataFrame, forms: Mapping[str, str]) -> bytes:
    """A pipe table.

    Args:
        table: any.
        forms: column → how its numbers are written, a format such as ".1f"; others as they are.
    """
    rows = written(table, forms)
    lines = [list(rows), ["---:" if name in forms else "---" for name in rows], *rows.to_numpy().tolist()]
    cells = [[cell if at == 1 else markdown_text(cell) for cell in line] for at, line in enumerate(lines)]
    return ("\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n").encode()


def as_latex(table: pd.DataFrame, forms: Mapping[str, str]) -> bytes:
    """A tabular with the rules of the package booktabs; arguments as in `as_markdown`."""
    rows = written(table, forms)
    lines = [" & ".join(map(latex_text, line)) + r" \\" for line in [list(rows), *rows.to_numpy().tolist()]]
    columns = "".join("r" if name in forms else "l" for name in rows)
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    ).encode()


def written(table: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """The cells as text; a column "± X" is joined to "X" or "X %", and what is not known is a dash."""
    spreads = {name.removeprefix(SPREAD): name for name in table if str(name).startswith(SPREAD)}
    columns = {}
    for name in table:
        if name in spreads.values():
            continue
        cells = [_cell(value, forms.get(name, "")) for value in table[name]]
        spread = spreads.get(str(name).removesuffix(" %"))
        if spread is not None:
            sds = [_cell(value, forms.get(name, "")) for value in table[spread]]
            cells = [cell if sd == "–" else f"{cell} ± {sd}" for cell, sd in zip(cells, sds, strict=True)]
        columns[str(name)] = cells
    return pd.DataFrame(columns, dtype=object)


def markdown_text(text: str) -> str:
    """One line that shows as it is written, whatever reads the Markdown."""
    return _MARKUP.sub(r"\\\1", escape(" ".join(text.split()), quote=False))


def latex_text(text: str) -> str:
    """One line that LaTeX sets as it is written."""
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))


def _cell(value: object, form: str) -> str:
    if value is None or value != value:
        return "–"
    return format(value, form) if form and not isinstance(value, str) else str(value)
