"""The small data set, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair


@pytest.fixture(scope="module")
def pair(tiny_data: Path) -> GraphPair:
    return read_graph_pair(tiny_data)
