"""A report as one HTML file that needs nothing else, no network included."""

from __future__ import annotations

from html import escape
from pathlib import Path

from app.report.services.parts import Picture, Section, Table
from app.report.services.report import Report
from app.shared.figures import paper

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def as_html(report: Report) -> str:
    """The whole document; all text in it is escaped, and the browser is told to load nothing."""
    title = escape(f"PMF report: {report.title}")
    drawn = any(section.pictures for section in report.sections)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{STYLE.read_text(encoding='utf-8')}</style>",
        f"<script>{paper.script()}</script>" if drawn else "",
        f"</head><body><main><h1>{title}</h1>",
        *map(_section, report.sections),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _section(section: Section) -> str:
    sentences = [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
    pictures = [_picture(picture) for picture in section.pictures]
    tables = [_table(table) for table in section.tables]
    return "\n".join([f"<section><h2>{escape(section.title)}</h2>", *sentences, *pictures, *tables, "</section>"])


def _picture(picture: Picture) -> str:
    drawn = paper.as_html(picture.figure, f"figure-{picture.name}")
    alt, reading = escape(picture.alt, quote=True), escape(picture.reading)
    return f'<figure role="figure" aria-label="{alt}">{drawn}<figcaption>{reading}</figcaption></figure>'


def _table(table: Table) -> str:
    numbers = [name in table.forms for name in table.rows]
    head = "".join(
        f'<th scope="col"{_right(right)}>{escape(str(n))}</th>' for n, right in zip(table.rows, numbers, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td{_right(right)}>{escape(cell)}</td>" for cell, right in zip(row, numbers, strict=True))
        + "</tr>"
        for row in table.written()
    )
    caption = f"<caption>{escape(table.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _right(number: bool) -> str:
    return ' class="number"' if number else ""
