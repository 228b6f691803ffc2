"""JSON, NumPy and safetensors files that claim more than they hold, and the shapes that plain values must have."""

from __future__ import annotations

import ast
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmf.bounded import file_size
from pmf.bounded.arrays import open_array, read_arrays
from pmf.bounded.json_files import LONGEST_LINE, parse_json, read_json, read_json_lines
from pmf.bounded.shapes import group_of, list_of, number, one_of, optional, plain, record, text, truth, whole
from pmf.bounded.tensors import open_tensors
from pmf.errors import DataFormatError
from tests.conftest import ROOT


def header(shape: str, kind: str = "<f8") -> bytes:
    """The start of a .npy file."""
    said = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000000,)"),
        header("(4,)") + bytes(31),
        header("(4,)") + bytes(33),
        header("(-1, -4)") + bytes(32),
        header("(1,)", "|O") + bytes(8),
        header("(" * 500) + bytes(8),
        b"\x93NUMPY\x09\x00" + bytes(100),
        b"",
        b"PK\3\4",
    ],
)
def test_an_array_is_what_its_header_says(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match="a NumPy array"):
        open_array(path)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("x.npy", content)
    with pytest.raises(DataFormatError, match="NumPy arrays"):
        read_arrays(tmp_path / "x.npz", ["x"])


def test_an_archive_of_arrays_may_not_unpack_to_any_size(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=np.zeros(20_000_000))
    assert path.stat().st_size < 300_000
    with pytest.raises(DataFormatError, match="too large"):
        read_arrays(path, ["x"])
    np.savez(path, x=np.arange(3), y=np.ones((2, 2)))
    arrays = read_arrays(path, ["y", "x"])
    assert arrays["x"].tolist() == [0, 1, 2]
    assert arrays["y"].shape == (2, 2)
    with pytest.raises(DataFormatError, match="no item named 'z"):
        read_arrays(path, ["z"])


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", header("(10000000,)") + bytes(80_000_000))
    small = len(header("(10000000,)")) + 8
    data = buffer.getvalue().replace(struct.pack("<I", small - 8 + 80_000_000), struct.pack("<I", small))
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(DataFormatError):
        read_arrays(tmp_path / "x.npz", ["x"])


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "NaN", "[Infinity]", "1e999", "9" * 5000, "{", '"\ud800'.encode("utf-8", "surrogatepass")]
)
def test_json_that_is_none_is_one_sentence(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the parser says
        parse_json(text)
    (tmp_path / "x.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataFormatError, match="expected JSON") as raised:
        read_json(tmp_path / "x.json")
    assert "\n" not in str(raised.value)


def test_json_has_a_size(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": [1, 2.5, null]}')
    assert read_json(path) == {"a": [1, 2.5, None]}
    with pytest.raises(DataFormatError, match="10 bytes at most"):
        read_json(path, 10)
    path.write_bytes(b'{"a": 1}\n{"a"\n3\n')
    assert list(read_json_lines(path)) == [(1, {"a": 1}), (3, 3)]
    path.write_bytes(b"1\n" + b"9" * (LONGEST_LINE + 1))
    with pytest.raises(DataFormatError, match=r"x\.json:2: expected 1,048,576 bytes"):
        list(read_json_lines(path))
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room
    with pytest.raises(DataFormatError, match="bytes at most"):
        list(read_json_lines(path))


def test_tensors_are_what_their_header_says(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"a": np.arange(3)}, path)
    with open_tensors(path, "numpy") as file:
        assert file.get_tensor("a").tolist() == [0, 1, 2]
    whole_file = path.read_bytes()
    for content in (b"", b"1234567", struct.pack("<Q", 2**62) + whole_file[8:], whole_file[:-1], whole_file + b"x"):
        path.write_bytes(content)
        with pytest.raises(DataFormatError, match="a safetensors file"), open_tensors(path, "numpy"):
            pass


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path / "pipe", "something else"),
        (tmp_path, "something else"),
        (tmp_path / "x", "nothing"),
    ):
        with pytest.raises(DataFormatError, match=says):
            file_size(path)
    with pytest.raises(DataFormatError):
        file_size(tmp_path / ("x" * 5000))


@pytest.mark.parametrize(
    ("check", "fits", "does_not"),
    [
        (whole(1, 5), [1, 5], [0, 6, 1.0, True, "1", None]),
        (number(0, 1), [0, 0.5, 1], [-0.1, 2, True, "0", 10**400]),
        (text(3), ["", "abc"], ["abcd", 1, None, "\ud800"]),
        (truth, [True, False], [0, "true", None]),
        (one_of("a", 1), ["a", 1], ["b", True, 1.0, []]),
        (optional(whole()), [None, 3], ["x"]),
        (list_of(whole(), most=2), [[], [1, 2]], [[1, 2, 3], ["x"], {}, "ab"]),
        (list_of(whole(), exactly=2), [[1, 2]], [[1]]),
        (group_of(whole(), "a", "b"), [{}, {"a": 1}], [{"c": 1}, {"a": "x"}, []]),
        (record({"a": whole()}, {"b": truth}), [{"a": 1}, {"a": 1, "b": True, "c": [1]}], [{}, {"a": 1, "b": 1}, []]),
        (plain, [1, None, [1, {"a": "b"}]], [[[[[[[[[1]]]]]]]], 1e301, "\ud800"]),
    ],
)
def test_shapes(check: Callable[[Any, str], None], fits: list[Any], does_not: list[Any]) -> None:
    for value in fits:
        check(value, "place")
    for value in does_not:
        with pytest.raises(ValueError, match="place"):
            check(value, "place")


FORBIDDEN = {
    "json": {"load", "loads"},
    "np": {"load", "fromfile", "memmap", "loadtxt", "genfromtxt"},
    "numpy": {"load", "fromfile", "memmap", "loadtxt", "genfromtxt"},
    "pd": {"read_parquet", "read_json", "read_csv", "read_pickle", "read_feather", "read_table", "read_excel"},
    "pq": {"read_table", "ParquetFile", "read_metadata", "read_schema", "ParquetDataset"},
    "torch": {"load"},
    "pickle": {"load", "loads"},
}
NAMES = {"safe_open", "load_file", "ParquetFile"}
ALLOWED = {
    ("pmf/runs/arrays.py", "np.memmap"),  # of a file whose size has been compared with the shape
}


def test_nothing_else_reads_these_forms() -> None:
    """Every reader of JSON, Parquet, NumPy and safetensors files goes through `pmf.bounded`."""
    found = set()
    for path in (*(ROOT / "pmf").rglob("*.py"), *(ROOT / "app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("pmf/bounded/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in FORBIDDEN.get(node.value.id, set()):
                    found.add((name, f"{node.value.id}.{node.attr}"))
            elif isinstance(node, ast.Attribute) and node.attr in NAMES | {"read_parquet"}:
                found.add((name, node.attr))
            elif isinstance(node, ast.ImportFrom) and node.module:
                wrong = NAMES | FORBIDDEN.get(
                    {"pyarrow.parquet": "pq", "numpy": "np", "pandas": "pd"}.get(node.module, node.module), set()
                )
                found |= {(name, alias.name) for alias in node.names if alias.name in wrong}
    assert found == ALLOWED
