"""The small drawing language of the flag and emblem tables.

A drawing is a list of shapes; a shape is a word, positional numbers and colours, and `key=value` options.
Lengths are in units of the drawing's height, y grows downwards; `c` is the middle and `W` the width, so that
`c-.1` and `W-.2` are numbers too. Emblems are drawings about the origin with `$1`, `$2`… for their colours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from PIL import Image, ImageColor, ImageDraw

from . import geometry as geo

NUMBER = re.compile(r"^([cW]?)([-+]?[\d.]*)(?:/([\d.]+))?$")


@dataclass(frozen=True)
class Drawing:
    """A parsed drawing: width in units of its height, and its shapes in order of painting."""

    width: float
    shapes: list[list[str]]


@dataclass
class Pen:
    """Paints outlines on an image through one placement (scale, shift, turn, mirror)."""

    image: Image.Image
    scale: float
    width: float
    library: dict[str, Drawing]
    at: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    flip: bool = False
    colours: list[str] = field(default_factory=list)

    def number(self, text: str) -> float:
        """Value of a length such as `.25`, `1/3`, `c+.1` or `W-.2`."""
        match = NUMBER.match(text)
        if match is None:
            raise ValueError(f"not a length: {text!r}")
        base, value, divisor = match.groups()
        start = {"c": self.width / 2, "W": self.width, "": 0.0}[base]
        return start + (float(value) if value else 0.0) / float(divisor or 1)

    def point(self, text: str) -> geo.Point:
        """A point written `x,y`."""
        x, y = text.split(",")
        return self.number(x), self.number(y)

    def colour(self, text: str) -> tuple[int, int, int]:
        """A colour written as hex digits, or `$n` for the emblem's n-th colour."""
        if text.startswith("$"):
            text = self.colours[int(text[1:]) - 1]
        return ImageColor.getrgb("#" + text)[:3]

    def fill(self, outline: geo.Outline, colour: str) -> None:
        """Paints one closed outline."""
        placed = geo.moved(outline, *self.at, self.scale, self.turn, self.flip)
        ImageDraw.Draw(self.image).polygon(placed, fill=self.colour(colour))

    def inside(self, x: float, y: float, size: float, turn: float, flip: bool, colours: list[str]) -> Pen:
        """A pen for an emblem placed within this drawing."""
        hexes = [self.colours[int(c[1:]) - 1] if c.startswith("$") else c for c in colours]
        ((px, py),) = geo.moved([(x, y)], *self.at, self.scale, self.turn, self.flip)
        angle = self.turn + (-turn if self.flip else turn)
        mirrored = flip != self.flip
        return Pen(self.image, self.scale * size, 0.0, self.library, (px, py), angle, mirrored, hexes)


Shape = Callable[[Pen, list[str], dict[str, float]], None]


def _stripes(pen: Pen, words: list[str], upright: bool) -> None:
    parts = [(w.partition(":")[0], float(w.partition(":")[2] or 1)) for w in words]
    total, start = sum(size for _, size in parts), 0.0
    for colour, size in parts:
        a, b = start / total, (start + size) / total
        w = pen.width
        pen.fill(_box(a * w, 0, (b - a) * w, 1) if upright else _box(0, a, w, b - a), colour)
        start += size


def _box(x: float, y: float, w: float, h: float) -> geo.Outline:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def _numbers(pen: Pen, words: list[str]) -> list[float]:
    return [pen.number(w) for w in words]


def draw_h(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`h colour[:share] …`: level stripes from the top."""
    _stripes(pen, words, upright=False)


def draw_v(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`v colour[:share] …`: upright stripes from the hoist."""
    _stripes(pen, words, upright=True)


def draw_box(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`box colour x y width height`."""
    x, y, w, h = _numbers(pen, words[1:])
    pen.fill(_box(x, y, w, h), words[0])


def draw_poly(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`poly colour x,y x,y …`."""
    pen.fill([pen.point(w) for w in words[1:]], words[0])


def draw_tri(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`tri colour depth`: triangle on the hoist."""
    pen.fill([(0, 0), (pen.number(words[1]), 0.5), (0, 1)], words[0])


def draw_disc(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`disc colour x y radius [ry=]`."""
    x, y, r = _numbers(pen, words[1:])
    pen.fill(geo.ellipse(x, y, r, keys.get("ry", r)), words[0])


def draw_arc(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`arc colour x y radius thickness [from=0 to=360]`."""
    x, y, r, t = _numbers(pen, words[1:])
    pen.fill(geo.band(x, y, r, t, keys.get("from", 0), keys.get("to", 360)), words[0])


def draw_line(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`line colour thickness x,y x,y …`: joints are rounded, ends are flush."""
    width, points = pen.number(words[1]), [pen.point(w) for w in words[2:]]
    for start, end in pairwise(points):
        pen.fill(geo.thick(start, end, width), words[0])
    for x, y in points[1:-1]:
        pen.fill(geo.ellipse(x, y, width / 2, width / 2), words[0])


def draw_star(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`star colour radius x,y … [n=5 turn=0 k=.382]`: one star at each place."""
    n = int(keys.get("n", 5))
    for word in words[2:]:
        x, y = pen.point(word)
        outline = geo.star(x, y, pen.number(words[1]), n, keys.get("turn", 0), keys.get("k", 0.382))
        pen.fill(outline, words[0])


def draw_stars(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`stars colour x y ring radius count [turn=0 n=5 k=.382 out=0]`: stars on a circle, `out=1`: facing outwards."""
    x, y, ring, radius = _numbers(pen, words[1:5])
    turn = keys.get("turn", 0)
    for px, py in geo.ring_of(x, y, ring, int(words[5]), turn):
        lean = geo.direction((x, y), (px, py)) + 90 if keys.get("out") else 0
        pen.fill(geo.star(px, py, radius, int(keys.get("n", 5)), lean, keys.get("k", 0.382)), words[0])


def draw_moon(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`moon colour x y radius shift cut [turn=0]`: a disc less a shifted disc."""
    x, y, radius, shift, cut = _numbers(pen, words[1:])
    pen.fill(geo.crescent(x, y, radius, shift, cut, keys.get("turn", 0)), words[0])


def draw_rays(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`rays colour x y inner outer count [w=.5 turn=0]`: triangles round a circle, `w` their share of it."""
    x, y, inner, outer = _numbers(pen, words[1:5])
    count, share = int(words[5]), keys.get("w", 0.5)
    tips = geo.ring_of(x, y, outer, count, keys.get("turn", 0))
    half = 180 / count * share
    for i, tip in enumerate(tips):
        middle = keys.get("turn", 0) - 90 + 360 * i / count
        pen.fill([tip, *geo.arc(x, y, inner, inner, middle - half, middle + half)], words[0])


def draw_cross(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`cross colour x thickness`: a cross to the edges, its upright at x."""
    x, t = _numbers(pen, words[1:])
    pen.fill(_box(x - t / 2, 0, t, 1), words[0])
    pen.fill(_box(0, 0.5 - t / 2, pen.width, t), words[0])


def draw_saltire(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`saltire colour thickness`: both diagonals."""
    w, t = pen.width, pen.number(words[1])
    for y0, y1 in ((0, 1), (1, 0)):
        slope = (y1 - y0) / w
        pen.fill(geo.thick((-w, y0 - slope * w), (2 * w, y1 + slope * w), t), words[0])


def draw_put(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`put emblem x y size [colour …] [turn=0 flip=0]`: an emblem of the library, `size` half its height."""
    x, y, size = _numbers(pen, words[1:4])
    inner = pen.inside(x, y, size, keys.get("turn", 0), bool(keys.get("flip")), words[4:])
    paint(inner, pen.library[words[0]].shapes)


def draw_inset(pen: Pen, words: list[str], keys: dict[str, float]) -> None:
    """`inset drawing x y width height`: another drawing, clipped to a box (a canton)."""
    x, y, w, h = (v * pen.scale for v in _numbers(pen, words[1:]))
    tile = Image.new("RGB", (round(w), round(h)))
    paint(Pen(tile, h, w / h, pen.library), pen.library[words[0]].shapes)
    pen.image.paste(tile, (round(x), round(y)))


SHAPES: dict[str, Shape] = {
    name.removeprefix("draw_"): value for name, value in list(globals().items()) if name.startswith("draw_")
}


def paint(pen: Pen, shapes: list[list[str]]) -> None:
    """Paints the shapes of one drawing in order."""
    for word, *rest in shapes:
        plain = [r for r in rest if "=" not in r]
        keys = {k: float(v) for k, _, v in (r.partition("=") for r in rest if "=" in r)}
        SHAPES[word](pen, plain, keys)


def parse(text: str) -> dict[str, Drawing]:
    """Reads a table of drawings: `name height:width | shape | shape …`, continued on indented lines."""
    drawings = {}
    for line in re.sub(r"\n\s+", " ", text).splitlines():
        if line and not line.startswith("#"):
            head, *shapes = [part.split() for part in line.split("|")]
            height, width = (float(n) for n in head[1].split(":"))
            drawings[head[0]] = Drawing(width / height, [s for s in shapes if s])
    return drawings
