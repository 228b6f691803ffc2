"""Thumbnails: small pictures untouched, large ones small, bad ones nothing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pmf.data.pictures import open_picture
from pmf.data.thumbnails import MAX_BYTES, SIDE, Thumbnail, thumbnail
from pmf.features.descriptor import describe


def opened(small: Thumbnail) -> Image.Image:
    picture = Image.open(io.BytesIO(small.data))
    picture.load()
    return picture


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(256, size=(height, width, 3)).astype(np.uint8))


def drawing(width: int, height: int) -> Image.Image:
    """A red disc on nothing."""
    y, x = np.mgrid[:height, :width]
    inside = (x / width - 0.4) ** 2 + (y / height - 0.5) ** 2 < 0.09
    return Image.fromarray(np.stack([220 * inside, 30 * inside, 40 * inside, 255 * inside], axis=-1).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_small_still_picture_is_copied_byte_for_byte(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    drawing(SIDE, 200).convert("RGB").save(path, kind)
    assert thumbnail(path) == Thumbnail("copied", f".{kind.lower()}", path.read_bytes())


def test_a_large_drawing_keeps_its_transparency_and_what_is_seen_in_it(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    drawing(1600, 800).save(path)
    small = thumbnail(path)
    assert (small.kind, small.suffix, opened(small).size, opened(small).mode) == (
        "reduced",
        ".webp",
        (320, 160),
        "RGBA",
    )
    assert opened(small).getpixel((1, 1))[3] == 0  # type: ignore[index]
    assert opened(small).getpixel((128, 80)) == (220, 30, 40, 255)
    kept = tmp_path / "kept.webp"
    kept.write_bytes(small.data)
    first, second = open_picture(path), open_picture(kept)
    assert first is not None
    assert second is not None
    assert float(describe(first) @ describe(second)) > 0.99


def test_a_large_photograph_is_bounded_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    noise(1000, 1000).save(path, quality=95)
    small = thumbnail(path)
    assert opened(small).size == (320, 320)
    assert len(small.data) < MAX_BYTES
    assert len(small.data) < path.stat().st_size / 4


def test_few_pixels_of_many_bytes_are_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    noise(10, 10).save(path)
    path.write_bytes(path.read_bytes() + bytes(MAX_BYTES))
    small = thumbnail(path)
    assert (small.kind, opened(small).size) == ("reduced", (10, 10))
    assert len(small.data) < 1000


def test_of_a_moving_picture_the_first_frame_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "picture.gif"
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    small = thumbnail(path)
    assert (small.kind, getattr(opened(small), "n_frames", 1)) == ("reduced", 1)
    red, green, blue = opened(small).convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 240
    assert max(green, blue) < 15


def test_a_large_picture_is_turned_upright(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    drawing(800, 400).convert("RGB").save(path, exif=exif)
    assert opened(thumbnail(path)).size == (160, 320)


def test_what_is_no_picture_or_too_large_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("<svg/>")
    noise(40, 40).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:900])
    Image.new("1", (5001, 5000)).save(tmp_path / "bomb.png")
    (tmp_path / "folder").mkdir()
    for name in ("text", "half.png", "bomb.png", "folder", "absent"):
        assert thumbnail(tmp_path / name) == Thumbnail("unreadable", ".unreadable"), name
