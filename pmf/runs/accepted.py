"""Accepted pairs have ids that no run and no row number changes."""

from __future__ import annotations

import json
import uuid

_NAMESPACE = uuid.UUID("6f1d3c52-6a5b-4d0e-9b7e-6b0e6d2f4a11")


def pair_id(source: str, target: str) -> str:
    """The id of a pair of entities, 32 hexadecimal digits made of its URIs: as the alignment store gives it."""
    return uuid.uuid5(_NAMESPACE, json.dumps([source, target])).hex
