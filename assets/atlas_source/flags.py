"""The flags: one table line each, painted large and handed on to the styles."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image

from .shapes import Drawing, Pen, paint, parse

DRAWINGS = Path(__file__).parent / "drawings"
SUPERSAMPLING = 4
WIDTH = 160


@cache
def library() -> dict[str, Drawing]:
    """All flags (by ISO code) and emblems (by name) of the tables."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(DRAWINGS.glob("*.txt")))
    return {name: drawing for text in texts for name, drawing in parse(text).items()}


def flag(code: str) -> Image.Image:
    """The flag of a country at four times its final width, on a transparent ground if it is not a rectangle."""
    drawing = library()[code]
    width = WIDTH * SUPERSAMPLING
    height = round(width / drawing.width)
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    paint(Pen(image, height, drawing.width, library()), drawing.shapes)
    return image
