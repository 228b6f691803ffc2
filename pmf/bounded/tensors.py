"""safetensors files; the library maps them and refuses tensors that do not lie in the file, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from pmf.bounded import file_size
from pmf.errors import DataFormatError

LARGEST_HEADER = 16 * 2**20  # bytes of JSON


@contextmanager
def open_tensors(path: Path, framework: Literal["numpy", "pt"]) -> Iterator[Any]:
    """The file as `safetensors.safe_open` gives it.

    Raises:
        DataFormatError: it can't be read, or is no safetensors file; errors of the library inside the block too.
    """
    size = file_size(path)
    try:
        with path.open("rb") as file:
            header = int.from_bytes(file.read(8), "little")
        if size < 8 or header > min(size - 8, LARGEST_HEADER):
            raise DataFormatError(path, expected="a safetensors file", got=f"a header of {header:,} bytes")
        with safe_open(path, framework=framework) as tensors:
            yield tensors
    except (OSError, SafetensorError) as error:
        raise DataFormatError(path, expected="a safetensors file", got=str(error)) from error
