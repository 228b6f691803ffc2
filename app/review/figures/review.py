"""Drawings of the Review page, as SVG: they are there at once, and a picture runs nothing that its labels hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from app.review.services.evidence import ModalityEvidence
from app.shared.figures import style

WIDTH, ROW = 416, 24
LEFT, BARS = 76, 130  # modality names, then bars; what follows is text
NODE_ROW, PAIRS = 24, 5
INK = {False: "#1B2733", True: "#E6ECF2"}
_FONT = 'font-family="sans-serif" font-size="12.5"'


def evidence(bars: Sequence[ModalityEvidence], *, dark: bool) -> str:
    """All shares end to end, and below them a bar per modality with what it says by itself.

    Args:
        bars: one a modality; frozen ones are hatched, missing ones dotted.
        dark: whether the page is.
    """
    low = min(0.0, min(bar.share for bar in bars))
    reach = max(sum(max(0.0, bar.share) for bar in bars), 0.05) - low
    zero, scale = LEFT - low / reach * BARS, BARS / reach
    total = sum(bar.share for bar in bars)
    parts = [_text(0, 16, "similarity", bold=True), *_stack(bars, zero, scale)]
    parts.append(_text(LEFT + BARS + 8, 16, f"{total:.3f}", bold=True))
    for place, bar in enumerate(bars, 1):
        parts += _bar(bar, place * ROW, zero, scale)
    parts.append(_line(zero, 0, zero, ROW * (len(bars) + 1), "currentColor"))
    return _svg(parts, ROW * (len(bars) + 1) + 2, dark)


def evidence_in_words(bars: Sequence[ModalityEvidence]) -> str:
    """What `evidence` draws, for those who cannot see it."""
    parts = [f"{bar.modality} {_said(bar)}" for bar in bars]
    return f"Similarity {sum(bar.share for bar in bars):.3f}: {'; '.join(parts)}"


def linked(pairs: Sequence[tuple[str, str]], *, dark: bool) -> str:
    """The two entities, and between them the pairs of their neighbours that are matched with each other.

    Args:
        pairs: labels of a source neighbour and of the target neighbour it is matched with.
        dark: whether the page is.
    """
    drawn = pairs[:PAIRS]
    more = len(pairs) - len(drawn)
    height = NODE_ROW * (max(2, len(drawn)) + (more > 0)) + 8
    middle = NODE_ROW * max(2, len(drawn)) / 2 + 4
    ends, near = (8.0, WIDTH - 8.0), (76.0, WIDTH - 76.0)
    parts = []
    for place, (source, target) in enumerate(drawn):
        y = NODE_ROW * (place + 0.5) + 4 if len(drawn) > 1 else middle
        parts += [_line(ends[0], middle, near[0], y, style.SOURCE), _line(ends[1], middle, near[1], y, style.TARGET)]
        parts.append(_line(WIDTH / 2 - 10, y, WIDTH / 2 + 10, y, style.RIGHT, dashes="4 3"))
        parts += [_node(near[0], y, source, style.SOURCE, "start"), _node(near[1], y, target, style.TARGET, "end")]
    parts += [_circle(ends[0], middle, 8, style.SOURCE), _diamond(ends[1], middle, 9, style.TARGET)]
    if more > 0:
        parts.append(_text(WIDTH / 2, height - 6, f"and {more:,} more", anchor="middle"))
    return _svg(parts, height, dark)


def _stack(bars: Sequence[ModalityEvidence], zero: float, scale: float) -> list[str]:
    """Shares above zero to the right of it, those below to the left."""
    parts, right, left = [], zero, zero
    for bar in bars:
        wide = abs(bar.share) * scale
        if bar.share > 0:
            parts.append(_rect(right, 3, wide, style.MODALITY[bar.modality], 1))
            right += wide
        elif bar.share < 0:
            left -= wide
            parts.append(_rect(left, 3, wide, style.MODALITY[bar.modality], 0.5))
    return parts


def _bar(bar: ModalityEvidence, top: float, zero: float, scale: float) -> list[str]:
    colour = style.MODALITY[bar.modality]
    wide = abs(bar.share) * scale
    parts = [_text(0, top + 16, bar.modality)]
    if bar.state == "missing":
        parts.append(_line(zero + 2, top + 12, LEFT + BARS, top + 12, style.QUIET, dashes="1 5"))
    elif bar.state.startswith("frozen"):
        parts.append(
            f'<rect x="{zero + 2:.1f}" y="{top + 5}" width="36" height="14" rx="2" fill="none" stroke="{colour}" '
            'stroke-dasharray="3 2"/>'
        )
    else:
        parts.append(_rect(min(zero, zero + math.copysign(wide, bar.share)), top + 3, wide, colour, 1))
    return [*parts, _text(LEFT + BARS + 8, top + 16, _said(bar))]


def _said(bar: ModalityEvidence) -> str:
    """State and ranks in words."""
    if bar.state == "missing":
        return "missing"
    if bar.state.startswith("frozen"):
        return f"frozen in epoch {bar.state.split()[1]}, alone #{bar.alone:,.10g}"
    return f"{bar.share:.3f} alone #{bar.alone:,.10g}, without #{bar.without:,.10g}"


def _svg(parts: Sequence[str], height: float, dark: bool) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} '
    return f'{head}{height:.0f}" color="{INK[dark]}" fill="currentColor" {_FONT}>{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, colour: str, opacity: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="18" fill="{colour}" opacity="{opacity}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashes: str = "") -> str:
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" stroke-width="1.5"{dash}/>'


def _circle(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'


def _diamond(x: float, y: float, radius: float, colour: str) -> str:
    points = f"{x - radius:.1f},{y:.1f} {x:.1f},{y - radius:.1f} {x + radius:.1f},{y:.1f} {x:.1f},{y + radius:.1f}"
    return f'<polygon points="{points}" fill="{colour}"/>'


def _node(x: float, y: float, label: str, colour: str, anchor: str) -> str:
    """A neighbour: its mark, and its label towards the middle."""
    mark = _circle(x, y, 4.5, colour) if anchor == "start" else _diamond(x, y, 5.5, colour)
    return mark + _text(x + (9 if anchor == "start" else -9), y + 4.5, label, anchor=anchor)
