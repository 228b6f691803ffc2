"""Readable labels made from URIs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

# Marks that reorder the text around them; the joiners, also of category Cf, are part of words and stay.
_REORDERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OPAQUE = re.compile(r"/(?:[mg][./][\w.-]+|(?:Property:)?[QPL]\d+)$")
_DOTTED = re.compile(r"\w+(?:\.\w*[^\W\d]\w*)+")
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def label_of_uri(uri: str) -> str:
    """A label for an entity: its URI's last piece, decoded.

    All that follows `/resource/` counts as one piece, because DBpedia's names may hold slashes.

    Args:
        uri: with or without angle brackets.

    Returns:
        One line without control characters, never empty.
    """
    text = _bare(uri)
    piece = text.partition("/resource/")[2]
    if not piece:
        piece = re.split("[/#]", text.rstrip("/#"))[-1]
    return _one_line(unquote(piece).replace("_", " ")) or _one_line(text) or "?"


@lru_cache(maxsize=2**14)  # few, and needed for every pair that is explained
def label_of_property(uri: str) -> str:
    """A label for a relation or an attribute: words of a camelCase or dotted name set apart.

    Returns:
        One line, never empty, e.g. `…/parliamentName` → "parliament name".
    """
    label = label_of_uri(uri)
    if _DOTTED.fullmatch(label.replace(" ", "_")):  # Freebase: location.geocode.longitude
        label = label.rpartition(".")[2]
    words = _WORD_BREAK.sub(" ", label).split()
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)


def is_opaque(uri: str) -> bool:
    """Whether the URI is a mere number (Freebase `/m/…`, Wikidata `…/Q42`) that says nothing about its entity."""
    return _OPAQUE.search(_bare(uri)) is not None


def _bare(uri: str) -> str:
    return uri.strip().removeprefix("<").removesuffix(">")


def _one_line(text: str) -> str:
    visible = (" " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char) != "Cc")
    return " ".join(_REORDERING.sub("", "".join(visible)).split())
