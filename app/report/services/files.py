"""A report as files: HTML, Markdown, figures, pictures, tables."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from app.report.services.html import as_html
from app.report.services.markdown import as_markdown, picture_path
from app.report.services.report import Report
from app.shared.figures import paper
from app.shared.services.export import as_csv


def files(report: Report, *, drawn: bool, app: str = "") -> dict[str, bytes]:
    """Path → content of everything a report consists of.

    Args:
        report: what to write.
        drawn: whether the figures are also drawn as SVG, which takes seconds; only where a renderer is installed.
        app: address of the app, for links into it.
    """
    svg = paper.as_svg({picture.name: picture.figure for picture in report.pictures()}) if drawn else {}
    contents = {"report.html": as_html(report, app).encode(), "report.md": as_markdown(report, svg, app).encode()}
    contents |= {f"figures/{name}.svg": content for name, content in svg.items()}
    contents |= {picture_path(face): face.picture for face in report.faces() if face.picture}
    contents |= {f"tables/{name}.csv": as_csv(rows) for name, rows in report.tables()}
    return contents | {f"tables/figure_{picture.name}.csv": as_csv(picture.data) for picture in report.pictures()}


def as_zip(report: Report, app: str = "") -> bytes:
    """All of it but the drawn figures in one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files(report, drawn=False, app=app).items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(report: Report, folder: Path, app: str = "") -> list[str]:
    """Write it into a folder, figures included; returns the paths in it."""
    written = files(report, drawn=True, app=app)
    for path, content in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return list(written)
