"""What the pages of a Parquet file unpack to, by their own headers.

A file's footer may claim any size; memory is taken by what stands in front of each page. That is a `PageHeader` in
Thrift's compact protocol, of which only integers are read here.

Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

LONGEST_HEADER = 64 * 1024  # bytes; the statistics in it take 4,096 at most where we write them
_DICTIONARY, _DATA, _DATA_V2 = 2, 0, 3  # types of a page that hold values
_DEEPEST = 8

# kinds of a field in the compact protocol
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Args:
        values: in it, those that are null included.
        size: bytes once unpacked.
        encoding: number of it in the format.
        is_dictionary: whether it holds the texts or numbers that other pages refer to.
    """

    values: int
    size: int
    encoding: int
    is_dictionary: bool


def pages(file: IO[bytes], start: int, length: int) -> Iterator[Page]:
    """The pages of one column chunk.

    Args:
        file: the Parquet file.
        start: byte where the first page's header begins.
        length: bytes of all its pages, packed.

    Raises:
        ValueError: a header is damaged or dishonest.
    """
    end = start + length
    while start < end:
        file.seek(start)
        header = _Header(file.read(min(LONGEST_HEADER, end - start)))
        fields = header.struct()
        size, packed = fields.get(2, -1), fields.get(3, -1)
        start += header.at + packed
        if size < 0 or packed < 0 or start > end:
            raise ValueError("a page that does not lie in its column")
        kind = fields.get(1)
        about = fields.get({_DATA: 5, _DICTIONARY: 7, _DATA_V2: 8}.get(kind or 0, 0), {})
        if not isinstance(about, dict):
            raise ValueError("a page header that says nothing of its values")
        yield Page(
            values=about.get(1, 0) if kind != _DICTIONARY else 0,
            size=size,
            encoding=about.get(4 if kind == _DATA_V2 else 2, 0),
            is_dictionary=kind == _DICTIONARY,
        )


class _Header:
    """Bytes of a Thrift struct, read from `at` on."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Field number → integer, or struct; other kinds of value are passed over."""
        if depth > _DEEPEST:
            raise ValueError("a page header within a page header")
        fields: dict[int, Any] = {}
        number = 0
        while (first := self._byte()) != 0:
            kind = first & 0x0F
            number = number + (first >> 4) if first >> 4 else self._integer()
            value = self._value(kind, depth)
            if value is not None:
                fields[number] = value
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_TRUE, _FALSE):  # the kind is the value
            return None
        if kind == _BYTE:
            self._skip(1)
            return None
        if kind in (_I16, _I32, _I64):
            return self._integer()
        if kind == _DOUBLE:
            self._skip(8)
            return None
        if kind == _BINARY:
            self._skip(self._varint())
            return None
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError("a page header with lists in it")  # none has

    def _byte(self) -> int:
        self._skip(1)
        return self.data[self.at - 1]

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise ValueError("a page header that is cut short or too long")

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number of more than 64 bits in a page header")

    def _integer(self) -> int:
        """Signed, as zigzag stores it."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
