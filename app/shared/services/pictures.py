"""Thumbnails of untrusted picture files."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from pmf.data.pictures import look_at


def thumbnail(path: Path, size: int = 256, *, square: bool = False) -> bytes | None:
    """The first frame as a PNG of `size` on its longer side, or None where it cannot be read.

    Args:
        path: any file.
        size: pixels.
        square: fill up the shorter side with nothing, so that a row of pictures lines up.
    """
    try:
        return _thumbnail(path, path.stat().st_mtime_ns, size, square)
    except OSError:
        return None


def small(path: Path, size: int) -> str | None:
    """The first frame as an address that holds a WebP of `size` on its longer side; None where it cannot be read."""
    try:
        return _small(path, path.stat().st_mtime_ns, size)
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _small(path: Path, _modified: int, size: int) -> str | None:
    whole = look_at(path, side=2 * size).picture
    if whole is None:
        return None
    buffer = io.BytesIO()
    ImageOps.contain(whole, (size, size)).save(buffer, "WEBP", quality=80, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


@lru_cache(maxsize=2048)
def _thumbnail(path: Path, _modified: int, size: int, square: bool) -> bytes | None:
    whole = look_at(path, side=2 * size).picture
    if whole is None:
        return None
    small = ImageOps.pad(whole, (size, size), color=(0, 0, 0, 0)) if square else ImageOps.contain(whole, (size, size))
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


@lru_cache(maxsize=512)
def frozen_look(png: bytes) -> bytes:
    """The same picture pale and behind diagonal lines: still to be recognised, plainly out of use."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
        picture = opened.convert("RGBA")
    grey = ImageOps.grayscale(picture.convert("RGB")).convert("RGBA")
    pale = Image.blend(picture, grey, 0.7)
    pale.putalpha(picture.getchannel("A").point(lambda alpha: alpha * 8 // 10))
    lines = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw, step = ImageDraw.Draw(lines), max(8, max(picture.size) // 14)
    for x in range(-picture.height, picture.width, step):
        draw.line((x, picture.height, x + picture.height, 0), fill=(86, 180, 233, 190), width=max(1, step // 7))
    buffer = io.BytesIO()
    Image.alpha_composite(pale, lines).save(buffer, "PNG")
    return buffer.getvalue()


def data_url(png: bytes) -> str:
    """A picture as an address that a table cell can show."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
