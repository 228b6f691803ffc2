"""SVG drawings as pixels; drawn only where nothing in them can take for ever, crash, or reach another file."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from xml.parsers import expat

import resvg_py
from PIL import Image

SVG_SUFFIXES = frozenset({".svg", ".svgz"})

_SIDE = 320  # pixels of the longer side
_MAX_BYTES = 2 * 2**20
_MAX_ELEMENTS = 50_000
_MAX_DEPTH = 300  # the library overflows its stack somewhere below a thousand
_FORBIDDEN = frozenset({"image", "feImage", "foreignObject", "filter", "script"})
_REFERRING = frozenset({"use", "pattern", "mask", "clipPath", "marker", "symbol"})


def draw_svg(path: Path) -> Image.Image:
    """The drawing, mode RGBA, 320 pixels on its longer side.

    Args:
        path: a file `.svg` or `.svgz`.

    Raises:
        ValueError: it is too large, no SVG, or holds what is never drawn: pictures inside it, filters, scripts.
    """
    text = _read(path)
    _check(text)
    png = resvg_py.svg_to_bytes(
        svg_string=text.decode("utf-8-sig"), width=_SIDE, height=_SIDE, skip_system_fonts=True, resources_dir=None
    )
    with Image.open(io.BytesIO(bytes(png)), formats=("PNG",)) as picture:
        return picture.convert("RGBA")


def _read(path: Path) -> bytes:
    with gzip.open(path) if path.suffix.lower() == ".svgz" else path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES} bytes")
    return data


def _check(text: bytes) -> None:
    """Walk through the elements without building anything."""
    depth = deepest = elements = referring = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, deepest, elements, referring
        plain = name.rpartition(":")[2]
        if plain in _FORBIDDEN:
            raise ValueError(f"an element {plain}")
        depth, elements = depth + 1, elements + 1
        deepest = max(deepest, depth)
        referring += plain in _REFERRING
        if elements > _MAX_ELEMENTS or deepest * (1 + referring) > _MAX_DEPTH:
            raise ValueError("too many elements inside each other")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise ValueError("an entity of its own")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
