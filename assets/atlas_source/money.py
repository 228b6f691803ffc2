"""Coins and banknotes: the colour and the figure of a currency follow from its ISO 4217 number."""

from __future__ import annotations

from colorsys import hls_to_rgb
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFont

from .flags import SUPERSAMPLING, WIDTH
from .geometry import star

Colour = tuple[int, int, int]


def shade(number: int, light: float, strength: float = 0.5) -> Colour:
    """A shade of the currency's first colour; neighbouring numbers are far apart on the colour circle."""
    return _colour(number * 0.618034, light, strength)


def second(number: int, light: float) -> Colour:
    """A shade of the currency's second colour, which follows from the number in another way."""
    return _colour(number * 0.137508 + 0.21, light + 0.05 * (number % 3 - 1), 0.55)


def _colour(hue: float, light: float, strength: float) -> Colour:
    red, green, blue = hls_to_rgb(hue % 1, light, strength)
    return round(red * 255), round(green * 255), round(blue * 255)


def figure(number: int, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """The star of five to twelve points of the currency."""
    return star(x, y, radius, 5 + number % 8, 0, 0.8)


def _letters(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: float, fill: Colour) -> None:
    font = ImageFont.load_default(size)
    draw.text(at, text, font=font, fill=fill, anchor="mm", stroke_width=size / 28, stroke_fill=fill)


def _core(draw: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, code: str, number: int) -> None:
    draw.circle(at, radius, fill=second(number, 0.4))
    draw.circle(at, radius * 0.94, fill=second(number, 0.72))
    draw.polygon(figure(number, *at, radius * 0.88), fill=second(number, 0.56))
    _letters(draw, at, code, radius * 0.62, second(number, 0.16))


def coin(code: str, number: int) -> Image.Image:
    """A coin of two metals with the code of the currency."""
    side = WIDTH * SUPERSAMPLING
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw, middle = ImageDraw.Draw(image), side / 2
    for radius, light in ((0.49, 0.30), (0.465, 0.62)):
        draw.circle((middle, middle), side * radius, fill=shade(number, light))
    for i in range(60):
        angle = 2 * pi * i / 60
        x, y = middle + side * 0.43 * cos(angle), middle + side * 0.43 * sin(angle)
        draw.circle((x, y), side * 0.009, fill=shade(number, 0.36))
    _core(draw, (middle, middle), side * 0.37, code, number)
    return image


def banknote(code: str, number: int) -> Image.Image:
    """A banknote with the code of the currency."""
    width, height = WIDTH * SUPERSAMPLING, WIDTH * SUPERSAMPLING * 9 // 16
    image = Image.new("RGBA", (width, height), shade(number, 0.72))
    draw = ImageDraw.Draw(image)
    for i in range(14):
        wave = [(x, height * (0.5 + 0.42 * sin(x / 90 + i * pi / 7))) for x in range(0, width + 8, 8)]
        draw.line(wave, fill=shade(number, 0.62), width=3)
    draw.rectangle((8, 8, width - 9, height - 9), outline=shade(number, 0.4), width=8)
    _core(draw, (width / 2, height / 2), height * 0.43, code, number)
    for x, y in ((0.12, 0.2), (0.88, 0.8)):
        _letters(draw, (width * x, height * y), "100", height * 0.17, shade(number, 0.25))
    return image
