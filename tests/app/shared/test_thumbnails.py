"""Pictures for the screen: small, and none of what cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from app.shared.services import pictures


def test_thumbnails_are_bounded(tmp_path: Path) -> None:
    Image.new("RGB", (600, 300), "red").save(tmp_path / "wide.jpg")
    small = pictures.thumbnail(tmp_path / "wide.jpg", 64)
    assert small is not None
    assert Image.open(io.BytesIO(small)).size == (64, 32)
    square = pictures.thumbnail(tmp_path / "wide.jpg", 64, square=True)
    assert square is not None
    assert Image.open(io.BytesIO(square)).size == (64, 64)
    assert Image.open(io.BytesIO(pictures.frozen_look(small))).size == (64, 32)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"GIF89a"])
def test_unreadable_pictures_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    assert pictures.thumbnail(tmp_path / "bad.png") is None
    assert pictures.thumbnail(tmp_path / "absent.png") is None


def test_huge_pictures_are_none(tmp_path: Path) -> None:
    Image.new("1", (6000, 6000)).save(tmp_path / "huge.png")
    assert pictures.thumbnail(tmp_path / "huge.png") is None
