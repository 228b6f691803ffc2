"""Pictures nobody vouches for, and the vectors of good ones."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pmf.data.graph_pair import GraphPair
from pmf.data.pictures import open_picture
from pmf.errors import DataFormatError
from pmf.features.descriptor import describe
from pmf.features.images import image_vectors

Make = Callable[..., GraphPair]


def drawn(shape: str = "ellipse", colour: str = "red", size: tuple[int, int] = (80, 60)) -> Image.Image:
    picture = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    getattr(ImageDraw.Draw(picture), shape)((20, 30, 20 + size[0], 30 + size[1]), fill=colour, outline="black")
    return picture


def claiming(width: int, height: int) -> bytes:
    """A PNG header of any size with hardly anything behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        *(("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("jpg", mode) for mode in ("L", "RGB", "CMYK")),
        *(("webp", mode) for mode in ("RGB", "RGBA")),
        *(("gif", mode) for mode in ("L", "P")),
    ],
)
def test_known_formats_open_in_every_mode(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new(mode, (40, 30)).save(path)
    picture = open_picture(path)
    assert picture is not None
    assert (picture.mode, picture.size) == ("RGBA", (40, 30))


def test_the_first_frame_of_a_moving_picture_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    picture = open_picture(tmp_path / "moving.gif")
    assert picture is not None
    assert picture.getpixel((4, 4)) == (255, 0, 0, 255)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "turned.jpg", exif=exif)
    picture = open_picture(tmp_path / "turned.jpg")
    assert picture is not None
    assert picture.size == (30, 40)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        claiming(5001, 5000),
        claiming(20_000, 20_000),
        claiming(2**31 - 1, 2**31 - 1),
        claiming(100, 100),
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_broken_pictures_and_bombs_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    assert open_picture(path) is None


@pytest.mark.parametrize("suffix", ["bmp", "tif", "jfif", "avif", "ico", "jp2", "ppm", "tga", "qoi", "pcx", "dds"])
def test_every_usual_format_opens(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (48, 48), "red").save(path)
    picture = open_picture(path)
    assert picture is not None
    assert picture.size == (48, 48)
    red, green, blue, alpha = picture.getpixel((24, 24))  # type: ignore[misc]
    assert (red > 230, green < 25, blue < 25, alpha) == (True, True, True, 255)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm", "jp2"])
def test_grey_of_16_bits_is_scaled_not_cut_off(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    steps = np.linspace(0, 65535, 64, dtype=np.uint16)
    Image.fromarray(np.tile(steps, (64, 1))).save(path)
    picture = open_picture(path)
    assert picture is not None
    row = np.asarray(picture)[0, :, 0].astype(int)
    assert (row[0], row[-1]) == (0, 255)
    assert np.abs(row - np.linspace(0, 255, 64)).max() <= 1


@pytest.mark.parametrize("highest", [1023, 4095])
def test_grey_of_10_and_12_bits_too(tmp_path: Path, highest: int) -> None:
    Image.fromarray(np.array([[0, highest]], np.uint16)).save(tmp_path / "picture.png")
    picture = open_picture(tmp_path / "picture.png")
    assert picture is not None
    assert np.asarray(picture)[0, :, 0].tolist() == [0, 255]


def test_floating_grey_is_stretched(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-1.5, 0, np.nan, 2.5]], np.float32)).save(tmp_path / "picture.tif")
    picture = open_picture(tmp_path / "picture.tif")
    assert picture is not None
    assert np.asarray(picture)[0, :, 0].tolist() == [0, 96, 0, 255]


def test_no_files_are_none(tmp_path: Path) -> None:
    assert open_picture(tmp_path / "absent.png") is None
    assert open_picture(tmp_path) is None
    os.mkfifo(tmp_path / "pipe.png")
    assert open_picture(tmp_path / "pipe.png") is None


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">{}</svg>'


def test_a_drawing_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "flag.svg"
    path.write_text(SVG.format('<rect width="10" height="10" fill="#00f"/>'))
    picture = open_picture(path)
    assert picture is not None
    assert picture.size == (320, 160)
    assert picture.getpixel((80, 80)) == (0, 0, 255, 255)
    assert picture.getpixel((240, 80))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    "inside",
    [
        "<g>" * 5000 + "</g>" * 5000,  # overflows the stack of the library
        '<image href="/etc/hostname" width="9" height="9"/>',
        '<filter id="f"><feTurbulence numOctaves="99999"/></filter><rect width="9" height="9" filter="url(#f)"/>',
        "".join(f'<g id="a{i + 1}">' + f'<use href="#a{i}"/>' * 10 + "</g>" for i in range(9)),
        "<rect",
        "x" * 3_000_000,
    ],
)
def test_a_drawing_that_may_harm_is_not_drawn(tmp_path: Path, inside: str) -> None:
    path = tmp_path / "bad.svg"
    path.write_text(SVG.format(inside))
    assert open_picture(path) is None
    path.write_text('<!DOCTYPE svg [<!ENTITY a "aaa">]>' + SVG.format("<text>&a;</text>"))
    assert open_picture(path) is None


def test_vectors_do_not_depend_on_other_pictures(make_graph: Make, make_pair: Make, tmp_path: Path) -> None:
    red, blue, broken = (tmp_path / f"{name}.png" for name in ("red", "blue", "broken"))
    drawn().save(red)
    drawn(colour="blue").save(blue)
    broken.write_bytes(b"\x89PNG")
    absent = tmp_path / "absent.png"
    source = make_graph(["a", "b"], images={0: red, 1: absent})
    pair = make_pair(source, make_graph(["A", "B"], images={1: blue, 0: broken}))
    steps: list[tuple[int, int]] = []
    vectors = image_vectors(pair, progress=lambda what, done, total: steps.append((done, total)))
    np.testing.assert_array_equal(vectors[0], describe(drawn()))
    np.testing.assert_array_equal(vectors[3], describe(drawn(colour="blue")))
    assert vectors.any(axis=1).tolist() == [True, False, False, True]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_feature_files_go_before_pictures(make_graph: Make, make_pair: Make, tmp_path: Path) -> None:
    drawn().save(tmp_path / "a.png")
    features = {0: np.array([3, 4], dtype=np.float32), 1: np.zeros(2, dtype=np.float32)}
    pair = make_pair(make_graph(["a", "b"], images={0: tmp_path / "a.png"}, image_features=features), make_graph(["A"]))
    vectors = image_vectors(pair)
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 0], [0, 0]], rtol=1e-6)
    assert features[0].tolist() == [3, 4]


def test_vectors_of_different_makes_are_refused(make_graph: Make, make_pair: Make) -> None:
    wide, narrow = (make_graph(["a"], image_features={0: np.ones(w, dtype=np.float32)}) for w in (3, 2))
    with pytest.raises(DataFormatError, match="expected image features of one width for both graphs, got 3 and 2"):
        image_vectors(make_pair(wide, narrow))
    with pytest.raises(DataFormatError, match="got pictures on one side"):
        image_vectors(make_pair(wide, make_graph(["A"], images={0: Path("a.png")})))
