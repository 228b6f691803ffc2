"""A report as Markdown, for a repository or an appendix."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape

from app.report.services.parts import Picture, Section, Table
from app.report.services.report import Report

_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$])")


def as_markdown(report: Report, drawn: Collection[str] = ()) -> str:
    """The same text and tables as the HTML has.

    Args:
        report: what to write.
        drawn: names of the figures that lie beside it as `figures/NAME.svg`.
    """
    lines = [f"# PMF report: {_text(report.title)}"]
    for section in report.sections:
        lines += _section(section, drawn)
    return "\n\n".join(lines) + "\n"


def _section(section: Section, drawn: Collection[str]) -> list[str]:
    sentences = [_text(sentence) for sentence in section.sentences]
    pictures = [_picture(picture, picture.name in drawn) for picture in section.pictures]
    return [f"## {_text(section.title)}", *sentences, *pictures, *map(_table, section.tables)]


def _picture(picture: Picture, drawn: bool) -> str:
    if drawn:
        return f"![{_text(picture.alt)}](figures/{picture.name}.svg)\n\n*{_text(picture.reading)}*"
    where = f"drawn in report.html, its data in tables/figure_{picture.name}.csv"
    return f"*Figure ({_text(where)}): {_text(picture.alt)}. {_text(picture.reading)}*"


def _table(table: Table) -> str:
    """A pipe table; its caption stands above, as that of a table does."""
    marks = ["---:" if name in table.forms else "---" for name in table.rows]
    rows = [[str(name) for name in table.rows], *table.written()]
    head, *body = (f"| {' | '.join(map(_text, row))} |" for row in rows)
    return "\n".join([f"*{_text(table.caption)}*", "", head, f"| {' | '.join(marks)} |", *body])


def _text(text: str) -> str:
    """One line that shows as it is written, whatever reads the Markdown."""
    return _MARKUP.sub(r"\\\1", escape(" ".join(text.split()), quote=False))
