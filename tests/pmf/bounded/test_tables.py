"""Parquet files of a few kilobytes that would take gigabytes, made here and never opened without a limit."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmf.bounded import HARMLESS
from pmf.bounded.tables import columns_of, read_arrow, read_frame
from pmf.errors import DataFormatError
from tests.conftest import ROOT

ROOM = 512 * 2**20  # bytes beyond what the libraries take

_READ = """
import resource, sys
from pathlib import Path
from pmf.bounded.tables import read_frame
from pmf.errors import DataFormatError
pages = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + int(sys.argv[2]),) * 2)
try:
    read_frame(Path(sys.argv[1]))
except DataFormatError as error:
    print(error)
"""


def many(path: Path) -> None:
    """One number, fifty million times."""
    repeated = pa.repeat(pa.scalar(0), 1_000_000)
    with pq.ParquetWriter(path, pa.schema([("x", pa.int64())]), compression="zstd") as file:
        for _ in range(50):
            file.write_table(pa.table({"x": repeated}), row_group_size=1_000_000)


def long_text(path: Path) -> None:
    """A text of 900 kB that stands once, in ten thousand rows."""
    table = pa.table({"x": pa.repeat(pa.scalar("a" * 900_000), 100)})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as file:
        for _ in range(100):
            file.write_table(table)


def prefixes(path: Path) -> None:
    """A text of 1 MB, then thousands that each repeat it as the start of their own."""
    values = ["a" * 100_000] * 2000
    table = pa.table({"x": values})
    pq.write_table(table, path, use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY", compression="zstd")


def lists(path: Path) -> None:
    """Empty lists, ten million."""
    offsets = pa.array(np.zeros(10_000_001, np.int32))
    pq.write_table(pa.table({"x": pa.ListArray.from_arrays(offsets, pa.array([], pa.int64()))}), path)


def zeros(path: Path) -> None:
    """One text of 300 MB, all alike."""
    pq.write_table(pa.table({"x": ["a" * 300_000_000]}), path, use_dictionary=False, compression="zstd")


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bombs")


@pytest.mark.parametrize("make", [many, long_text, prefixes, lists, zeros])
def test_a_bomb_is_refused_before_it_is_unpacked(bombs: Path, make: object) -> None:
    path = bombs / f"{make.__name__}.parquet"  # type: ignore[attr-defined]
    make(path)  # type: ignore[operator]
    assert path.stat().st_size < 1_500_000
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path), str(ROOM)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "MB unpacked at most" in done.stdout, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_rows_may_have_a_limit_of_their_own(tmp_path: Path) -> None:
    many(tmp_path / "many.parquet")
    with pytest.raises(DataFormatError, match="unpacked at most"):
        read_arrow(tmp_path / "many.parquet")
    with pytest.raises(DataFormatError, match="1,000 rows at most, got 50,000,000"):
        read_arrow(tmp_path / "many.parquet", most_rows=1000)


def test_our_tables_are_read_as_pandas_reads_them() -> None:
    found = sorted((ROOT / "assets").rglob("*.parquet"))
    assert len(found) > 20
    for path in found:
        ours, theirs = read_frame(path), pd.read_parquet(path)
        pd.testing.assert_frame_equal(ours, theirs)
        assert ours.attrs == theirs.attrs
        assert columns_of(path) == (len(ours), list(ours))


def test_a_large_honest_table_is_read(tmp_path: Path) -> None:
    """Texts that stand a thousand times each take more than is harmless, by the worst case only."""
    texts = [f"http://example.org/resource/{i % 5000:040}" for i in range(300_000)]
    frame = pd.DataFrame({"text": texts, "number": np.random.default_rng(0).permutation(300_000)})
    frame.to_parquet(tmp_path / "honest.parquet")
    assert HARMLESS < 300_000 * 5000 * 60
    pd.testing.assert_frame_equal(read_frame(tmp_path / "honest.parquet"), frame)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pa.table({"x": [{"a": 1}]}), "type struct"),
        (pa.table({"x": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))}), "type map"),
        (pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]), "two columns of one name"),
    ],
)
def test_other_types_are_refused(tmp_path: Path, table: pa.Table, says: str) -> None:
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataFormatError, match=says):
        read_frame(tmp_path / "x.parquet")


def test_pandas_metadata_that_names_no_column_does_no_harm(tmp_path: Path) -> None:
    table = pa.table({"x": [1]}).replace_schema_metadata({"pandas": '{"index_columns": ["gone"]}', "PANDAS_ATTRS": "3"})
    pq.write_table(table, tmp_path / "x.parquet")
    frame = read_frame(tmp_path / "x.parquet")
    assert frame["x"].tolist() == [1]
    assert frame.attrs == {}


def test_a_table_cut_anywhere_or_flipped_is_one_sentence(tmp_path: Path) -> None:
    whole = (ROOT / "assets/runs/atlas/links.parquet").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "x.parquet"
    for cut in rng.integers(0, len(whole), 50):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataFormatError, match="Parquet file") as raised:
            read_frame(path)
        assert "\n" not in str(raised.value)
    for at in rng.integers(0, len(whole), 300):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ int(1 << rng.integers(8))]) + whole[at + 1 :])
        try:
            read_frame(path)
        except DataFormatError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most bits say nothing


def test_memory_is_what_the_test_says() -> None:
    """The limit of the children above is one that the system keeps."""
    assert resource.getrlimit(resource.RLIMIT_AS)
    done = subprocess.run(
        [sys.executable, "-c", _READ.replace("read_frame(Path(sys.argv[1]))", "bytearray(2**30)"), "x", str(ROOM)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "MemoryError" in done.stderr


@pytest.mark.parametrize(("content", "what"), [(b"", "an empty file"), (b"no table at all", "something else")])
def test_what_is_no_table_says_so(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DataFormatError, match=f"expected a Parquet file, got {what}$"):
        read_frame(tmp_path / "t.parquet")
