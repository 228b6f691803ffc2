"""Which neighbours wait to be matched: against what the engine counts."""

from __future__ import annotations

from app.failures.services.neighbours import unmatched
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from app.slices.services import errors as failures
from pmf.data.readers import read_graph_pair
from pmf.failures.neighbours import common_neighbours
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS


def test_as_many_as_the_rule_counts() -> None:
    run = RunView(RunReader(ATLAS))
    data, pair = open_dataset(run), read_graph_pair("demo")
    wrong = failures.errors(failures.asked(run, layout.SOURCE_TO_TARGET))
    wrong = wrong[wrong["prediction"] >= 0]
    counted = common_neighbours(
        run.reader, pair, *(wrong[name].to_numpy() for name in ("query", "truth", "prediction"))
    )
    lost = 0
    for place, (query, row) in enumerate(wrong.iterrows()):
        found, common = unmatched(run, data, int(query), int(row["truth"]))
        assert common == counted.linked[place]
        assert common - len(found) == counted.found[place]
        assert all(run.best[entity] != run.partner[entity] for entity in found)
        lost += row["cause"] == "lost-neighbours"
        assert row["cause"] != "lost-neighbours" or len(found) == common > 0
    assert lost > 3
