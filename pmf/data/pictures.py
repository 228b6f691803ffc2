"""Opens untrusted pictures, in every format that can be read safely."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from pmf.data.svg import SVG_SUFFIXES, draw_svg

TRUTH_FILE = "image_truth.tsv"
"""Beside planted picture features: what each of them is worth."""

MAX_PIXELS = 25_000_000
OPENING = 2
"""Raise it whenever pictures look other than before once opened: it keeps old vectors out of the cache."""

Problem = Literal["", "missing", "too large", "unreadable"]

# Run another program, have no reader behind them, or no signature that would tell them from any other file.
_UNSAFE = frozenset(
    [
        "BUFR",
        "EPS",
        "FTEX",
        "GBR",
        "GRIB",
        "HDF5",
        "IM",
        "IMT",
        "IPTC",
        "MCIDAS",
        "MPEG",
        "PCD",
        "PIXAR",
        "SPIDER",
        "WMF",
        "XVTHUMB",
    ]
)
_DEPTHS = (255, 1023, 4095, 65535)  # whitest value of grey pictures with 8, 10, 12 and 16 bits


@cache
def formats() -> tuple[str, ...]:
    """Names of the formats that are read: all that Pillow knows, but for a few that are unsafe; SVG is read beside."""
    Image.init()
    return tuple(sorted(Image.OPEN.keys() - _UNSAFE))


@cache
def suffixes() -> frozenset[str]:
    """Endings of picture files in those formats, in lower case."""
    readable = set(formats())
    return frozenset(
        {ending for ending, name in Image.registered_extensions().items() if name in readable} | SVG_SUFFIXES
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture file looked at.

    Args:
        picture: upright, mode RGBA, the first frame; None where there is a problem.
        problem: why not, "" where there is none.
        moving: whether it has more frames.
    """

    picture: Image.Image | None
    problem: Problem = ""
    moving: bool = False


def look_at(path: Path, *, side: int | None = None) -> Opened:
    """Decodes an untrusted picture.

    Grey values of more than 8 bits are scaled to 8, so that they are not cut off at white; SVG is drawn.

    Args:
        path: any file; one over 25 megapixels is found out before it is decoded.
        side: pixels that are enough, where all are not needed: a photograph may come back smaller, which is quicker.
    """
    if not path.is_file():  # opening a named pipe would wait for ever
        return Opened(None, "missing")
    try:
        if path.suffix.lower() in SVG_SUFFIXES:
            return Opened(draw_svg(path))
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=formats()) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return Opened(None, "too large")
            moving = picture.format != "MPO" and bool(getattr(picture, "is_animated", False))  # not a JPEG's spares
            if side:
                picture.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(_eight_bits(picture))
            return Opened(upright.convert("RGBA"), moving=moving)
    except Exception:  # decoders of broken files raise nearly anything
        return Opened(None, "unreadable")


def open_picture(path: Path) -> Image.Image | None:
    """The picture, upright, mode RGBA, the first frame of a moving one; None where `look_at` has a problem with it."""
    return look_at(path).picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """A grey picture of more bits in 8; others as they are."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture, dtype=np.float64)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low >= 0 and picture.mode != "F":
        low, high = 0.0, float(next((depth for depth in _DEPTHS if high <= depth), high))
    scaled = np.nan_to_num((values - low) / ((high - low) or 1.0), nan=0.0, posinf=1.0, neginf=0.0)
    grey = Image.fromarray((255 * np.clip(scaled, 0, 1)).round().astype(np.uint8))
    grey.info |= {key: value for key, value in picture.info.items() if key == "exif"}
    return grey
