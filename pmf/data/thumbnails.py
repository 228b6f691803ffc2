"""Pictures small enough to keep: as they are where they are small already, else scaled down."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from pmf.data.pictures import open_picture

SIDE = 320
"""Longest side in pixels: twice what a screen shows, five times what the descriptor sees."""

MAX_BYTES = 512 * 1024
_KEPT = ("JPEG", "PNG", "WEBP", "GIF")  # what every browser shows
_MAX_LOSSLESS = 64 * 1024  # drawings and flags stay below it and keep their colours, which a lossy WEBP blurs


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture.

    Args:
        kind: "copied" byte for byte, "reduced", or "unreadable".
        suffix: of a file that holds it, e.g. ".webp".
        data: the file's content; empty for an unreadable picture.
    """

    kind: Literal["copied", "reduced", "unreadable"]
    suffix: str
    data: bytes = b""


def thumbnail(path: Path) -> Thumbnail:
    """An untrusted picture as one of at most `SIDE` pixels a side and `MAX_BYTES`.

    A still picture within both limits is copied, so that its features stay the same to the last bit. Any other is
    turned upright, reduced to its first frame, fitted into the limits and written as WEBP, which keeps
    transparency; without loss where that takes at most 64 KiB, else in quality 90.

    Args:
        path: any file; the limits of `pmf.data.pictures.open_picture` hold.

    Returns:
        The thumbnail, without data where the picture cannot be read.
    """
    picture = open_picture(path)
    if picture is None:
        return Thumbnail("unreadable", ".unreadable")
    if (suffix := _suffix_of_small(path)) is not None:
        return Thumbnail("copied", suffix, path.read_bytes())
    if max(picture.size) > SIDE:
        # not Lanczos: it rings around the outline of a drawing, whose transparent margins then seem narrower
        picture = ImageOps.contain(picture, (SIDE, SIDE), Image.Resampling.BICUBIC)
    data = _webp(picture, lossless=True, quality=20, method=2)  # a tenth larger than the smallest, four times as fast
    if len(data) > _MAX_LOSSLESS:  # a photograph
        data = _webp(picture, quality=90)
    return Thumbnail("reduced", ".webp", data)


def _webp(picture: Image.Image, **options: bool | int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", **options)
    return buffer.getvalue()


def _suffix_of_small(path: Path) -> str | None:
    """The suffix of a readable picture's format if it is still and within the limits, else None."""
    if path.stat().st_size > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_KEPT) as picture:
            still = not getattr(picture, "is_animated", False)
            small = still and max(picture.size) <= SIDE and picture.format in _KEPT  # a JPEG can turn out an MPO
            return f".{picture.format.lower()}" if small and picture.format else None
    except Exception:  # a later frame may be broken, and decoders raise nearly anything
        return None
