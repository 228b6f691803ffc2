"""A run folder may come from anybody: whatever is in it, it is read or one sentence says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS
from tests.tools.fuzz_runs import fuzz

EPOCH = {"kind": "epoch", "time": 1.0, "epoch": 3}
PROPOSAL = {"threshold": 0.7, "features": 3, "gain": 0.1, "error": 0.1, "gain_now": 0.0, "taken": True}


def test_forty_spoilt_runs() -> None:
    """Three thousand by `python -m tests.tools.fuzz_runs`."""
    report = fuzz(ATLAS, 40, seed=11)
    assert report["failures"] == []
    assert report["outcomes"]["refused"] > 20


def test_the_fuzzer_notices_an_error_that_nobody_documented() -> None:
    def crash(folder: Path) -> None:
        raise KeyError(folder.name)

    assert "KeyError" in fuzz(ATLAS, 1, seed=0, read=crash)["failures"][0]["outcome"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ATLAS, tmp_path / "atlas"))


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("n_entities", 10**9, "entities.parquet has 1,371 rows, config.json says 1,000,000,000"),
        ("n_source", 1371, "expected fewer"),
        ("config.modalities", ["structure", "![x](http://x)"], "expected one of structure"),
        ("config.modalities", ["image", "image"], "each once"),
        ("config.train.epochs", 10**8, "from 1 to 100,000"),
        ("config.train.epochs", "5", "expected a whole number"),
        ("config.loss.temperature", 0, "a finite number from"),
        ("config.evaluation.scope", "<b>", "expected one of closed, open"),
        ("config.freezing", [], "expected a group of values by name"),
        ("created", "yesterday", "expected a date and time"),
        ("dataset.name", {"a": 1}, "expected text"),
        ("review", {"matched": [[1, 2, 3]]}, "expected a list of 2"),
        ("extra", [[[[[[[[1]]]]]]]], "moderate size and depth"),
    ],
)
def test_a_config_is_what_it_must_be(run: Path, place: str, value: object, says: str) -> None:
    config = json.loads((run / layout.CONFIG).read_text())
    target = config
    *path, last = place.split(".")
    for name in path:
        target = target[name]
    target[last] = value
    (run / layout.CONFIG).write_text(json.dumps(config))
    with pytest.raises(RunFormatError, match=says) as raised:
        RunReader(run)
    assert place.rpartition(".")[2] in str(raised.value) or "rows" in says


def test_a_former_setting_that_changed_no_result_is_read_over_and_an_unknown_one_is_not(run: Path) -> None:
    config = json.loads((run / layout.CONFIG).read_text())
    config["config"]["train"]["cuda_graphs"] = True
    (run / layout.CONFIG).write_text(json.dumps(config))
    assert RunReader(run).facts.config() == RunReader(ATLAS).facts.config()
    config["config"]["train"]["cuda_grafs"] = True
    (run / layout.CONFIG).write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"there is no setting train\.cuda_grafs"):
        RunReader(run).facts.config()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "epoch", "time": 1.0, "epoch": 50}, "epoch is 50"),
        ({**EPOCH, "frozen_share": {"x": 0.5}}, "expected one of structure"),
        ({**EPOCH, "losses": {"fused": "low"}}, "fused is 'low'"),
        ({**EPOCH, "metrics": {"[x](http://x)": {}}}, "expected one of seed"),
        (
            {**EPOCH, "proposals": {"image": PROPOSAL | {"threshold": 7}}},
            "threshold is 7",
        ),
        (
            {**EPOCH, "proposals": {"image": {"threshold": 0.7}}},
            "features is not there",
        ),
        ({"kind": "results", "time": 1.0, "at": "end", "source_to_target": {"hits@1": 7}}, "hits@1 is 7"),
        ({"kind": "results", "time": 1.0, "split": "*bold*"}, "split is"),
        ({"kind": "state", "state": "running"}, "time is not there"),
        ({"time": 1.0}, "kind is not there"),
    ],
)
def test_an_event_is_what_it_must_be(run: Path, change: dict[str, object], says: str) -> None:
    with (run / layout.EVENTS).open("a") as log:
        log.write(json.dumps(change) + "\n")
    lines = (run / layout.EVENTS).read_text().count("\n")
    with pytest.raises(RunFormatError, match=says) as raised:
        RunReader(run).events()
    assert f"line {lines}" in str(raised.value)


def test_a_config_of_an_older_version_is_read(run: Path) -> None:
    config = json.loads((run / layout.CONFIG).read_text())
    del config["config"]["evaluation"], config["config"]["loss"], config["review"], config["created"]
    config["config"]["freezing"]["gone_since"] = 3
    (run / layout.CONFIG).write_text(json.dumps(config))
    facts = RunReader(run).facts
    assert facts.settings["evaluation.scope"] == facts.scope == "closed"
    assert facts.settings["freezing.gone_since"] == 3
    assert (facts.created, facts.review, facts.verdicts_used) == ("", {}, 0)
