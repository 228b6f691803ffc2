"""The formulas of the lesson as this run computed them, written so that browser and handout can both draw them.

A formula is nested lists: the first element says how the others stand together, `["frac", "a", "b"]`; a text is a name,
a number, a sign, or words after "words". None of it comes from data.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

Formula = Any
"""`str` or `list[Formula]`."""

TAGS = {
    "row": "mrow",
    "frac": "mfrac",
    "sub": "msub",
    "sup": "msup",
    "both": "msubsup",
    "under": "munder",
    "root": "msqrt",
    "words": "mtext",
}


def senses(settings: Mapping[str, Any]) -> list[Formula]:
    """The cosine of a modality, and relevance (paper eq. 3)."""
    share = float(settings["model.propagation"])
    learned = ["row", "cos", "(", ["sub", "h", "i"], ",", ["sub", "h", "k"], ")"]
    spread = ["row", "cos", "(", ["sub", "g", "i"], ",", ["sub", "g", "k"], ")"]
    cosine = ["row", "(", "1", "−", "p", ")", learned, "+", "p", spread] if share else learned
    relevance = ["row", ["sub", "α", "i"], "=", ["under", "max", "k"], ["sub", "c", "ik"]]
    return [["row", ["sub", "c", "ik"], "=", cosine], relevance]


def loss() -> list[Formula]:
    """InfoNCE of one anchor."""

    def power(index: str) -> Formula:
        return ["row", "exp", "(", ["sub", "s", index], "/", "τ", ")"]

    return [
        [
            "row",
            ["sub", "ℓ", "i"],
            "=",
            "−",
            "log",
            ["frac", power("ii"), ["row", ["under", "∑", "k"], power("ik")]],
        ]
    ]


def weight(kind: str) -> Formula:
    """w of a feature: paper eq. 4, or 1 for whatever is not frozen."""
    w = ["sub", "w", "i"]
    alpha = ["sub", "α", "i"]
    if kind == "binary":
        return ["row", w, "=", "1", ["words", "if"], alpha, ">", "δ", ",", ["words", "else"], "0"]
    span = ["row", "max", "α", "−", "δ"]
    return ["row", w, "=", "ReLU", "(", ["frac", ["row", alpha, "−", "δ"], span], ")"]


def schedule(settings: Mapping[str, Any]) -> Formula:
    """δ by the calendar; t is the epoch."""
    growth = ["sup", f"{settings['freezing.growth_rate']:g}", ["row", "t", "−", f"{settings['freezing.start_epoch']}"]]
    initial = ["row", f"{settings['freezing.initial']:g}", "·", growth]
    return ["row", "δ", "=", "min", "(", f"{settings['freezing.cap']:g}", ",", initial, ")"]


def fusion(settings: Mapping[str, Any]) -> list[Formula]:
    """Similarity of a pair (paper eq. 8), and what each modality's weight is made of."""
    total = [
        "row",
        ["sub", "s", "ik"],
        "=",
        ["under", "∑", "m"],
        ["both", "W", "i", "m"],
        ["both", "W", "k", "m"],
        ["both", "c", "ik", "m"],
    ]
    factor = ["root", ["sub", "r", "m"]] if settings["evaluation.reliability"] else ""
    own = ["row", ["both", "w", "i", "m"], factor]
    if settings["evaluation.scoring"] == "dot":
        return [total, ["row", ["both", "W", "i", "m"], "=", own]]
    squared = ["row", ["under", "∑", "n"], ["sub", "r", "n"] if factor else "", ["sup", ["both", "w", "i", "n"], "2"]]
    return [total, ["row", ["both", "W", "i", "m"], "=", ["frac", own, ["root", squared]]]]


def csls() -> Formula:
    """What ranks in the end; r and c are means of the largest similarities of a row and of a column."""
    return ["row", ["sub", "s", "ik"], "←", "2", ["sub", "s", "ik"], "−", ["sub", "a", "i"], "−", ["sub", "b", "k"]]


def as_mathml(formula: Formula) -> str:
    """A formula as markup."""
    return f'<math display="block">{_markup(formula)}</math>'


def _markup(part: Formula) -> str:
    if isinstance(part, str):
        return f"<{_token(part)}>{escape(part)}</{_token(part)}>" if part else "<mrow></mrow>"
    kind, *inner = part
    if kind == "words":
        return f"<mtext>&#160;{escape(inner[0])}&#160;</mtext>"
    return f"<{TAGS[kind]}>{''.join(map(_markup, inner))}</{TAGS[kind]}>"


def _token(text: str) -> str:
    if text.replace(".", "").isdigit():
        return "mn"
    return "mi" if text.isalpha() else "mo"
