"""A report as Markdown, for a repository or an appendix."""

from __future__ import annotations

from collections.abc import Collection

from app.report.services.parts import Cause, Error, Face, Link, Picture, Section, Table
from app.report.services.report import Report
from app.shared.services.paper_table import markdown_text as _text


def as_markdown(report: Report, drawn: Collection[str] = (), app: str = "") -> str:
    """The same text and tables as the HTML has, and the pictures of entities from `pictures/`.

    Args:
        report: what to write.
        drawn: names of the figures that lie beside it as `figures/NAME.svg`.
        app: address of the app; "" where there is none to link to.
    """
    lines = [f"# PMF report: {_text(report.title)}"]
    for section in report.sections:
        lines += _section(section, drawn, app)
    return "\n\n".join(filter(None, lines)) + "\n"


def picture_path(face: Face) -> str:
    """Where the picture of an entity lies beside the document."""
    return f"pictures/{face.entity}.png"


def _section(section: Section, drawn: Collection[str], app: str) -> list[str]:
    pictures = [_picture(picture, picture.name in drawn) for picture in section.pictures]
    tables = list(map(_table, section.tables))
    return [
        f"## {_text(section.title)}",
        "\n".join(f"{place}. {_text(finding)}" for place, finding in enumerate(section.findings, 1)),
        *map(_text, section.sentences),
        *(block for cause in section.causes for block in _cause(cause, app)),
        *(tables + pictures if section.cover else pictures + tables),
        "\n".join(f"- {_link(link, app)}" for link in section.links),
    ]


def _cause(cause: Cause, app: str) -> list[str]:
    return [f"### {_text(cause.title)}", _text(cause.sentence), *(_error(error, app) for error in cause.errors)]


def _error(error: Error, app: str) -> str:
    """A table of a row: the roles, the pictures, the names; below it the sentence."""
    rows = [
        [_text(face.role) for face in error.faces],
        ["---"] * len(error.faces),
        [f"![{_text(face.label)}]({picture_path(face)})" if face.picture else _text(face.note) for face in error.faces],
        [_text(face.label) for face in error.faces],
    ]
    link = f" {_link(error.link, app)}" if app else ""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + f"\n\n{_text(error.sentence)}{link}"


def _link(link: Link, app: str) -> str:
    return f"[{_text(link.label)}](<{app}/{link.path}>)" if app else f"{_text(link.label)}: `/{link.path}`"


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
