"""The recipes of assets/docs/extending.md, followed to the letter in a copy of the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmf.config.config import Config
from pmf.errors import ConfigError
from pmf.freezing.rule import rule_of
from pmf.runs import layout
from tests.commands import as_arguments
from tests.conftest import ROOT, TINY_SETTINGS

GUIDE = ROOT / "assets" / "docs" / "extending.md"

EVERYTHING = """
import io, json, sys
from contextlib import redirect_stdout
from pathlib import Path
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from app.shared.services import training_plan as plan
from pmf.cli import main
from pmf.config.config import Config
from pmf.runs.reader import RunReader


def told(*arguments):
    with redirect_stdout(io.StringIO()) as out:
        assert main(list(arguments)) == 0
    return out.getvalue()


def page(name, **parameters):
    test = AppTest.from_file(str(Path("app/main.py").absolute()), default_timeout=60)
    test._page_hash = calc_hash(name)
    test.query_params.update(parameters)
    test.run()
    assert not test.exception, test.exception[0].value
    charts = "".join(chart.proto.spec for chart in test.get("plotly_chart"))
    pills = [option.content for group in test.get("button_group") for option in group.proto.options]
    tables = [len(table.value) for table in test.dataframe]
    return {"tables": tables, "charts": [word in charts for word in ("degree", "#332288")], "pills": pills}


data, folder, *chosen = sys.argv[1:]
told("train", "--data", data, "--run", folder, *chosen)
run = RunReader(Path(folder))
drawn = plan.threshold_curve(run.facts.config())
print(json.dumps({
    "modalities": run.modalities,
    "measured": run.measured_epochs(),
    "frozen_at": run.frozen_at().tolist(),
    "map": run.projection("degree") is not None,
    "causes": run.failures() is not None,
    "explain": told("explain", folder, "--all"),
    "coverage": json.loads(told("data", "inspect", data, "--json"))["source"]["coverage"],
    "audit": told("data", "audit", data),
    "estimate": json.loads(told("estimate", "--data", data, "--json", *chosen))["epochs"],
    "scored": drawn["epoch"][drawn["scored"]].unique().tolist(),
    "overview": page("overview", run="extended"),
    "train": page("train", data="demo"),
    "hubs": page("hubs", run="extended"),
    "positive": json.loads(told("evaluate", folder, "--json", "--decode", "positive"))["alignment"],
    "mutual": json.loads(told("evaluate", folder, "--json", "--decode", "mutual"))["alignment"],
    "pets": json.loads(told("data", "inspect", "pets", "--json")),
    "broken": main(["data", "inspect", "broken"]),
}))
"""
PETS = {"source": [["a", "likes", "b"]], "target": [["A", "aime", "B"]], "links": [["a", "A"], ["b", "B"]]}
DECODER = '"positive": Decoder(csls, positive)'
PAGE = '_page("hubs", ":material/hub:"),'


def recipe(kind: str) -> str:
    """The file that the guide shows under a name."""
    matched = re.search(rf"```python {kind}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert matched
    return matched[1]


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, f"{before} is not in {file}"
    file.write_text(text.replace(before, after))


def add_decoding(matching: Path, options: Path) -> None:
    (matching / "positive.py").write_text(recipe("decoding"))
    edit(matching / "__init__.py", "DECODERS = {\n", f"DECODERS = {{\n    {DECODER},\n")
    edit(matching / "__init__.py", "\nDECODERS", "from pmf.alignment.matching.positive import positive\n\nDECODERS")
    edit(options, '"hungarian"]', '"hungarian", "positive"]')


def add_layout(readers: Path) -> None:
    (readers / "one_json.py").write_text(recipe("layout"))
    edit(readers / "__init__.py", "import dbp15k, mmkg,", "import dbp15k, mmkg, one_json,")
    edit(readers / "__init__.py", "LAYOUTS = (", "LAYOUTS = (one_json, ")


@pytest.fixture(scope="module")
def extended(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What commands and pages say in a copy of the code with all of the guide's files in it."""
    copy = tmp_path_factory.mktemp("extended")
    for name in ("pmf", "app"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "assets").symlink_to(ROOT / "assets")
    (copy / "pmf" / "modalities" / "degree.py").write_text(recipe("modality"))
    (copy / "pmf" / "freezing" / "rules" / "worst.py").write_text(recipe("rule"))
    add_decoding(copy / "pmf" / "alignment" / "matching", copy / "pmf" / "config" / "evaluation.py")
    add_layout(copy / "pmf" / "data" / "readers")
    for name, content in {"pets": json.dumps(PETS), "broken": '{"source": 3}'}.items():
        (copy / name).mkdir()
        (copy / name / "pair.json").write_text(content)
    (copy / "app" / "hubs").mkdir()
    (copy / "app" / "hubs" / "page.py").write_text(recipe("page"))
    edit(copy / "app" / "main.py", '_page("learn"', f'{PAGE}\n        _page("learn"')
    changed = {"modalities": "structure,attribute,degree", "train.project": "true", "freezing.rule": "worst"}
    chosen = as_arguments({**TINY_SETTINGS, **changed})
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING, str(tiny_data), str(copy / "runs" / "extended"), *chosen],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PMF_RUNS": str(copy / "runs")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def test_a_modality_is_one_new_file(extended: dict[str, Any]) -> None:
    assert extended["modalities"] == ["structure", "attribute", "degree"]
    assert max(extended["frozen_at"][2]) >= 0
    assert extended["map"]
    assert extended["causes"]
    assert "degree     alone" in extended["explain"]
    assert extended["coverage"]["degree"] == 1
    assert "degree" in extended["audit"]
    assert extended["overview"]["charts"] == [True, True]
    assert "degree" in extended["train"]["pills"]


def test_a_freezing_rule_is_one_new_file(extended: dict[str, Any]) -> None:
    assert extended["measured"] == [2]  # of stage 1's five epochs; the config says every one from 2 on
    assert extended["scored"] == [2]
    assert extended["estimate"] == 8
    frozen_at = np.array(extended["frozen_at"])
    assert set(frozen_at[frozen_at >= 0]) == {2}
    share = (frozen_at >= 0).sum(axis=1) / (frozen_at != layout.MISSING).sum(axis=1)
    assert (share > 0.03).all()
    assert (share[:2] < 0.15).all()  # equal relevances freeze together, and many entities have the same degree


def test_a_rule_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"freezing\.rule must be one of guard, schedule, got coin"):
        rule_of(Config(data="demo").with_settings({"freezing.rule": "coin"}))


def test_a_decoding_is_one_new_file_and_its_name(extended: dict[str, Any]) -> None:
    assert f"`{DECODER}`" in GUIDE.read_text()
    positive, mutual = extended["positive"], extended["mutual"]
    assert (positive["rule"], mutual["rule"]) == ("positive", "mutual")
    assert 0 < positive["predicted"] <= mutual["predicted"]


def test_a_layout_is_one_new_file_and_its_place_in_the_list(extended: dict[str, Any]) -> None:
    pets = extended["pets"]
    assert (pets["format"], pets["links"], pets["source"]["entities"]) == ("one_json", 2, 2)
    assert not any("no reader" in note["sentence"] for note in pets["notes"])
    assert extended["broken"] == 2


def test_a_page_is_one_new_folder_and_its_line(extended: dict[str, Any]) -> None:
    assert f"`{PAGE}`" in GUIDE.read_text()
    assert extended["hubs"]["tables"] == [20]
