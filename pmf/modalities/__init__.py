"""The modalities that there are, in the order in which they are listed everywhere."""

from __future__ import annotations

MODALITIES = ("structure", "relation", "attribute", "image", "name", "char")
