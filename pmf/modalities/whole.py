"""The whole embedding of a model from elsewhere, where it is not put together from those of modalities."""

from __future__ import annotations

from pmf.modalities.modality import Modality

WHOLE = Modality(
    name="whole",
    place=1000,
    title="the whole embedding",
    having="an embedding",
    colour="#8A93A0",
    dash="solid",
    symbol="circle",
    build=None,
    lacking="it is no description of entities: only adopted runs have it",
)
