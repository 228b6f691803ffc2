"""Archives made in memory, unpacked or refused."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pmf.data.unpack import Limits, store, unpack
from pmf.errors import DataFormatError

FILES = {"set/rel_triples_1": b"a\tb\tc\n", "set/images_1/\u00e9 1.png": b"\x89PNG", "set/empty": b""}


def make_zip(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def make_tar(
    *members: tuple[str | tarfile.TarInfo, bytes], mode: str = "w", pax: dict[str, str] | None = None
) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, pax_headers=pax) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def special(kind: bytes, name: str = "link", target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def extract(root: Path, content: bytes, name: str = "up.zip", limits: Limits | None = None) -> Path:
    return store(root, name, lambda folder: unpack(io.BytesIO(content), name, folder, limits))


def refused(root: Path, content: bytes, *, limits: Limits | None = None) -> str:
    """The one line that says why; neither the root nor what surrounds it holds anything then."""
    with pytest.raises(DataFormatError) as error:
        extract(root / "in", content, limits=limits)
    assert [path.relative_to(root) for path in root.rglob("*")] == [Path("in")]
    said = str(error.value)
    assert said.startswith("up.zip: expected ")
    assert "\n" not in said
    return said


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checksum(name: str, more: int = 0) -> bytes:
    header = tarfile.TarInfo(name).tobuf()
    return b"%06o\0" % (int(header[148:154], 8) + more)
