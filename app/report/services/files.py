"""A report as files: HTML, Markdown, figures, tables."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from app.report.services.html import as_html
from app.report.services.markdown import as_markdown
from app.report.services.report import Report
from app.shared.figures import paper
from app.shared.services.export import as_csv


def files(report: Report, *, pictures: bool) -> dict[str, bytes]:
    """Path → content of everything a report consists of.

    Args:
        report: what to write.
        pictures: whether the figures are also drawn as SVG, which takes seconds; only where a renderer is installed.
    """
    drawn = paper.as_svg({picture.name: picture.figure for picture in report.pictures()}) if pictures else {}
    contents = {"report.html": as_html(report).encode(), "report.md": as_markdown(report, drawn).encode()}
    contents |= {f"figures/{name}.svg": content for name, content in drawn.items()}
    contents |= {f"tables/{name}.csv": as_csv(rows) for name, rows in report.tables()}
    return contents | {f"tables/figure_{picture.name}.csv": as_csv(picture.data) for picture in report.pictures()}


def as_zip(report: Report) -> bytes:
    """All of it but the drawn figures in one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files(report, pictures=False).items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(report: Report, folder: Path) -> list[str]:
    """Write it into a folder, figures included; returns the paths in it."""
    written = files(report, pictures=True)
    for path, content in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return list(written)
