"""Components of our own that live in the browser: plain JavaScript in files beside their Python, and Plotly for them.

dom.js        elements out of text, "once it is painted"; in every component

and in those that ask for them:

address.js    the address of the page
cursor.js     keys that lead through what a chart shows
telling.js    what the server is told, each in a message of its own
pictures.js   pictures of entities, sent by `app.shared.widgets.browser.pictures`
tables.js     what is sent once and kept, by its digest
plotly.js     Plotly as the installed package ships it, loaded once a tab

charts.js is a component itself: keys for the charts that Streamlit draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

HERE = Path(__file__).parent
_PLOTLY = f"/plotly-{version('plotly')}.min.js"
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # another version has another address


def component(name: str, folder: Path, scripts: Sequence[str], *, css: str = "", shared: Sequence[str] = ()) -> Any:
    """A component made of several scripts; one is made of them, because a component has one.

    Args:
        name: unique in the app.
        folder: of its files.
        scripts: names of its scripts without ending, in order.
        css: name of its style sheet; "" for none.
        shared: names of the scripts of this folder that it needs.
    """
    parts = [*(HERE / f"{name}.js" for name in ("dom", *shared)), *(folder / f"{name}.js" for name in scripts)]
    return st.components.v2.component(
        name,
        css=(folder / css).read_text(encoding="utf-8") if css else None,
        js="\n".join(part.read_text(encoding="utf-8") for part in parts),
        isolate_styles="plotly" not in shared,  # Plotly puts its styles in the page
    )


def plotly_address() -> str:
    """Where the server has Plotly."""
    return _address(_PLOTLY)


def preload_header() -> str:
    """A `Link` header for pages: the browser then reads what draws Streamlit's charts before the first one comes.

    It is by far the largest script of a page. Empty where Streamlit has it under another name.
    """
    scripts = files("streamlit") / "static/static/js"
    names = [file.name for file in scripts.iterdir() if file.name.startswith("PlotlyChart.")]
    return ", ".join(f"<{_address(f'/static/js/{name}')}>; rel=modulepreload" for name in names)


def _address(path: str) -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{path}" if base else path


def plotly_route() -> Route:
    """The server's answer there."""
    return Route(plotly_address(), _plotly)


async def _plotly(_request: Request) -> FileResponse:
    file = files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(str(file), media_type="text/javascript", headers=_FOREVER)
