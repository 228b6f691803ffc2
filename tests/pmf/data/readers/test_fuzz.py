"""Spoilt folders of every layout; 10,000 of them: `python -m tests.tools.fuzz --cases 10000`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import bad_readers
from tests.small_data import SMALL
from tests.tools.fuzz import fuzz, read_whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are set the Linux way")


@pytest.mark.parametrize("layout", SMALL)
def test_the_folders_that_get_spoilt_are_good(tmp_path: Path, layout: str) -> None:
    read_whole(SMALL[layout](tmp_path))


def test_readers_survive_spoilt_folders() -> None:
    report = fuzz(cases=300, seed=20)
    assert report["failures"] == []
    assert report["outcomes"]["refused"] > 150  # most spoilt folders can't be read
    assert report["outcomes"]["read"] > 40  # but not every change does harm


@pytest.mark.parametrize(
    ("reader", "outcome"),
    [
        (bad_readers.crashes, "KeyError"),
        (bad_readers.hangs, "hang"),
        (bad_readers.swallows, "MemoryError"),
        (bad_readers.dies, "the process died"),
    ],
)
def test_the_fuzzer_notices(reader: Callable[[Path], None], outcome: str) -> None:
    report = fuzz(cases=2, seed=0, reader=reader, seconds=1)
    assert [failure["case"] for failure in report["failures"]] == [0, 1]
    assert all(outcome in failure["outcome"] for failure in report["failures"])
    assert not report["outcomes"]
