"""Text that came with the data, made safe for places that read Markdown."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@/])")
_LINK = re.compile(r"(https?:(?=//)|www(?=\.))", re.IGNORECASE)  # where Markdown makes a link of bare text
_JOINER = "\u2060"  # takes no room, and no link goes across it
LONGEST = 160


def plain(text: object, longest: int = LONGEST) -> str:
    """One line of `text` that Markdown shows letter by letter, cut at `longest` characters."""
    return _MARKUP.sub(r"\\\1", _LINK.sub(rf"\1{_JOINER}", short(text, longest)))


def short(text: object, longest: int = LONGEST) -> str:
    """One line of `text` without control or reordering characters, cut at `longest`."""
    visible = "".join(" " if c.isspace() else c for c in str(text) if c.isspace() or not _hidden(c))
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def duration(seconds: float) -> str:
    """Seconds as people say them: "0.4 s", "12 s", "3 min", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _hidden(char: str) -> bool:
    return (
        unicodedata.category(char) == "Cc"
        or char in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
