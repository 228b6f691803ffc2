"""A run is known by one figure: every page shows it, and says of any other Hits@1 why it differs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.report.services.markdown import as_markdown
from app.report.services.report import report
from app.shared.services import headline
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.app.pages import open_page, sentences

MakeRun = Callable[..., Path]
RUN = "atlas_published"
BUNDLED = Path(__file__).parents[2] / "assets" / "runs"
PAGES = {
    "overview": {},
    "freezing": {},
    "embeddings": {},
    "matches": {},
    "review": {},
    "failures": {},
    "failures, slices": {"tab": "slices"},
    "failures, health": {"tab": "health"},
    "failures, one error": {"pair": "first wrong"},
    "compare": {"runs": f"{RUN},atlas"},
}
FIGURE = re.compile(r"Hits@1[^.%\d]{0,40}?\**(\d+\.\d)\s*%")


@pytest.fixture(autouse=True)
def no_own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def run() -> RunView:
    return RunView(RunReader(BUNDLED / RUN))


def shown(test: AppTest) -> list[str]:
    """Every sentence with a Hits@1 in it, and every such tile."""
    lines = re.split(r"(?<=[.;])\s|\n", sentences(test) + "".join(f"\n{box.value}" for box in test.info))
    tiles = [f"{tile.label} {tile.value}" for tile in test.metric if tile.label.startswith("Hits@1")]
    return [line for line in [*lines, *tiles] if FIGURE.search(line)]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_headline_figure(page: str, run: RunView) -> None:
    figure = headline.figure(run)
    assert figure is not None
    plain = (run.failures["similarity_rank"] <= 1).mean()
    assert abs(plain - figure.value) > 0.01  # so that a page which shows the wrong one is found out
    both = {f"{metrics['hits@1']:.1%}" for metrics in headline.headline(run).metrics.values()}
    wrong = int(np.flatnonzero((run.outcome == 0) & (run.split == "test"))[0])
    given = {name: wrong if value == "first wrong" else value for name, value in PAGES[page].items()}
    test = open_page(page.partition(",")[0], run=RUN, **given)
    assert not test.exception
    lines = shown(test)
    assert any(f"{figure.value:.1%}" in line for line in lines), lines
    beside = {"compare": [BUNDLED / "atlas"], "overview": BUNDLED.iterdir()}.get(page, [])
    others = [headline.figure(RunView(RunReader(folder))) for folder in beside]
    known = both | {f"{other.value:.1%}" for other in others if other}
    for line in lines:
        told = {f"{value}%" for value in FIGURE.findall(line)}
        assert told <= known or "plain similarity" in line or " rest" in line, line


def test_the_tables_and_the_report_show_it(run: RunView) -> None:
    figure = headline.figure(run)
    assert figure is not None
    test = open_page("failures", run=RUN, tab="slices")
    everything = next(t.value for t in test.dataframe if "Hits@1" in t.value and "Last note" in t.value).iloc[0]
    assert f"{everything['Hits@1']:.1f}%" == f"{figure.value:.1%}"
    markdown = as_markdown(report(run, open_dataset(run)))
    assert f"{figure.value:.1%}" in markdown


def test_ranks_of_one_pair_agree_or_say_why(run: RunView) -> None:
    table = run.failures
    assert table is not None
    moved = table[(table["rank"] != table["similarity_rank"]) & (table["rank"] > 1)]
    row = moved.iloc[0]
    words = sentences(open_page("matches", run=RUN, pair=int(row["query"])))
    assert f"the truth has rank {row['rank']:g}" in words
    assert re.search(rf"true pair has rank \*\*{row['similarity_rank']:,.10g}\*\*.{{0,80}}before CSLS", words)
    assert f"With CSLS, as above: the true pair {row['rank']:,.10g}" in words


def test_a_run_that_decides_one_to_one_says_how_its_ranks_differ(make_run: MakeRun) -> None:
    folder = make_run()
    run = RunView(RunReader(folder))
    ranks = pd.Series(run.outcome[(run.split == "test") & (np.arange(run.n) < run.n_source) & (run.outcome >= 0)])
    events = [json.loads(line) for line in (folder / layout.EVENTS).read_text().splitlines()]
    last = next(event for event in reversed(events) if event["kind"] == "results")
    decided = float((ranks == 1).mean()) / 2 + 0.01
    last |= {"decode": "greedy on csls(k=1, rounds=1)", "time": 2e9}
    last |= {direction: {**last[direction], "hits@1": decided} for direction in layout.DIRECTIONS}
    with (folder / layout.EVENTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(last) + "\n")
    run = RunView(RunReader(folder))
    figure = headline.figure(run)
    assert figure is not None
    assert figure.of.endswith("CSLS and greedy decision")
    sentence = headline.ranked_alone(run, layout.SOURCE_TO_TARGET)
    assert f"{(ranks == 1).mean():.1%} before the one-to-one decision, and {decided:.1%} after it" in sentence
    assert sentence in sentences(open_page("failures", run="small"))
