"""Columns of numbers on their way to a component in the browser; `unpack` in its `dom.js` takes them out again."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

Json = dict[str, Any]


def numbers(values: npt.ArrayLike, kind: str) -> str:
    """Base64 of an array as numbers of this numpy kind."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()
