"""Encoders that are trained networks: a tiny one made here, and the packages' own where they are installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from pmf.data.graph_pair import GraphPair
from pmf.errors import DataFormatError, MissingModalityError
from pmf.features import images
from pmf.features.image_encoders import ImageEncoder, NetworkEncoder, image_encoder
from pmf.features.images import image_vectors

Make = Callable[..., GraphPair]


def prepare(picture: Image.Image) -> torch.Tensor:
    assert picture.mode == "RGB"
    pixels = np.asarray(picture.resize((8, 8)), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)


class Tiny:
    """A small convolutional network, and how often it was loaded."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 7, 3), nn.Flatten()).eval()
        self.loads = 0

    def load(self, device: torch.device) -> tuple[Any, Any]:
        self.loads += 1
        return self.module.to(device), prepare

    def encoder(self, key: str) -> ImageEncoder:
        return NetworkEncoder("timm:tiny", key, self.load)


@pytest.fixture
def tiny() -> Tiny:
    return Tiny()


@pytest.fixture
def pair(make_graph: Make, make_pair: Make, tmp_path: Path) -> GraphPair:
    """40 pictures, two of the same bytes, one broken; the last entity has none."""
    for i in range(40):
        Image.new("RGB", (12, 12), (i * 6, 255 - i * 6, i % 7 * 30)).save(tmp_path / f"{i}.png")
    (tmp_path / "5.png").write_bytes((tmp_path / "4.png").read_bytes())
    (tmp_path / "6.png").write_bytes(b"broken")
    source = make_graph([f"e{i}" for i in range(40)], images={i: tmp_path / f"{i}.png" for i in range(40)})
    return make_pair(source, make_graph(["A"]))


def test_vectors_have_length_one_and_do_not_depend_on_the_batch(tiny: Tiny) -> None:
    encoder = tiny.encoder("t")
    pictures = [Image.new("RGBA", (9, 9), (i * 50, 10, 200, 255)) for i in range(5)]
    vectors = encoder.encode(pictures)
    assert (vectors.shape, vectors.dtype) == ((5, 7 * 16), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(encoder.encode(pictures[3:4])[0], vectors[3], atol=1e-6)
    assert np.abs(vectors[0] - vectors[4]).max() > 0.01
    assert tiny.loads == 1


def test_what_is_transparent_counts_as_white(tiny: Tiny) -> None:
    hidden, white = Image.new("RGBA", (9, 9), (200, 0, 0, 0)), Image.new("RGBA", (9, 9), "white")
    vectors = tiny.encoder("t").encode([hidden, white])
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_pictures_go_in_batches_and_are_encoded_once(
    pair: GraphPair, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(images, "image_encoder", tiny.encoder)
    steps: list[tuple[int, int]] = []
    first = image_vectors(pair, "one", progress=lambda what, done, total: steps.append((done, total)))
    assert steps == [(32, 40), (40, 40)]
    assert first.any(axis=1).tolist() == [i not in (6, 40) for i in range(41)]
    np.testing.assert_array_equal(first[4], first[5])

    assert tiny.loads == 1
    again = image_vectors(pair, "one")
    np.testing.assert_array_equal(again, first)
    assert tiny.loads == 1  # everything was there

    Image.new("RGB", (12, 12), "pink").save(tmp_path / "0.png")
    changed = image_vectors(pair, "one")
    assert tiny.loads == 2
    assert (changed != first).any(axis=1).tolist() == [i == 0 for i in range(41)]
    image_vectors(pair, "another")
    assert tiny.loads == 3


def test_a_network_that_cannot_be_loaded_is_said_in_one_line() -> None:
    def load(device: torch.device) -> tuple[Any, Any]:
        raise OSError("no route to host\nand a long story")

    with pytest.raises(MissingModalityError) as caught:
        NetworkEncoder("timm:resnet18", "k", load).encode([Image.new("RGBA", (9, 9))])
    assert str(caught.value) == (
        "features.image_encoder=timm:resnet18 cannot be loaded: no route to host "
        "(where weights cannot be downloaded, name a file of them: NAME@FILE.safetensors)"
    )


def test_numbers_that_are_not_finite_are_refused(tiny: Tiny) -> None:
    with torch.no_grad():
        tiny.module[0].weight.fill_(float("nan"))
    with pytest.raises(MissingModalityError, match="timm:tiny gives numbers that are not finite"):
        tiny.encoder("t").encode([Image.new("RGBA", (9, 9), "red")])


@pytest.mark.parametrize(
    ("library", "name", "package"),
    [("timm", "timm:resnet18", "timm"), ("open_clip", "open_clip:ViT-B-32/openai", "open_clip_torch")],
)
def test_a_package_that_is_not_installed_is_named(library: str, name: str, package: str, pair: GraphPair) -> None:
    if find_spec(library):
        pytest.skip(f"{library} is installed here")
    with pytest.raises(MissingModalityError) as caught:
        image_vectors(pair, name)
    command = f"python -m pip install -r requirements.txt {package}"
    assert str(caught.value) == f"features.image_encoder={name} needs the package {package}: {command}"


class TestTimm:
    """With the package itself and weights made here."""

    @pytest.fixture
    def weights(self, tmp_path: Path) -> Path:
        timm = pytest.importorskip("timm")
        torch.manual_seed(1)
        save_file(timm.create_model("test_resnet", pretrained=False).state_dict(), tmp_path / "weights.safetensors")
        return tmp_path / "weights.safetensors"

    def test_its_vectors_are_the_network_s_own_without_the_classifier(self, weights: Path) -> None:
        import timm

        encoder = image_encoder(f"timm:test_resnet@{weights}")
        picture = Image.effect_mandelbrot((90, 90), (-2, -1.5, 1, 1.5), 50).convert("RGBA")
        network = timm.create_model("test_resnet", pretrained=False, checkpoint_path=str(weights)).eval()
        transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)
        with torch.inference_mode():
            hidden = network.forward_head(
                network.forward_features(transform(picture.convert("RGB"))[None]), pre_logits=True
            )
        np.testing.assert_allclose(encoder.encode([picture])[0], hidden[0] / hidden[0].norm(), atol=1e-5)

    def test_other_weights_have_another_key_and_absent_ones_are_said(self, weights: Path) -> None:
        name = f"timm:test_resnet@{weights}"
        key = image_encoder(name).key
        assert str(weights) not in key
        weights.write_bytes(weights.read_bytes() + b" ")
        assert image_encoder(name).key != key
        weights.unlink()
        with pytest.raises(DataFormatError, match="expected a safetensors file, got No such file"):
            image_encoder(name)

    @pytest.mark.parametrize(
        ("model", "reason"),
        [("test_vit", ".*weights.safetensors lacks cls_token"), ("no_such_network", "Unknown model")],
    )
    def test_weights_of_another_network_are_refused(self, weights: Path, model: str, reason: str) -> None:
        encoder = image_encoder(f"timm:{model}@{weights}")
        with pytest.raises(MissingModalityError, match=rf"timm:{model}@.* cannot be loaded: {reason}[^\n]+$"):
            encoder.encode([Image.new("RGBA", (9, 9))])


def test_open_clip_s_picture_half_is_used(tmp_path: Path) -> None:
    open_clip = pytest.importorskip("open_clip")
    vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16}
    text = {"context_length": 77, "vocab_size": 100, "width": 64, "heads": 1, "layers": 1}
    config = tmp_path / "tiny-clip.json"
    config.write_text(json.dumps({"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}))
    open_clip.add_model_config(config)
    torch.manual_seed(2)
    made, _, transform = open_clip.create_model_and_transforms("tiny-clip")
    save_file(made.state_dict(), tmp_path / "clip.safetensors")
    picture = Image.effect_mandelbrot((90, 90), (-2, -1.5, 1, 1.5), 50).convert("RGBA")
    vectors = image_encoder(f"open_clip:tiny-clip@{tmp_path}/clip.safetensors").encode([picture])
    with torch.inference_mode():
        expected = made.eval().encode_image(transform(picture.convert("RGB"))[None], normalize=True)
    np.testing.assert_allclose(vectors, expected.numpy(), atol=1e-5)
