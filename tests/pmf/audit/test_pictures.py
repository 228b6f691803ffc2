"""What an audit says of pictures and their features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pmf.audit.audit import audit
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from tests.pmf.audit.clean_pairs import N, clean_pair, of_check, the, with_source


@pytest.fixture
def pictured(tmp_path: Path) -> GraphPair:
    """Source entity i has picture i of nine, target entity i that of source entity i where they are linked."""
    rng = np.random.default_rng(1)
    noise = [Image.fromarray(rng.integers(256, size=(8, 8, 3)).astype(np.uint8)) for _ in range(12)]
    files = [tmp_path / f"{i}.png" for i in range(12)]
    for file, picture in zip(files, noise, strict=True):
        picture.save(file)
    files[1].write_bytes(files[0].read_bytes())  # identical to another
    files[2].write_bytes(b"<html>not found</html>")
    files[3].write_bytes(files[4].read_bytes()[:-40])
    Image.new("1", (5001, 5000)).save(files[5])
    noise[0].save(files[6].with_suffix(".gif"), save_all=True, append_images=noise[1:3])
    source = dict(enumerate(files[:10])) | {6: files[6].with_suffix(".gif"), 10: files[9]}  # one file, two entities
    pair = with_source(clean_pair(), image_features={}, images=source)
    pair = replace(pair, target=replace(pair.target, image_features={}, images={0: files[8], 1: files[11]}))
    return replace(pair, links=np.array([[8, N], [7, N + 1]]))


def test_pictures_that_cannot_be_used_or_told_apart(pictured: GraphPair) -> None:
    seen: list[tuple[int, int]] = []
    result = audit(pictured, progress=lambda what, done, total: seen.append((done, total)))
    assert seen == [(done, 11) for done in range(1, 12)]  # files, not entities
    unreadable = the(result, "picture_unreadable")
    assert (unreadable.severity, unreadable.side, unreadable.examples) == ("warning", "source", (2, 3))
    assert (unreadable.count, unreadable.share) == (2, 2 / 11)
    assert unreadable.sentence.startswith("2 pictures cannot be read")
    assert the(result, "picture_too_large").examples == (5,)
    assert the(result, "picture_moving").examples == (6,)
    identical = the(result, "identical_pictures")
    assert (identical.side, set(identical.examples)) == ("source", {0, 1, 6, 9, 10})  # by pixels, whatever the format
    same = the(result, "same_picture_on_both_sides")
    assert (same.severity, same.count, same.share, same.examples) == ("warning", 1, 0.5, (8, N))


def test_pictures_are_looked_at_on_request_only(pictured: GraphPair) -> None:
    result = audit(pictured, pictures=False)
    assert not result.pictures
    assert not [f for f in result.findings if "picture" in f.check]


def test_picture_features_that_say_nothing() -> None:
    pair = clean_pair()
    features = dict(pair.source.image_features)
    first, second, third, *_ = sorted(features)
    features |= {first: np.zeros(4, np.float32), second: np.ones(4, np.float32), third: np.ones(4, np.float32)}
    result = audit(with_source(pair, image_features=features))
    assert the(result, "zero_picture_features").examples == (first,)
    assert (the(result, "identical_picture_features").examples, the(result, "identical_picture_features").severity) == (
        (second, third),
        "note",
    )


@pytest.mark.real
def test_emoji_pictures_are_all_readable_and_some_the_same(datasets: Path) -> None:
    result = audit(read_graph_pair(datasets / "EMOJI_ZH_EN"))
    assert not of_check(result, "picture_unreadable")
    assert [(f.side, f.count) for f in of_check(result, "identical_pictures")] == [("source", 43), ("target", 23)]
    assert not of_check(result, "same_picture_on_both_sides")
    assert not of_check(result, "equal_names")
    assert {f.severity for f in of_check(result, "image_presence")} == {"leak"}  # tags and groups have none
