"""Strict reading of tab-separated and safetensors files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmf.data.readers.tables import bare, check_integer, read_bytes, read_rows, read_tensors
from pmf.errors import DataFormatError


def written(folder: Path, data: bytes) -> Path:
    path = folder / "table"
    path.write_bytes(data)
    return path


def test_byte_order_mark_crlf_and_blank_lines_at_the_end_are_tolerated(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffa\tb\r\nc\té\r\n\r\n \n".encode())
    assert list(read_rows(path, "left", "right")) == [(1, ["a", "b"]), (2, ["c", "é"])]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "a\tx\u2028y\x0cz\x85\n".encode())
    assert list(read_rows(path, "left", "right")) == [(1, ["a", "x\u2028y\x0cz\x85"])]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert list(read_rows(written(tmp_path, b""), "left", "right")) == []


def test_text_in_the_last_column_may_hold_tabs_or_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\tb\tc\td\na\tb\t\n")
    assert [fields for _, fields in read_rows(path, "x", "y", "z", last="text")] == [["a", "b", "c\td"], ["a", "b", ""]]


def test_a_list_takes_any_number_of_fields(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\na\tb\tc\n")
    assert [fields for _, fields in read_rows(path, "x", last="list")] == [["a"], ["a", "b", "c"]]


@pytest.mark.parametrize(
    ("data", "last", "line", "message"),
    [
        (b"a\tb\na\n", "field", 2, "table:2: expected left, right separated by tabs, none of them empty, got 'a'"),
        (b"a\tb\tc\n", "field", 1, "got 'a\\tb\\tc'"),
        (b"a\tb\n\na\tb\n", "field", 2, "got an empty line"),
        (b"a\t \n", "field", 1, "got 'a\\t '"),
        (b"\tb\n", "text", 1, "got '\\tb'"),
        (b"a\n", "text", 1, "got 'a'"),
        (b"a\n", "list", 1, "expected left, right… separated by tabs"),
        (b"a\tb\tc\t\n", "list", 1, "got 'a\\tb\\tc\\t'"),
        (b"a\tb\na\tb\n\xff\tb\n", "field", 3, "expected UTF-8 text, got byte 0xff"),
        (b"\xef\xbb\xbfa\tb\n\xe9\tb\n", "field", 2, "expected UTF-8 text, got byte 0xe9"),
        (b"a\tb\na\t\0b\n", "field", 2, "expected text, got a NUL byte"),
    ],
)
def test_malformed_lines_are_refused(tmp_path: Path, data: bytes, last: str, line: int, message: str) -> None:
    path = written(tmp_path, data)
    with pytest.raises(DataFormatError) as caught:
        list(read_rows(path, "left", "right", last=last))  # type: ignore[arg-type]
    assert (caught.value.path, caught.value.line) == (path, line)
    assert message in str(caught.value)


def test_what_is_not_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataFormatError, match="expected a file, got nothing"):
        read_bytes(tmp_path / "absent")
    with pytest.raises(DataFormatError, match="expected a file, got something else"):
        read_bytes(tmp_path)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataFormatError, match="expected a readable file, got Permission denied"):
        read_bytes(written(tmp_path, b"a"))


@pytest.mark.parametrize("text", ["", "-1", "1.0", "007", "1_000", " 1", "٣", "x", "9" * 5000])
def test_only_plain_integers_are_ids(text: str) -> None:
    with pytest.raises(DataFormatError, match="table:7: expected an integer id") as caught:
        check_integer(Path("table"), 7, text)
    assert caught.value.got == repr(text)


def test_plain_integers_pass() -> None:
    assert [check_integer(Path("table"), 1, text) for text in ("0", "42", "9" * 18)] == ["0", "42", "9" * 18]


def test_angle_brackets_come_off_in_pairs() -> None:
    assert [bare(uri) for uri in ("<a>", "a", "<a", "a>", "<>", "")] == ["a", "a", "<a", "a>", "<>", ""]


def test_tensors_come_back_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"ids": np.array([3, 1]), "features": np.eye(2, dtype=np.float32)}, path)
    tensors = read_tensors(path, ids=("I64", 1), features=("F32", 2))
    assert tensors["ids"].tolist() == [3, 1]
    assert tensors["features"].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"other": np.zeros(2)}, "expected a safetensors file with features"),
        ({"features": np.zeros((2, 2))}, r"expected features: F32, 2 dimensions, got F64 \[2, 2\]"),
        ({"features": np.zeros(2, dtype=np.float32)}, r"got F32 \[2\]"),
        ({"features": np.array([[np.nan]], dtype=np.float32)}, "expected finite numbers in features, got NaN"),
    ],
)
def test_other_tensors_are_refused(tmp_path: Path, tensors: dict[str, np.ndarray], message: str) -> None:
    path = tmp_path / "x.safetensors"
    save_file(tensors, path)
    with pytest.raises(DataFormatError, match=message):
        read_tensors(path, features=("F32", 2))


def test_files_that_are_not_safetensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="expected a file, got nothing"):
        read_tensors(tmp_path / "absent", features=("F32", 2))
    with pytest.raises(DataFormatError, match="expected a safetensors file"):
        read_tensors(written(tmp_path, b"\x80\x04not safetensors"), features=("F32", 2))
