"""Matches shows what rules say of a pair, for it and against it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.shared.widgets.pair_reasons import _percent
from tests.app.pages import open_page, sentences
from tests.conftest import ROOT


def test_a_percentage_is_never_certain() -> None:
    assert [_percent(p) for p in (1.0, 0.995, 0.5, 0.004)] == ["over 99 %", "over 99 %", "50 %", "0 %"]


@pytest.mark.parametrize(("pair", "right"), [("72-800", True), ("72-700", False)])
def test_reasons_of_a_right_and_of_a_wrong_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: str, right: bool
) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    shutil.copytree(ROOT / "assets" / "runs" / "atlas", tmp_path / "atlas")
    words = sentences(open_page("matches", run="atlas", pair=pair))
    assert ("**For it**: probability over 99 %" in words) == right
    assert ("both are reached by continent / partie de from Bolivia / Bolivie, an aligned pair" in words) == right
    assert ("Nothing speaks for this pair" in words) != right
