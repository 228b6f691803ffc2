"""Archives as people make them, and as attackers do."""

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

from pmf.data.unpack import Limits, safe_name, store, unpack
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


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(tmp_path: Path, mode: str) -> None:
    folder = extract(tmp_path, make_tar(*FILES.items(), mode=mode), "my set.tar.gz")
    assert folder == tmp_path / "my-set"
    assert contents(folder) == FILES


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip(tmp_path: Path, compression: int) -> None:
    assert contents(extract(tmp_path, make_zip(FILES, compression=compression))) == FILES


def test_folders_and_what_systems_add(tmp_path: Path) -> None:
    members = {"./": b"", "set/": b"", "set/a": b"1", "__MACOSX/set/._a": b"x", "set/.DS_Store": b"y", "set/._a": b"z"}
    folder = tarfile.TarInfo("./")
    folder.type = tarfile.DIRTYPE
    del members["./"]
    assert contents(extract(tmp_path, make_zip(members))) == {"set/a": b"1"}
    assert contents(extract(tmp_path, make_tar((folder, b""), ("./set/a", b"1"), ("./set/._a", b"2")))) == {
        "set/a": b"1"
    }


def test_files_get_no_execute_bit(tmp_path: Path) -> None:
    info = tarfile.TarInfo("run.sh")
    info.mode = 0o4777
    file = extract(tmp_path, make_tar((info, b"#!/bin/sh\n"))) / "run.sh"
    assert not file.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH | stat.S_ISUID)


def test_a_taken_name_is_numbered(tmp_path: Path) -> None:
    folders = [extract(tmp_path, make_zip({"a": str(i).encode()})) for i in range(3)]
    assert [folder.name for folder in folders] == ["up", "up-2", "up-3"]
    assert [contents(folder)["a"] for folder in folders] == [b"0", b"1", b"2"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("DBP15K zh_en.tar.gz", "DBP15K-zh_en"),
        ("../../etc/cron.d/x.zip", "x"),
        ("C:\\Users\\me\\set.ZIP", "set"),
        (".hidden.zip", "hidden"),
        ("..zip", "data"),
        ("a\u202egnp.zip", "a-gnp"),
        ("数据.zip", "数据"),
        ("x" * 500 + ".zip", "x" * 60),
        ("<b>&.zip", "b"),
        ("set/", "set"),
    ],
)
def test_safe_names(given: str, name: str) -> None:
    assert safe_name(given) == name


OUTSIDE = [
    "../x",
    "a/../../x",
    "/etc/x",
    "..",
    "a/..",
    "..\\x",
    "\\\\host\\x",
    "C:x",
    "c:/x",
    "a//x",
    "a\0b",
    "a\nb",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_zip_names_that_lead_out(tmp_path: Path, name: str) -> None:
    stored = name.replace("\0", "0").replace("\\", "/")
    content = make_zip({"good": b"1", stored: b"2"})
    assert "names of files inside" in refused(tmp_path, content.replace(stored.encode(), name.encode()))


@pytest.mark.parametrize("name", [n for n in OUTSIDE if "\0" not in n])
def test_tar_names_that_lead_out(tmp_path: Path, name: str) -> None:
    assert "names of files inside" in refused(tmp_path, make_tar(("good", b"1"), (name, b"2")))


def test_names_too_deep_too_long_or_not_text(tmp_path: Path) -> None:
    for name in ("/".join("a" * 40), "x" * 300, "\u00e9" * 200, "a\x7fb", "b\x85c"):
        assert "names of files inside" in refused(tmp_path, make_zip({name: b""}))
    latin = (
        make_tar(("caf_", b"")).replace(b"caf_", b"caf\xe9").replace(checksum("caf_"), checksum("caf_", 0xE9 - 0x5F))
    )
    assert "names of files inside" in refused(tmp_path, latin)


def checksum(name: str, more: int = 0) -> bytes:
    header = tarfile.TarInfo(name).tobuf()
    return b"%06o\0" % (int(header[148:154], 8) + more)


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
