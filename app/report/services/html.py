"""A report as one HTML file that needs nothing else, no network included."""

from __future__ import annotations

from html import escape
from pathlib import Path

from app.report.services.parts import Cause, Error, Face, Link, Picture, Section, Table
from app.report.services.report import Report
from app.shared.figures import paper
from app.shared.services.pictures import data_url
from app.shared.widgets.text import short

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
LONGEST_LABEL = 60


def as_html(report: Report, app: str = "") -> str:
    """The whole document; all text in it is escaped, and the browser is told to load nothing.

    Args:
        report: what to write.
        app: address of the app, for the way back into it; "" where there is none to link to.
    """
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
        *(_section(section, app) for section in report.sections),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _section(section: Section, app: str) -> str:
    findings = "".join(f"<li>{escape(finding)}</li>" for finding in section.findings)
    tables = [_table(table) for table in section.tables]
    causes = "\n".join(_cause(cause, app) for cause in section.causes)
    blocks = [
        f'<section class="cover"><h2>{escape(section.title)}</h2>'
        if section.cover
        else f"<section><h2>{escape(section.title)}</h2>",
        f'<ol class="findings">{findings}</ol>' if findings else "",
        *(f"<p>{escape(sentence)}</p>" for sentence in section.sentences),
        *(tables if section.cover else ()),
        f'<div class="causes">{causes}</div>' if causes else "",
        '<div class="pictures">' + "\n".join(map(_picture, section.pictures)) + "</div>" if section.pictures else "",
        *(() if section.cover else tables),
        "<ul>" + "".join(f"<li>{_link(link, app)}</li>" for link in section.links) + "</ul>" if section.links else "",
        "</section>",
    ]
    return "\n".join(filter(None, blocks))


def _cause(cause: Cause, app: str) -> str:
    errors = "\n".join(_error(error, app) for error in cause.errors)
    head = f"<h3>{escape(cause.title)}</h3>\n<p>{escape(cause.sentence)}</p>"
    return f'<div class="cause">{head}\n{errors}</div>'


def _error(error: Error, app: str) -> str:
    faces = "".join(map(_face, error.faces))
    link = f" {_link(error.link, app)}" if app else ""
    return f'<div class="error"><div class="faces">{faces}</div><p>{escape(error.sentence)}{link}</p></div>'


def _face(face: Face) -> str:
    label = escape(short(face.label, LONGEST_LABEL))
    if face.picture is None:
        shown = f'<span class="none">{escape(face.note)}</span>'
    else:
        alt = escape(f"{short(face.label, LONGEST_LABEL)}: {face.note or 'picture'}", quote=True)
        shown = f'<img src="{data_url(face.picture)}" alt="{alt}">'
    frozen = f"<small>{escape(face.note)}</small>" if face.picture and face.note else ""
    return f"<div><small>{escape(face.role)}</small>{shown}<b>{label}</b>{frozen}</div>"


def _link(link: Link, app: str) -> str:
    """A link into the app, or the address below it where that is not known."""
    if not app:
        return f"{escape(link.label)}: /{escape(link.path)}"
    return f'<a href="{escape(f"{app}/{link.path}", quote=True)}">{escape(link.label)}</a>'


def _picture(picture: Picture) -> str:
    drawn = paper.as_html(picture.figure, f"figure-{picture.name}", height=picture.height)
    alt, reading = escape(picture.alt, quote=True), escape(picture.reading)
    half = ' class="half"' if picture.half else ""
    return f'<figure{half} role="figure" aria-label="{alt}">{drawn}<figcaption>{reading}</figcaption></figure>'


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
