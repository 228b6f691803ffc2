"""Accepted pairs have ids that no run and no row number changes."""

from __future__ import annotations

import hashlib


def pair_id(source: str, target: str) -> str:
    """The id of a pair of entities, 16 hexadecimal digits of the SHA-256 of its URIs: the same wherever it is made."""
    return hashlib.sha256(f"{source}\x1f{target}".encode()).hexdigest()[:16]
