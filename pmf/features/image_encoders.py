"""What turns a picture into a vector: the built-in descriptor, or a trained network of timm or OpenCLIP.

The networks come with optional packages and are imported only when a picture has to be encoded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from pmf.arrays import unit_rows
from pmf.bounded.tensors import open_tensors
from pmf.errors import DataFormatError, MissingModalityError
from pmf.places import stay_inside

if TYPE_CHECKING:
    from torch import Tensor

Vectors = npt.NDArray[np.float32]
Network = tuple[Callable[["Tensor"], "Tensor"], Callable[[Image.Image], "Tensor"]]

DESCRIPTOR = "descriptor"

_DESCRIPTOR_VERSION = 1  # raise it whenever `describe` changes: it keeps old vectors out of the cache
_PACKAGES = {"timm": "timm", "open_clip": "open_clip_torch"}


class ImageEncoder(Protocol):
    """Pictures to vectors of length 1.

    Args:
        key: all that the vectors depend on besides the pictures.
        batch_size: pictures to encode at once.
    """

    key: str
    batch_size: int

    def encode(self, pictures: list[Image.Image]) -> Vectors:
        """Vectors float32 `[b, w]` of pictures of mode RGBA."""


class DescriptorEncoder:
    """`pmf.features.descriptor.describe` as an encoder."""

    batch_size = 1

    def __init__(self) -> None:
        self.key = f"descriptor {_DESCRIPTOR_VERSION}, pillow {version('pillow')}, skimage {version('scikit-image')}"

    def encode(self, pictures: list[Image.Image]) -> Vectors:
        """Vectors float32 `[b, 1904]`; zero for a wholly transparent picture."""
        from pmf.features.descriptor import describe

        return np.stack([describe(picture) for picture in pictures])


class NetworkEncoder:
    """A trained network's vectors, on a GPU where there is one.

    Args:
        name: as in `features.image_encoder`, for messages.
        key: see `ImageEncoder`.
        load: gives the network (pictures `[b, 3, h, w]` → vectors `[b, w]`) and its own way of preparing a picture of
            mode RGB; called when the first picture is encoded.
    """

    batch_size = 32

    def __init__(self, name: str, key: str, load: Callable[[Any], Network]) -> None:
        self.name, self.key, self._load = name, key, load

    @cached_property
    def _network(self) -> Network:
        try:
            return self._load(self._device)
        except Exception as error:  # no network, unknown name, other weights, a torchvision of another build, …
            reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
            raise MissingModalityError(
                f"features.image_encoder={self.name} cannot be loaded: {reason} "
                "(where weights cannot be downloaded, name a file of them: NAME@FILE.safetensors)"
            ) from error

    @cached_property
    def _device(self) -> Any:
        import torch

        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def encode(self, pictures: list[Image.Image]) -> Vectors:
        """Vectors float32 `[b, w]`; what is transparent counts as white.

        Raises:
            MissingModalityError: the network can't be loaded, or gives numbers that are not finite.
        """
        import torch

        network, prepare = self._network
        batch = torch.stack([prepare(_on_white(picture)) for picture in pictures]).to(self._device)
        with torch.inference_mode():
            vectors: Vectors = network(batch).float().cpu().numpy()
        if not np.isfinite(vectors).all():
            raise MissingModalityError(f"features.image_encoder={self.name} gives numbers that are not finite.")
        return unit_rows(vectors)


def image_encoder(name: str) -> ImageEncoder:
    """The encoder of a name.

    Args:
        name: `descriptor`; `timm:NAME` or `open_clip:NAME/TAG` with weights that the package downloads;
            `timm:NAME@FILE` or `open_clip:NAME@FILE` with weights in a safetensors file of the same layout.

    Raises:
        ConfigError: the file is out of bounds, see `pmf.places.stay_inside`.
        MissingModalityError: the package is not installed.
        DataFormatError: there is no such file.
    """
    if name == DESCRIPTOR:
        return DescriptorEncoder()
    library, _, model = name.partition(":")
    model, _, file = model.partition("@")
    weights = stay_inside(Path(file)) if file else None
    package = _PACKAGES[library]
    try:
        key = f"{package} {version(package)}, torch {version('torch')}, "
    except PackageNotFoundError:
        raise MissingModalityError(
            f"features.image_encoder={name} needs the package {package}: "
            f"python -m pip install -r requirements.txt {package}"  # with them: alone it would bring another torch
        ) from None
    key += f"{model}@{_digest(weights)}" if weights else model
    load = _load_timm if library == "timm" else _load_open_clip
    return NetworkEncoder(name, key, lambda device: load(model, weights, device))


def _digest(weights: Path) -> str:
    try:
        with weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataFormatError(weights, expected="a safetensors file", got=str(error.strerror)) from error


def _load_timm(model: str, weights: Path | None, device: Any) -> Network:
    import timm

    network = timm.create_model(model, pretrained=weights is None, num_classes=0)
    if weights:
        # not by timm itself, which takes whatever fits; what is left over is the classifier
        with open_tensors(weights, "pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        missing = network.load_state_dict(state, strict=False).missing_keys
        if missing:
            raise ValueError(f"{weights} lacks {missing[0]}")
    prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)
    return network.eval().to(device), prepare


def _load_open_clip(model: str, weights: Path | None, device: Any) -> Network:
    import open_clip

    name, _, tag = model.partition("/")
    network, prepare = open_clip.create_model_from_pretrained(name, str(weights or tag), device=device)
    return network.eval().encode_image, prepare


def _on_white(picture: Image.Image) -> Image.Image:
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")
