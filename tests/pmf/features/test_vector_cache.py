"""Vectors kept between runs: whole or not at all, for any number of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from pmf.features.vector_cache import VectorCache
from pmf.places import cache_folder

KEY = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PMF_CACHE", str(tmp_path))
    return tmp_path


def test_a_vector_comes_back_as_it_was(folder: Path) -> None:
    vector = np.array([1, -2.5, 0], dtype=np.float32)
    assert VectorCache().get(KEY) is None
    VectorCache().put(KEY, vector)
    np.testing.assert_array_equal(VectorCache().get(KEY), vector)
    assert VectorCache().get("cd" * 32) is None
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [f"{KEY}.npy"]


def test_without_the_variable_it_lies_where_the_platform_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PMF_CACHE")
    assert cache_folder() == Path(platformdirs.user_cache_dir("pmf-explorer", appauthor=False))


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "pickle", "matrix", "double", "nan"])
def test_a_damaged_file_counts_as_absent_and_is_written_anew(folder: Path, damage: str) -> None:
    cache, vector = VectorCache(), np.ones(64, dtype=np.float32)
    cache.put(KEY, vector)
    (path,) = folder.rglob("*.npy")
    content = {
        "pickle": np.array([{"a": 1}], dtype=object),
        "matrix": np.ones((2, 2), dtype=np.float32),
        "double": np.ones(64),
        "nan": np.full(64, np.nan, dtype=np.float32),
    }
    if damage in content:
        np.save(path, content[damage], allow_pickle=True)
    else:
        path.write_bytes({"empty": b"", "cut": path.read_bytes()[:-8], "text": b"not an array"}[damage])
    assert cache.get(KEY) is None
    cache.put(KEY, vector)
    np.testing.assert_array_equal(cache.get(KEY), vector)


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PMF_CACHE", str(tmp_path / "file"))
    VectorCache().put(KEY, np.ones(3, dtype=np.float32))
    assert VectorCache().get(KEY) is None


def test_processes_that_write_the_same_vectors_leave_them_whole(folder: Path) -> None:
    code = """
import hashlib, numpy as np
from pmf.features.vector_cache import VectorCache
cache = VectorCache()
for round in range(20):
    for i in range(25):
        key, vector = hashlib.sha256(bytes([i])).hexdigest(), np.full(4096, i, dtype=np.float32)
        found = cache.get(key)
        assert found is None or (found == vector).all()
        cache.put(key, vector)
        assert (cache.get(key) == vector).all()
"""
    root = Path(__file__).parents[3]
    writers = [subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE) for _ in range(3)]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 25
    assert {path.suffix for path in files} == {".npy"}
