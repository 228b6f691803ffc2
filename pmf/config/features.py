"""Settings of the features that training starts from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pmf.errors import ConfigError

_IMAGE_ENCODER = re.compile(r"descriptor|timm:[\w.-]+(@.+\.safetensors)?|open_clip:[\w.-]+(/[\w.-]+|@.+\.safetensors)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOptions:
    """How features are made.

    Args:
        n_relations: relations kept, the commonest first.
        n_attributes: attribute names kept, the commonest first.
        attribute_values: "none" = names of attributes only (METHOD, "Encoders"); "hashed" = their values too, see
            `pmf.features.values`.
        image_encoder: what makes vectors of pictures, see `pmf.features.image_encoders.image_encoder`.
        word_vectors: a text file of word vectors (GloVe or word2vec layout), needed for `name`.
    """

    n_relations: int = 1000
    n_attributes: int = 1000
    attribute_values: Literal["none", "hashed"] = "none"
    image_encoder: str = "descriptor"
    word_vectors: str | None = None

    def __post_init__(self) -> None:
        for name in ("n_relations", "n_attributes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"features.{name} must be at least 1, got {getattr(self, name)}.")
        if not _IMAGE_ENCODER.fullmatch(self.image_encoder):
            raise ConfigError(
                "features.image_encoder must be descriptor, timm:NAME, open_clip:NAME/TAG, or either with weights in a "
                f"file, NAME@FILE.safetensors; got {self.image_encoder}."
            )
