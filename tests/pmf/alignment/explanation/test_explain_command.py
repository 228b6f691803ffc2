"""`pmf explain RUN SOURCE TARGET` as a user runs it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pmf.alignment.explanation.explainer import Explainer
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.commands import pmf
from tests.conftest import ATLAS


def test_the_command_prints_the_explanation() -> None:
    run = RunReader(ATLAS)
    source, target = (int(e) for e in run.links.query("split == 'test'")[["source", "target"]].iloc[0])
    uris = run.entities["uri"]
    printed = json.loads(pmf("explain", ATLAS, uris[source], uris[target], "--json").stdout)
    assert printed["neighbours"] is not None
    rules = printed.pop("rules")
    ours: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(Explainer(run).explain(source, target))))
    assert printed | {"neighbours": None, "values": None} == ours
    text = pmf("explain", ATLAS, source, target).stdout
    assert f"{run.entities['label'][source]} ({source})" in text
    assert "candidate = truth: rank" in text
    for row in printed["evidence"]:
        assert f"{row['share']:.3f}" in text
    assert rules["speak_for"][0]["words"] in text
    assert f"rules, for it: probability {rules['probability']:.3f}" in text
    assert "rules, against it: nothing" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([1], "either a SOURCE and a TARGET entity, or --all, or --relations"),
        ([1, 800, "--relations"], "either a SOURCE and a TARGET entity, or --all, or --relations"),
        ([1, 800, "--all"], "either a SOURCE and a TARGET entity, or --all, or --relations"),
        ([800, 1], "no source entity of atlas has the URI or the number (0 … 696) 800"),
        (["Ivory Coats", 800], "Ivory Coats; did you mean http://atlas.example/en/resource/Ivory_Coast"),
        ([1, "http://x"], "no target entity of atlas"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: list[object], says: str) -> None:
    done = pmf("explain", ATLAS, *arguments, "--quiet")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_command_without_the_data_says_so(tmp_path: Path) -> None:
    shutil.copytree(ATLAS, tmp_path / "run")
    file = tmp_path / "run" / layout.CONFIG
    config = json.loads(file.read_text())
    for key, value, says in (("fingerprint", "x", "has changed"), ("path", "/nowhere", "is gone (/nowhere")):
        config["dataset"][key] = value
        file.write_text(json.dumps(config))
        assert says in pmf("explain", tmp_path / "run", 1, 800).stdout
