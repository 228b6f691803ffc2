"""Settings of the features that training starts from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from pmf.config.build import setting
from pmf.errors import ConfigError

_IMAGE_ENCODER = re.compile(r"descriptor|timm:[\w.-]+(@.+\.safetensors)?|open_clip:[\w.-]+(/[\w.-]+|@.+\.safetensors)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOptions:
    """How features are made."""

    n_relations: int = setting(1000, "relations kept, the commonest first.")
    n_attributes: int = setting(1000, "attribute names kept, the commonest first.")
    attribute_values: Literal["none", "hashed"] = setting(
        "none",
        '"none" = names of attributes only (METHOD, "Encoders"); "hashed" = their values too, see '
        "`pmf.features.values`.",
    )
    names_among_values: Literal["auto", "yes", "no"] = setting(
        "auto",
        'whether a name counts as one more attribute value; "auto" = where names are compared anyway, beside `char` or '
        "`name`.",
    )
    char: Literal["bigrams", "weighted"] = setting(
        "bigrams",
        '"bigrams" = counts of pairs of letters (METHOD, "Encoders"); "weighted" = words and trigrams, the rare ones '
        "counting more, see `pmf.features.values`.",
    )
    image_encoder: str = setting(
        "descriptor", "what makes vectors of pictures, see `pmf.features.image_encoders.image_encoder`."
    )
    word_vectors: str | None = setting(
        None, "a text file of word vectors (GloVe or word2vec layout), needed for `name`."
    )

    def __post_init__(self) -> None:
        for name in ("n_relations", "n_attributes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"features.{name} must be at least 1, got {getattr(self, name)}.")
        if not _IMAGE_ENCODER.fullmatch(self.image_encoder):
            raise ConfigError(
                "features.image_encoder must be descriptor, timm:NAME, open_clip:NAME/TAG, or either with weights in a "
                f"file, NAME@FILE.safetensors; got {self.image_encoder}."
            )


NAMED = frozenset({"name", "char"})
"""Modalities that compare names; beside one of them a name counts among the values too."""


def with_names(options: FeatureOptions, modalities: Iterable[str]) -> FeatureOptions:
    """The options with it settled whether names count among the values."""
    if options.names_among_values != "auto":
        return options
    return replace(options, names_among_values="no" if NAMED.isdisjoint(modalities) else "yes")
