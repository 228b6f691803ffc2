"""The recipes of assets/docs/extending.md, followed to the letter in a copy of the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pmf.runs.reader import RunReader
from tests.conftest import ROOT, TINY_SETTINGS

GUIDE = ROOT / "assets" / "docs" / "extending.md"

PAGES = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

for page in sys.argv[1:]:
    test = AppTest.from_file(str(Path("app/main.py").absolute()), default_timeout=60)
    test._page_hash = calc_hash(page)
    test.query_params["run"], test.query_params["data"] = "extended", "demo"
    test.run()
    assert not test.exception, test.exception[0].value
    charts = "".join(chart.proto.spec for chart in test.get("plotly_chart"))
    pills = [option.content for group in test.get("button_group") for option in group.proto.options]
    print(page, "degree" in charts, "#332288" in charts, "degree" in pills)
"""


def recipe(kind: str) -> str:
    """The file that the guide shows under a name."""
    found = re.search(rf"```python {kind}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def in_copy(tmp_path: Path) -> Callable[..., str]:
    """Runs Python with arguments in a copy of the code, and gives what it prints."""
    for name in ("pmf", "app"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PMF_RUNS": str(tmp_path / "runs")}

    def python(*arguments: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


def settings(**changed: str) -> list[str]:
    return [part for name, value in {**TINY_SETTINGS, **changed}.items() for part in ("--set", f"{name}={value}")]


def test_a_modality_is_one_new_file(tmp_path: Path, tiny_data: Path, in_copy: Callable[..., str]) -> None:
    (tmp_path / "pmf" / "modalities" / "degree.py").write_text(recipe("modality"))
    folder = tmp_path / "runs" / "extended"
    chosen = settings(modalities="structure,attribute,degree", **{"train.project": "true", "freezing.guard": "false"})
    in_copy("-m", "pmf", "train", "--data", tiny_data, "--run", folder, *chosen)

    run = RunReader(folder)
    assert run.modalities == ("structure", "attribute", "degree")
    frozen_at = run.frozen_at()
    assert frozen_at is not None
    assert (frozen_at[2] >= 0).any()
    assert run.projection("degree") is not None

    explained = in_copy("-m", "pmf", "explain", folder, "--all")
    assert "degree     alone" in explained
    assert run.failures() is not None
    coverage = json.loads(in_copy("-m", "pmf", "data", "inspect", tiny_data, "--json"))["source"]["coverage"]
    assert coverage["degree"] == 1
    assert "degree" in in_copy("-m", "pmf", "data", "audit", tiny_data)

    overview, freezing, train = in_copy("-c", PAGES, "overview", "freezing", "train").splitlines()
    assert overview.startswith("overview True True")
    assert freezing.startswith("freezing True True")
    assert train.endswith("True")  # the form offers it
