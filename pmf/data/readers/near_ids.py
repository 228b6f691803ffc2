"""Ids of one file looked up in another, also where the two spell them differently."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from pmf.data.readers.tables import bare
from pmf.spreadsheets import restored


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _decoded(text: str) -> str:
    return _nfc(unquote(text))


def _visible(text: str) -> str:
    return " ".join("".join(sign for sign in _nfc(text) if unicodedata.category(sign) != "Cf").split())


def _unquoted(text: str) -> str:
    return text.strip("[]'\"“”‘’ ")


def _whole(text: str) -> str:
    return re.sub(r"^([+-]?\d+)[.,](?!000$)0*$", r"\1", text)  # 1.000 may be a thousand


def _ungrouped(text: str) -> str:
    grouped = re.fullmatch(r"\d{1,3}([ ,.'’\u00a0\u202f])\d{3}(?:\1\d{3})*", text)
    return text.replace(grouped[1], "") if grouped else text


def _written_out(text: str) -> str:
    """A power of ten all of whose digits are there: a spreadsheet also rounds long numbers, and then many are alike."""
    match = re.fullmatch(r"([1-9])(?:[.,](\d+))?[eE][+]?(\d\d?)", text)
    return match[1] + (match[2] or "") if match and len(match[2] or "") == int(match[3]) else text


def _joined(text: str) -> str:
    number = re.fullmatch(r"\d[\d\u2010-\u2013 -]{6,}[\dXx]", text)
    return re.sub("[\u2010-\u2013 -]", "", text).upper() if number else text


def _unpadded(text: str) -> str:
    return re.sub(r"(?:^|(?<=\D))0+(?=\d+$)", "", _whole(text))


def _secure(text: str) -> str:
    return re.sub(r"^https?://(www\.)?", "http://", _decoded(bare(text))).rstrip("/")


def _folded(text: str) -> str:
    return _secure(text).casefold().replace(" ", "_")


def _last_piece(text: str) -> str:
    plain = _secure(text)
    piece = plain.partition("/resource/")[2] or (re.split("[/#]", plain)[-1] if "://" in plain else plain)
    return piece.replace(" ", "_")


_BY_PIECE = "by their last piece"
FORMS: dict[str, Callable[[str], str]] = {
    "without the apostrophe before a formula": restored,  # as tables are exported
    "once letters and accents are joined (Unicode NFC)": _nfc,
    "once blanks are alike and signs that nobody sees are taken out": _visible,
    "without quotes or brackets around it": _unquoted,
    "once %-signs are decoded": _decoded,
    "without “.0”": _whole,
    "without marks between thousands": _ungrouped,
    "without hyphens between digits": _joined,  # of books, journals, people
    "without leading zeros": _unpadded,
    "once powers of ten are written out": _written_out,
    "without angle brackets, http or https, www and a slash at the end": _secure,
    f"{_BY_PIECE}, behind the last / or #": _last_piece,
    "once capitals and blanks are levelled": _folded,
    f"{_BY_PIECE}, once capitals are levelled": lambda text: _last_piece(text).casefold(),
}
"""Ways in which two spellings of an id may differ, said in words → what both become; mild ones first."""


class NearIds:
    """The entities of one graph by id, found by near misses too where only one entity fits.

    Args:
        rows: id → number of the entity.
        column_of: gives the column in which a text stands that is no id, to tell where links go by that; "" for none.
    """

    def __init__(self, rows: Mapping[str, int], column_of: Callable[[str], str] = lambda text: "") -> None:
        self.rows, self.column_of = rows, column_of
        self._near: dict[str, dict[str, int]] = {}

    def __contains__(self, text: str) -> bool:
        return text in self.rows or bare(text) in self.rows

    def find(self, text: str) -> tuple[int | None, str]:
        """An entity's number, and how its id differs ("" where it does not); None where no one entity fits."""
        row = self.rows.get(text, self.rows.get(bare(text)))
        if row is not None:
            return row, ""
        for how, form in FORMS.items():
            if how.startswith(_BY_PIECE) and "://" in text:  # of another data set, whose pieces mean other things
                continue
            row = self._index(how).get(form(text), -1)
            if row >= 0:
                return row, how
        return None, ""

    def _index(self, how: str) -> dict[str, int]:
        """Form of an id → its entity, -1 where several entities have it; made when it is first needed."""
        if how not in self._near:
            form = FORMS[how]
            index: dict[str, int] = {}
            for text, row in self.rows.items():
                key = form(text)
                index[key] = row if key and index.get(key, row) == row else -1
            self._near[how] = index
        return self._near[how]
