"""Text files in other encodings than UTF-8: told by a byte order mark, chosen by a person, or guessed and said."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from pmf.data.readers.session import note, session
from pmf.errors import DataFormatError

_MARKS = (  # the longer ones first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_WESTERN = re.compile("[^\x00-\x7f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00fe\u0152\u0153\u0160\u0161\u017d\u017e\u0178]")
_SIGNS = set("\u20ac\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026\u2022\u2122\u0192\xa0") | set(
    "\xa1\xa2\xa3\xa7\xa9\xaa\xab\xad\xae\xb0\xb1\xb2\xb3\xb4\xb5\xb7\xb9\xba\xbb\xbc\xbd\xbe\xbf\xd7\xf7"
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_FOREIGN = re.compile(rb"[\xc0-\xff]{4}")  # no Western word has four letters beyond ASCII in a row, Cyrillic ones do
_RARE = 0.2  # in Western languages fewer letters than this are beyond ASCII
_SAMPLE = 2**18


def decode(path: Path, data: bytes) -> str:
    """The text of a file.

    UTF-8 with or without byte order mark, UTF-16 and UTF-32 with one. Any other text is read in the encoding of
    `Reading.encoding`. Without it, Western European text (cp1252, which older spreadsheets save) is recognised, and a
    note says so.

    Raises:
        DataFormatError: it is none of these; the message names what it may be.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    if encoding == "utf-8-sig" and (wide := _wide(data)):
        why = "read as UTF-16, because every other byte is empty"
        remedy = "If letters look wrong, save it as UTF-8."
        note("guessed", why, path=path, count=0, remedy=remedy)
        encoding = wide
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig":
            return _decode_other(path, data, error)
        raise DataFormatError(path, expected=f"{encoding.upper()} text", got=error.reason) from None


def _wide(data: bytes) -> str:
    """UTF-16 without its mark, of mostly Western letters; "" for anything else."""
    even, odd = data[:_SAMPLE:2].count(0), data[1:_SAMPLE:2].count(0)
    letters = min(len(data), _SAMPLE) // 2
    if letters and len(data) % 2 == 0 and max(even, odd) * 2 > letters and min(even, odd) * 100 <= letters:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _decode_other(path: Path, data: bytes, error: UnicodeDecodeError) -> str:
    chosen = session().options.encoding
    if chosen:
        try:
            return data.decode(chosen)
        except UnicodeError as other:
            raise DataFormatError(path, expected=f"{chosen} text, as chosen", got=str(other)) from None
    if not data.startswith(codecs.BOM_UTF8) and (example := _western(data)):
        why = "read as cp1252 (Western European), because it is not UTF-8"
        remedy = "If letters look wrong, name the encoding: --read encoding=NAME."
        note("guessed", why, path=path, example=example, count=0, remedy=remedy, setting="encoding=cp1252")
        return data.decode("cp1252")
    # error.object, not data: the decoder counts from behind the byte order mark.
    line = error.object.count(b"\n", 0, error.start) + 1
    got = f"byte 0x{error.object[error.start]:02x}. {_advice(data)}"
    raise DataFormatError(path, line=line, expected="UTF-8 text", got=got) from None


def _western(data: bytes) -> str:
    """A word with a letter beyond ASCII where all of the text is likely cp1252, else ""."""
    high, utf8 = len(_HIGH.findall(data)), sum(map(len, _UTF8.findall(data)))
    if utf8 * 2 > high or _CONTROLS.search(data):  # damaged UTF-8, UTF-16 without its mark, or no text at all
        return ""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    if high > _RARE * sum(map(str.isalpha, text)) or set(_WESTERN.findall(text)) - _SIGNS or _FOREIGN.search(data):
        return ""
    word = re.search(r"[\w’]*[\x80-\U0010ffff][\w’]*", text)
    return word[0][:40] if word else ""


def _advice(data: bytes) -> str:
    """What may be done about text in an unknown encoding."""
    if sum(map(len, _UTF8.findall(data))) * 2 > len(_HIGH.findall(data)):
        return "The rest is UTF-8, so the file is damaged there"
    best = from_bytes(data[:_SAMPLE]).best()
    name = best.encoding if best else "cp1252"
    return f"Name the encoding, perhaps --read encoding={name}"
