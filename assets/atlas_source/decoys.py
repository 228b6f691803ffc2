"""Pictures that say nothing of the entity they stand by: sketches of maps, emblems of other things."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageDraw

from .flags import SUPERSAMPLING, WIDTH, library
from .geometry import Outline, ellipse
from .shapes import Pen, paint

THINGS = ("anchor", "football", "tree", "book", "clock", "house", "cup", "bell")
GROUNDS = ("eef1f4", "f6f1e6", "e9f0e6", "f3ecf2")
SIZE = (WIDTH * SUPERSAMPLING, WIDTH * SUPERSAMPLING * 2 // 3)


def locator_sketch(rng: Random) -> Image.Image:
    """A grey map of nowhere with a pin on it."""
    width, height = SIZE
    image = Image.new("RGBA", SIZE, "#dfe7ee")
    draw = ImageDraw.Draw(image)
    for _ in range(3):
        x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        draw.polygon(_blob(rng, x, y, height * rng.uniform(0.2, 0.38)), fill="#b9bfc4", outline="#8f979d", width=5)
    x, y = rng.uniform(0.3, 0.7) * width, rng.uniform(0.45, 0.75) * height
    r = height * 0.09
    draw.polygon([(x, y), (x - r * 0.86, y - r * 1.6), (x + r * 0.86, y - r * 1.6)], fill="#c0392b")
    draw.circle((x, y - r * 2), r, fill="#c0392b")
    draw.circle((x, y - r * 2), r * 0.4, fill="#ffffff")
    return image


def _blob(rng: Random, x: float, y: float, radius: float) -> Outline:
    corners = ellipse(0, 0, radius * 1.3, radius)[::6]
    return [(x + px * k, y + py * k) for px, py in corners for k in (rng.uniform(0.7, 1.2),)]


def emblem(thing: str, rng: Random) -> Image.Image:
    """The emblem of another thing on a pale ground."""
    image = Image.new("RGBA", SIZE, "#" + rng.choice(GROUNDS))
    pen = Pen(image, SIZE[1] * rng.uniform(0.3, 0.38), 0.0, library(), (SIZE[0] / 2, SIZE[1] / 2))
    paint(pen, library()[thing].shapes)
    return image


def decoy(rng: Random) -> tuple[Image.Image, str]:
    """A picture and what it shows; half of them are sketches of maps."""
    if rng.random() < 0.5:
        return locator_sketch(rng), "locator sketch"
    thing = rng.choice(THINGS)
    return emblem(thing, rng), f"emblem of another thing: {thing}"
