"""Tab-separated and safetensors files, read strictly: a file is right to its last line, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from pmf.bounded import file_size
from pmf.bounded.tensors import open_tensors
from pmf.data.readers.columns import is_header
from pmf.data.readers.decoding import decode
from pmf.data.readers.packed import is_packed, unpacked
from pmf.data.readers.session import note, session
from pmf.errors import DataFormatError
from pmf.places import stay_inside
from pmf.progress import reading

_ROWS_A_WORD = 20_000  # rows read between two words on progress
_PACKED = (
    (b"\x1f\x8b", "data packed by gzip: unpack it, or let a table's name end with .gz"),
    (b"BZh", "data packed by bzip2: unpack it, or let a table's name end with .bz2"),
    (b"\xfd7zXZ", "data packed by xz: unpack it, or let a table's name end with .xz"),
    (b"PK\x03\x04", "a spreadsheet or a ZIP archive: save each sheet as CSV, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet: save each sheet as CSV"),
)
"""How files begin that are no text → what they are."""
_NO_TABLES = (
    (b"<!doctype html", "a web page: export the data themselves, as CSV"),
    (b"<html", "a web page: export the data themselves, as CSV"),
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself, with git lfs pull"),
)
"""How texts begin, in lower case, that hold no data → what they are."""
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")


def read_rows(
    path: Path, *columns: str, last: Literal["field", "text", "list"] = "field"
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a tab-separated UTF-8 file, each with its 1-based line number.

    A byte order mark, CRLF line ends, blank lines at the end and a first line of column names are tolerated.

    Args:
        path: the file.
        columns: what each column holds, for the error message.
        last: what the last column may be: one field that is not empty; a text that may be empty or hold tabs
            itself; or a field followed by any number of further ones.

    Yields:
        (line number, fields).

    Raises:
        DataFormatError: the file can't be read, is not UTF-8, holds NUL, or a line has the wrong fields.
    """
    width = len(columns)
    lines = read_lines(path)
    for line, text in enumerate(lines, start=1):
        if line == 1 and width > 1 and is_header(text.split("\t")):
            note("left out", "the first line is a header", path=path, unit="line", example=text)
            continue
        if line % _ROWS_A_WORD == 0:
            reading(path, line, len(lines))
        fields = text.split("\t")
        if last == "text" and len(fields) > width:
            fields[width - 1 :] = ["\t".join(fields[width - 1 :])]
        fits = len(fields) >= width if last == "list" else len(fields) == width
        if not fits or not all(map(str.strip, fields[:-1] if last == "text" else fields)):
            expected = f"{', '.join(columns)}{'…' if last == 'list' else ''} separated by tabs, none of them empty"
            raise DataFormatError(path, line=line, expected=expected, got=repr(text) if text else "an empty line")
        yield line, fields
    reading(path, len(lines), len(lines))


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, without the blank ones at its end.

    Raises:
        DataFormatError: see `read_text`.
    """
    # Not splitlines(): a value may hold U+2028 or a form feed.
    lines = [line.removesuffix("\r") for line in read_text(path).split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def read_text(path: Path) -> str:
    """The content of a text file, without byte order marks (joined files have several); see `decode` for encodings.

    Raises:
        DataFormatError: the file can't be read, is in an unknown encoding, or holds NUL.
    """
    data = read_bytes(path)
    head = data[:100].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    beginnings = [(data, _PACKED), (head, _NO_TABLES)]
    if other := next((what for text, known in beginnings for begin, what in known if text.startswith(begin)), ""):
        raise DataFormatError(path, expected="text" if other[0] != "a" else "data", got=other)
    text = decode(path, data).lstrip("\ufeff")
    if (nul := text.find("\0")) >= 0:
        line = text.count("\n", 0, nul) + 1
        raise DataFormatError(path, line=line, expected="text", got="a NUL byte")
    return text


def read_bytes(path: Path) -> bytes:
    """The content of a regular file, unpacked.

    Raises:
        DataFormatError: there is no such file, or it can't be read.
    """
    check_file(path)
    try:
        if not is_packed(path):
            return path.read_bytes()
        with path.open("rb") as raw:
            return unpacked(path, raw).read()
    except OSError as error:
        raise DataFormatError(path, expected="a readable file", got=str(error.strerror)) from error


def check_file(path: Path) -> None:
    """Refuses what is not a regular file: opening a named pipe would wait for ever.

    Raises:
        ConfigError: it is a link that leads out of the folders that this server may read.
        DataFormatError: there is no such file, or it is something else.
    """
    file_size(path)
    if (real := path.resolve()) != path.absolute():
        stay_inside(real)
    session().touched.add(path)
    reading(path)


def check_integer(path: Path, line: int, text: str) -> str:
    """`text` itself if it is a non-negative decimal integer below 10^18 without leading zeros.

    Raises:
        DataFormatError: it is not.
    """
    if not _INTEGER.fullmatch(text):
        raise DataFormatError(path, line=line, expected="an integer id", got=repr(text))
    return text


def bare(uri: str) -> str:
    """A URI without the angle brackets some files put around it."""
    return uri[1:-1] if len(uri) > 2 and uri[0] == "<" and uri[-1] == ">" else uri


def read_tensors(path: Path, **wanted: tuple[str, int]) -> dict[str, npt.NDArray[np.generic]]:
    """The named tensors of a safetensors file.

    Args:
        path: the file.
        wanted: tensor name → (safetensors type, number of dimensions), e.g. `features=("F32", 2)`.

    Raises:
        DataFormatError: not a safetensors file, a tensor is absent or of another type, or a number is not finite.
    """
    session().touched.add(path)
    tensors: dict[str, npt.NDArray[np.generic]] = {}
    with open_tensors(path, "numpy") as file:
        for name, (kind, dimensions) in wanted.items():
            if name not in file.keys():  # noqa: SIM118 - not a dict
                expected = f"a safetensors file with {' and '.join(wanted)}"
                raise DataFormatError(path, expected=expected, got=f"no {name}")
            view = file.get_slice(name)
            got = f"{view.get_dtype()} {view.get_shape()}"
            if view.get_dtype() != kind or len(view.get_shape()) != dimensions:
                raise DataFormatError(path, expected=f"{name}: {kind}, {dimensions} dimensions", got=got)
            tensors[name] = file.get_tensor(name)
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise DataFormatError(path, expected=f"finite numbers in {name}", got="NaN or infinity")
    return tensors
