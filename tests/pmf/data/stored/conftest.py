"""A small data set in the stored form."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.data.stored.writer import write


@pytest.fixture(scope="module")
def tiny_stored(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "tiny"
    write(read_graph_pair(tiny_data), folder)
    return folder


@pytest.fixture
def copy(tiny_stored: Path, tmp_path: Path) -> Path:
    """A stored data set to damage."""
    folder = tmp_path / "copy"
    write(read_graph_pair(tiny_stored), folder)
    return folder
