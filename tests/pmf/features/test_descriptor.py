"""What the descriptor says of a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pmf.data.pictures import open_picture
from pmf.data.readers import read_graph_pair
from pmf.features.descriptor import DESCRIPTOR_WIDTH, describe


def drawn(shape: str = "ellipse", colour: str = "red", size: tuple[int, int] = (80, 60)) -> Image.Image:
    picture = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    getattr(ImageDraw.Draw(picture), shape)((20, 30, 20 + size[0], 30 + size[1]), fill=colour, outline="black")
    return picture


def test_a_descriptor_has_length_one_and_never_varies() -> None:
    first = describe(drawn())
    assert (first.shape, first.dtype) == ((DESCRIPTOR_WIDTH,), np.float32)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(describe(drawn()), first)


def test_margins_size_and_what_lies_under_transparency_make_no_difference() -> None:
    picture = drawn()
    cut = picture.crop(picture.getchannel("A").getbbox())
    np.testing.assert_array_equal(describe(cut), describe(picture))
    assert describe(cut) @ describe(cut.resize((cut.width * 3, cut.height * 3))) > 0.9
    hidden = np.array(picture)
    hidden[hidden[..., 3] == 0, :3] = 77
    assert describe(Image.fromarray(hidden)) @ describe(picture) > 0.999


def test_shape_and_colour_both_tell() -> None:
    red, also_red = describe(drawn(size=(80, 60))), describe(drawn(size=(78, 62)))
    blue, box = describe(drawn(colour="blue")), describe(drawn(shape="rectangle"))
    assert red @ also_red > 0.8
    assert red @ also_red > red @ blue + 0.1
    assert red @ also_red > red @ box + 0.1


@pytest.mark.parametrize("colour", [(255, 255, 255, 255), (0, 0, 0, 255), (0, 0, 0, 1)])
def test_a_flat_picture_still_has_a_descriptor(colour: tuple[int, ...]) -> None:
    assert np.linalg.norm(describe(Image.new("RGBA", (1, 1), colour))) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("picture", [Image.new("RGBA", (8, 8)), Image.new("RGBA", (500, 1), "red")])
def test_nothing_to_see_is_zero(picture: Image.Image) -> None:
    assert not describe(picture).any()


@pytest.mark.real
def test_two_vendors_drawings_of_one_emoji_resemble_each_other(datasets: Path) -> None:
    pair = read_graph_pair(datasets / "EMOJI_ZH_EN")
    drawn_twice = [
        (pair.source.images[source], pair.target.images[target - pair.n_source])
        for source, target in pair.links.tolist()
        if source in pair.source.images and target - pair.n_source in pair.target.images
    ][::30]
    pictures = [[open_picture(path) for path in paths] for paths in drawn_twice]
    left, right = (np.stack([describe(row[side]) for row in pictures if row[side]]) for side in (0, 1))
    assert len(left) == len(right) == 64
    nearest = (left @ right.T).argmax(axis=1)
    assert (nearest == np.arange(64)).mean() > 0.7
