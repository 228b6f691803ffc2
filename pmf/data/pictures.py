"""Opens pictures that nobody vouches for."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, ImageOps

MAX_PIXELS = 25_000_000


FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def open_picture(path: Path) -> Image.Image | None:
    """Decodes a picture nobody vouches for.

    Args:
        path: a JPEG, PNG, WEBP or GIF file; of a moving picture the first frame counts.

    Returns:
        The picture upright, mode RGBA; None if it is missing, of another format, broken, or over 25 megapixels
        (found out before decoding).
    """
    if not path.is_file():  # opening a named pipe would wait for ever
        return None
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            return ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception:  # decoders of broken files raise nearly anything
        return None
