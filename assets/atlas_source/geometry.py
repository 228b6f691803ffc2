"""Outlines as lists of points, in units of the picture's height, y downwards."""

from __future__ import annotations

from math import acos, atan2, cos, hypot, pi, radians, sin

Point = tuple[float, float]
Outline = list[Point]

STEPS = 96


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Outline:
    """Points on an ellipse from angle `start` to `end`, in degrees, 0 to the right, clockwise."""
    count = max(2, round(STEPS * abs(end - start) / 360))
    angles = [radians(start + (end - start) * i / count) for i in range(count + 1)]
    return [(x + rx * cos(a), y + ry * sin(a)) for a in angles]


def ellipse(x: float, y: float, rx: float, ry: float) -> Outline:
    """A whole ellipse."""
    return arc(x, y, rx, ry, 0, 360)


def star(x: float, y: float, radius: float, points: int, turn: float, inner: float) -> Outline:
    """A star whose first point looks up, turned clockwise by `turn` degrees."""
    outline = []
    for i in range(2 * points):
        angle = radians(turn - 90) + pi * i / points
        r = radius if i % 2 == 0 else radius * inner
        outline.append((x + r * cos(angle), y + r * sin(angle)))
    return outline


def ring_of(x: float, y: float, radius: float, count: int, turn: float) -> Outline:
    """`count` places spread evenly on a circle, the first at the top turned by `turn` degrees."""
    angles = [radians(turn - 90 + 360 * i / count) for i in range(count)]
    return [(x + radius * cos(a), y + radius * sin(a)) for a in angles]


def crescent(x: float, y: float, radius: float, shift: float, cut: float, turn: float) -> Outline:
    """A disc less a disc of radius `cut` whose centre lies `shift` away in direction `turn`."""
    outer = acos((radius**2 + shift**2 - cut**2) / (2 * radius * shift))
    inner = acos((cut**2 + shift**2 - radius**2) / (2 * cut * shift))
    o, i = outer * 180 / pi, 180 - inner * 180 / pi
    rim = arc(0, 0, radius, radius, o, 360 - o)
    bite = arc(shift, 0, cut, cut, 360 - i, i)
    return moved(rim + bite, x, y, 1.0, turn)


def thick(start: Point, end: Point, width: float) -> Outline:
    """A straight bar with square ends flush with its two end points."""
    (x0, y0), (x1, y1) = start, end
    length = hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
    return [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]


def band(x: float, y: float, radius: float, width: float, start: float, end: float) -> Outline:
    """A thick arc of a circle; from 0 to 360 it is a ring."""
    far, near = radius + width / 2, radius - width / 2
    return arc(x, y, far, far, start, end) + arc(x, y, near, near, end, start)


def moved(outline: Outline, x: float, y: float, size: float, turn: float, flip: bool = False) -> Outline:
    """The outline scaled by `size`, mirrored if `flip`, turned clockwise and shifted to (x, y)."""
    a = radians(turn)
    c, s = cos(a), sin(a)
    result = []
    for px, py in outline:
        u, v = (-px if flip else px) * size, py * size
        result.append((x + u * c - v * s, y + u * s + v * c))
    return result


def direction(start: Point, end: Point) -> float:
    """Angle from one point to another in degrees, 0 to the right, clockwise."""
    return atan2(end[1] - start[1], end[0] - start[0]) * 180 / pi
