"""The one door for files that may come from anybody: what comes out of one is bounded before memory is taken for it.

| form | module | what is checked first |
|---|---|---|
| JSON, JSON lines | `json_files` | bytes, bytes of a line, number of lines; numbers are finite |
| NumPy `.npy`, `.npz` | `arrays` | the header's type and shape against the bytes that are there |
| safetensors | `tensors` | bytes of the header; the library checks the rest against the file |
| Parquet | `tables` | rows, pages, what each page unpacks to, texts of a dictionary times the rows that repeat them |

A small file may always unpack to `HARMLESS` bytes, a larger one to `RATIO` times its own size. Real tables of ours
unpack to six times their size at most. All readers raise `DataFormatError`; no other file of the project parses these
forms, and a test holds that.
"""

from __future__ import annotations

from pathlib import Path

from pmf.errors import DataFormatError

HARMLESS = 64 * 2**20
RATIO = 50


def budget(size: int) -> int:
    """Bytes that a file of `size` bytes may unpack to."""
    return max(HARMLESS, RATIO * size)


def file_size(path: Path) -> int:
    """Bytes of a regular file: opening a named pipe would wait for ever, a device would never end.

    Raises:
        DataFormatError: there is no such file, or it is something else.
    """
    try:
        if not path.is_file():
            raise DataFormatError(path, expected="a file", got="something else" if path.exists() else "nothing")
        return path.stat().st_size
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise DataFormatError(path, expected="a readable file", got=str(error.strerror)) from error
