"""The two hands: flat and clean on side 1, waving cloth or paper with light and shade on side 2."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from .flags import WIDTH

COLOURS = {1: 48, 2: 64}


def flat(large: Image.Image) -> Image.Image:
    """The picture as it is, made small, with a hairline round it if it is a rectangle."""
    small = large.resize((WIDTH, round(large.height * WIDTH / large.width)), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", small.size, "white")
    ground.alpha_composite(small)
    if large.getchannel("A").getextrema()[0] == 255:
        ImageDraw.Draw(ground).rectangle((0, 0, small.width - 1, small.height - 1), outline="#b0b0b0")
    return ground.convert("RGB")


def waving(large: Image.Image) -> Image.Image:
    """The picture on cloth in a light wind, a little faded, on a pale ground."""
    faded = ImageEnhance.Color(large).enhance(0.82)
    swing = large.width * 0.022
    width, height = large.width, round(large.height + 2 * swing)
    cloth = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    light = Image.new("L", (width, 1))
    for x in range(width):
        angle = 2 * pi * (1.35 * x / width + 0.1)
        column = faded.crop((x, 0, x + 1, large.height))
        cloth.paste(column, (x, round(swing + swing * sin(angle))))
        light.putpixel((x, 0), round(224 + 31 * cos(angle)))
    return _on_paper(cloth, light.resize(cloth.size))


def _on_paper(cloth: Image.Image, light: Image.Image) -> Image.Image:
    lit = Image.composite(cloth.convert("RGB"), Image.new("RGB", cloth.size, "#1c2230"), light).convert("RGBA")
    lit.putalpha(cloth.getchannel("A"))
    size = (WIDTH - 8, round(cloth.height * (WIDTH - 8) / cloth.width))
    small = lit.resize(size, Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", (WIDTH, size[1] + 10), "#f4f2ec")
    shadow = Image.new("RGBA", ground.size, (0, 0, 0, 0))
    shadow.paste((40, 40, 50, 90), (6, 7), small.getchannel("A").point(lambda a: a // 3))
    ground.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(2)))
    ground.alpha_composite(small, (4, 4))
    return ground.convert("RGB")


def finish(large: Image.Image, side: int) -> Image.Image:
    """The picture in the hand of one side."""
    return flat(large) if side == 1 else waving(large)


def save(picture: Image.Image, path: Path, side: int) -> None:
    """Writes a small palette PNG without metadata."""
    reduced = picture.quantize(COLOURS[side], Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    reduced.save(path, "PNG", optimize=True)
