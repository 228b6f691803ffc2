"""Archives as attackers make them, and broken ones."""

from __future__ import annotations

import io
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pmf.data.unpack import Limits
from pmf.errors import DataFormatError
from tests.pmf.data.unpack.archives import FILES, contents, extract, make_tar, make_zip, refused, special


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S"],
)
def test_tar_links_and_devices(tmp_path: Path, kind: bytes) -> None:
    content = make_tar(("good", b"1"), (special(kind), b""), ("link/x", b"2"))
    assert "files and folders only" in refused(tmp_path, content) or kind == b"S"


def test_a_link_to_an_earlier_member(tmp_path: Path) -> None:
    content = make_tar(("good", b"1"), (special(tarfile.LNKTYPE, target="good"), b""))
    assert "files and folders only" in refused(tmp_path, content)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_zip_links_and_devices(tmp_path: Path, kind: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "files and folders only" in refused(tmp_path, stream.getvalue())


def test_encrypted_zip(tmp_path: Path) -> None:
    content = bytearray(make_zip({"secret": b"1"}))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + place] |= 1
    assert "not encrypted" in refused(tmp_path, bytes(content))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_compressions_that_cannot_be_bounded(tmp_path: Path, compression: int) -> None:
    assert "stored or deflated" in refused(tmp_path, make_zip({"a": bytes(1000)}, compression=compression))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_of_a_name(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    assert "each name once" in refused(tmp_path, stream.getvalue())
    assert "each name once" in refused(tmp_path, make_tar(("a", b"1"), ("./a", b"2")))
    for members in ((("a", b"1"), ("a/b", b"2")), (("a/b", b"1"), ("a", b"2"))):
        assert "each name once" in refused(tmp_path, make_tar(*members))


def test_names_that_only_look_alike_stay_apart(tmp_path: Path) -> None:
    members = {"\u00e9": b"1", "e\u0301": b"2", "\uff0e\uff0e\u2215x": b"3", "A": b"4"}
    assert contents(extract(tmp_path, make_zip(members))) == members


def test_bombs(tmp_path: Path) -> None:
    zeros = bytes(2_000_000)
    small = Limits(harmless=1_000_000)
    for content in (
        make_zip({"a": zeros}),
        make_zip({f"{i}": bytes(200_000) for i in range(10)}),
        make_tar(("a", zeros), mode="w:gz"),
        make_tar(("a", zeros), mode="w:bz2"),
        make_tar(("a", zeros), mode="w:xz"),
        make_tar(("._a", zeros), mode="w:gz"),  # left out, and counted all the same
    ):
        assert "times its own size" in refused(tmp_path, content, limits=small)
        assert "GB unpacked" in refused(tmp_path, content, limits=Limits(size=1_000_000))
    assert contents(extract(tmp_path, make_zip({"a": zeros}))) == {"a": zeros}  # compresses well, and is harmless


def test_members_that_share_their_bytes(tmp_path: Path) -> None:
    """Every entry of the directory leads to the same compressed data: small, and large once unpacked."""
    one = make_zip({"0000": bytes(500_000)})
    at, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entries = b"".join(one[at:end].replace(b"0000", b"%04d" % i) for i in range(40))
    tail = bytearray(one[end:])
    struct.pack_into("<HHL", tail, 8, 40, 40, len(entries))
    refused(tmp_path, one[:at] + entries + bytes(tail), limits=Limits(harmless=1_000_000))


def test_too_many_members(tmp_path: Path) -> None:
    limits = Limits(members=50)
    assert "at most 50 files" in refused(tmp_path, make_zip({f"{i}": b"" for i in range(51)}), limits=limits)
    assert "at most 50 files" in refused(tmp_path, make_tar(*((f"{i}", b"") for i in range(51))), limits=limits)
    deep = make_tar(*((f"{i}/a/b/c/d/e/f", b"") for i in range(9)))
    assert "at most 50 files" in refused(tmp_path, deep, limits=limits)


def test_a_hundred_thousand_members(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for i in range(100_001):
            archive.writestr(zipfile.ZipInfo(f"{i}"), b"")
    assert "65,534 files" in refused(tmp_path, stream.getvalue())


def test_a_directory_that_hides_its_size(tmp_path: Path) -> None:
    content = bytearray(make_zip({f"{i:0200}": b"" for i in range(400)}))
    struct.pack_into("<HH", content, content.rindex(b"PK\5\6") + 8, 1, 1)  # says: one member
    assert "at most 100 files" in refused(tmp_path, bytes(content), limits=Limits(members=100))


def test_headers_that_fill_memory(tmp_path: Path) -> None:
    long = make_tar(("x" * 5_000_000, b""), mode="w:gz")
    assert "too long" in refused(tmp_path, long)
    said = refused(tmp_path, make_tar(("a", b""), mode="w:gz", pax={"comment": "x" * 5_000_000}))
    assert "too long" in said
    sparse = tarfile.TarInfo("a")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
    refused(tmp_path, make_tar((sparse, b"2000000\n" + b"0\n" * 4_000_000), mode="w:gz"))


def test_a_negative_size(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.pax_headers = {"size": "-512"}
    refused(tmp_path, make_tar((info, b""), ("b", b"1")))


def test_neither_zip_nor_tar(tmp_path: Path) -> None:
    for content in (
        b"",
        b"a",
        b"no archive " * 100,
        b"PK\3\4",
        b"\x1f\x8b",
        b"\x1f\x8bxx",
        b"\xfd7zXZ\0",
        b"BZh9" + bytes(99),
    ):
        assert "archive" in refused(tmp_path, content)


@pytest.mark.parametrize(
    "make", [make_zip, lambda m: make_tar(*m.items()), lambda m: make_tar(*m.items(), mode="w:gz")]
)
def test_cut_short_nothing_is_left(tmp_path: Path, make: Callable[[dict[str, bytes]], bytes]) -> None:
    content = make({"a": random.Random(1).randbytes(3000), "b": bytes(2000)})
    for length in (len(content) // 4, len(content) // 2, 3 * len(content) // 4 if make is make_zip else 2000):
        refused(tmp_path, content[:length])


@pytest.mark.parametrize(
    "make", [make_zip, lambda m: make_tar(*m.items()), lambda m: make_tar(*m.items(), mode="w:gz")]
)
def test_changed_bytes_raise_nothing_else(tmp_path: Path, make: Callable[[dict[str, bytes]], bytes]) -> None:
    rng = random.Random(7)
    whole = make(FILES | {"set/b": rng.randbytes(600)})
    refusals = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            content[rng.randrange(len(content))] = rng.choice((0, 0xFF, rng.randrange(256)))
        try:
            extract(tmp_path / "in", bytes(content))
        except DataFormatError:
            refusals += 1
    assert 100 < refusals < 300
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert not [path for path in (tmp_path / "in").rglob("*") if path.is_symlink() or path.name.startswith(".new-")]


def test_a_root_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFormatError, match="can be written to"):
        extract(tmp_path / "file", make_zip(FILES))
