"""Archives as people make them, and names that lead out of the folder."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from pmf.data.unpack import safe_name
from tests.pmf.data.unpack.archives import FILES, checksum, contents, extract, make_tar, make_zip, refused


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
