"""How the points of each group look: a colour, and a mark that tells it without colour."""

from __future__ import annotations

from collections.abc import Sequence

from app.shared.figures import style

Look = tuple[str, str, float]
"""Colour, Plotly symbol, opacity."""

RAMP = ("#5E4FA2", "#7E57C2", "#A14FA0", "#D6456B", "#E8604C", "#F27D33", "#F9A11B", "#F2B84B", "#E8C25A")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7F7F7F", "#A6761D", "#1B7F79")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "pentagon", "hexagon", "triangle-down")
EVERYWHERE: dict[str, Look] = {
    "source": (style.SOURCE, "circle", 0.6),
    "target": (style.TARGET, "diamond", 0.6),
    "right": (style.RIGHT, "circle", 0.6),
    "wrong": (style.WRONG, "x", 0.9),
    "not ranked": (style.QUIET, "circle-open", 0.5),
    "frozen": (style.TARGET, "diamond-open", 0.9),
    "missing": (style.QUIET, "circle-dot", 0.5),
    "no type": (style.QUIET, "circle-open", 0.5),
    "no error": (style.QUIET, "circle-open", 0.4),
    "no known link": (style.QUIET, "circle-open", 0.5),
}
REST: Look = (style.QUIET, "square-open", 0.6)


def looks(options: Sequence[str], in_use: str, *, ordered: bool = False) -> list[Look]:
    """A look for each option: its own where its name means the same everywhere, else the next free one.

    Args:
        options: in the order in which they are listed.
        in_use: colour of the option "in use", the modality's own.
        ordered: whether they grow from the first to the last, so that a ramp of colours shows them.
    """
    if ordered:
        return [(colour, "circle", 0.75) for colour in RAMP[-len(options) :]]
    own, free = EVERYWHERE | {"in use": (in_use, "circle", 0.6)}, zip(COLOURS, SYMBOLS, strict=True)
    return [own[name] if name in own else (*look, 0.75) if (look := next(free, None)) else REST for name in options]
