"""A picture as a vector without a trained network: shape, colours and layout."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from skimage.color import rgb2lab
from skimage.feature import hog

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.float64]

DESCRIPTOR_WIDTH = 1904

_SIDE = 64  # pixels of the square that is described
_CELL = 8  # pixels of a cell of gradients, and of a tile of the layout
_BINS = np.array([4, 6, 6])  # of L, a, b
_LOW, _HIGH = np.array([0, -60, -60]), np.array([100, 60, 60])  # few pictures are more colourful than this
_WHITE = np.array([100, 0, 0])


def describe(picture: Image.Image) -> Vectors:
    """Shape, colours and layout of a picture.

    Transparent margins are cut off, the rest is fitted into a square of 64 pixels on white. Three blocks of equal
    weight, each of length 1: oriented gradients of the lightness in cells of 8 pixels (8 directions), the square root
    of a soft histogram of Lab colours (4·6·6 bins, pixels weighted by opacity), and the colours of 8·8 tiles, relative
    to white. The first two are centred, because counts alone would make any two pictures alike.

    Args:
        picture: mode RGBA.

    Returns:
        float32 `[1904]` of length 1; zero for a wholly transparent picture. It depends on nothing but the picture.

    Source:
        Gradients: Dalal and Triggs, CVPR 2005, as in scikit-image. The combination is ours.
    """
    box = picture.getchannel("A").getbbox()
    square = ImageOps.pad(picture.crop(box), (_SIDE, _SIDE), Image.Resampling.BILINEAR, color=(255, 255, 255, 0))
    pixels = np.asarray(square, dtype=np.float64) / 255
    opacity = pixels[..., 3:]
    if not opacity.any():
        return np.zeros(DESCRIPTOR_WIDTH, dtype=np.float32)
    lab = rgb2lab(pixels[..., :3] * opacity + 1 - opacity)  # [64, 64, 3]
    gradients = hog(lab[..., 0] / 100, orientations=8, pixels_per_cell=(_CELL, _CELL), cells_per_block=(2, 2))
    colours = _colours(_tiles(lab, 2).reshape(-1, 3), _tiles(opacity, 2).ravel())
    layout = _tiles(lab - _WHITE, _CELL).ravel()
    blocks = [gradients - gradients.mean(), colours - colours.mean(), layout]
    return _unit(np.concatenate([_unit(block) for block in blocks])).astype(np.float32)


def _tiles(pixels: Pixels, size: int) -> Pixels:
    """Means over squares of `size` pixels: `[h, w, c]` to `[h / size, w / size, c]`."""
    height, width, channels = pixels.shape
    means: Pixels = pixels.reshape(height // size, size, width // size, size, channels).mean(axis=(1, 3))
    return means


def _colours(lab: Pixels, weights: Pixels) -> Pixels:
    """Histogram of Lab colours `[p, 3]` in which a pixel is shared among the eight bins around it, `[144]`."""
    place = np.clip((lab - _LOW) / (_HIGH - _LOW), 0, 1) * (_BINS - 1)
    below = np.minimum(place.astype(np.int64), _BINS - 2)
    above = place - below  # share of the upper bin, per axis
    histogram = np.zeros(_BINS.prod())
    for corner in np.ndindex(2, 2, 2):
        share = weights * np.where(corner, above, 1 - above).prod(axis=1)
        bins = np.ravel_multi_index(tuple((below + corner).T), tuple(_BINS))
        histogram += np.bincount(bins, share, minlength=len(histogram))
    roots: Pixels = np.sqrt(histogram / histogram.sum())
    return roots


def _unit(vector: Pixels) -> Pixels:
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector
