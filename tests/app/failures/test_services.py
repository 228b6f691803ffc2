"""What the Failures page is told, checked against the tables it comes from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.failures.figures import health as health_figures
from app.failures.services import (
    health as failure_health,
)
from app.failures.services import (
    path as failure_path,
)
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from app.slices.figures import causes as figures
from app.slices.services import errors as failures
from app.slices.services import names as slices
from app.slices.services import repair as failure_repair
from app.slices.services.examples import A_CAUSE, examples
from pmf.failures.causes import CAUSES, UNEXPLAINED
from pmf.failures.freezing_harm import freezing_harm
from pmf.failures.health import Health, health
from pmf.failures.repair import Repair
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS

FORWARD = layout.SOURCE_TO_TARGET


@pytest.fixture(scope="module")
def run() -> RunView:
    return RunView(RunReader(ATLAS))


@pytest.fixture(scope="module")
def wrong(run: RunView) -> pd.DataFrame:
    return failures.errors(failures.asked(run, FORWARD))


@pytest.fixture(scope="module")
def found(run: RunView) -> Health:
    return health(run.reader)


def test_answer_counts_what_the_predictions_say(run: RunView, wrong: pd.DataFrame) -> None:
    predictions = run.reader.predictions()
    asked = predictions[(predictions["direction"] == FORWARD) & (predictions["split"] == "test")]
    answer = failures.answer(run, FORWARD)
    assert (answer.asked, answer.wrong) == (len(asked), int((asked["rank"] > 1).sum()))
    explained = wrong.loc[wrong["cause"] != UNEXPLAINED, "cause"]
    assert answer.cause == CAUSES[explained.mode()[0]].title.capitalize()
    assert answer.share == pytest.approx((wrong["cause"] == explained.mode()[0]).mean())
    assert answer.unexplained == pytest.approx(1 - len(explained) / len(wrong))
    certain = [harm for harm in freezing_harm(run.reader, run.failures) if harm.certain]
    assert answer.freezing in certain if certain else answer.freezing is None


def test_every_error_is_in_one_bar(wrong: pd.DataFrame) -> None:
    table = failures.causes(wrong)
    assert table["errors"].sum() == len(wrong)
    totals = table.groupby("cause", sort=False)["errors"].sum()
    assert totals.is_monotonic_decreasing
    assert totals.to_dict() == wrong["cause"].value_counts().to_dict()
    bars = [bar for bar in figures.causes(table).data if bar.type == "bar"]
    drawn = pd.Series(np.concatenate([bar.x for bar in bars]), np.concatenate([bar.customdata for bar in bars]))
    assert drawn.groupby(level=0).sum().to_dict() == totals.to_dict()  # a click on a bar names its cause


def test_a_square_holds_what_its_address_holds(run: RunView) -> None:
    table = failures.asked(run, FORWARD)
    assert set(failures.kinds(run)) >= {"modality", "type", "degree"}
    for kind in failures.kinds(run):
        rows = failures.breakdown(run, table, kind)
        for row in rows.sample(min(3, len(rows)), random_state=0).itertuples():
            name = slices.combine([row.group, f"cause:{row.cause}"])
            assert row.errors == len(failures.asked(run, FORWARD, name))
            assert row.asked == len(failures.asked(run, FORWARD, row.group))
        assert (rows.groupby("group")["errors"].sum() <= rows.groupby("group")["asked"].first()).all()


def test_repair_lists_only_what_makes_the_truth_first(run: RunView, wrong: pd.DataFrame) -> None:
    repaired = failure_repair.repairs(run, wrong)
    assert failure_repair.known(run)
    for query, row in wrong.iterrows():
        changes = {f"without {m}": row[f"repaired_without_{m}"] for m in run.modalities}
        changes |= {f"with {m} not frozen": row[f"repaired_thawed_{m}"] for m in run.modalities}
        assert repaired.loc[query] == ", or ".join(words for words, rank in changes.items() if rank <= 1)
    assert 0 < (repaired != "").sum() < len(repaired)


def test_a_table_of_an_older_version_has_no_repairs(run: RunView, wrong: pd.DataFrame) -> None:
    old = wrong.drop(columns=[name for name in wrong if name.startswith("repaired_")])
    assert (failure_repair.repairs(run, old) == "").all()


def test_each_cause_has_examples_with_pictures(run: RunView, wrong: pd.DataFrame) -> None:
    data = open_dataset(run)
    by_cause = examples(run, data, wrong)
    assert list(by_cause) == wrong["cause"].value_counts().index.tolist()
    for cause, queries in by_cause.items():
        assert len(queries) == min(A_CAUSE, (wrong["cause"] == cause).sum())
        assert (wrong.loc[queries, "cause"] == cause).all()
    with_picture = [[data.picture(query) is not None for query in queries] for queries in by_cause.values()]
    assert any(map(any, with_picture))


def test_orders(run: RunView, wrong: pd.DataFrame) -> None:
    by = {order: wrong.loc[failures.ordered(run, wrong, order)] for order in failures.ORDER}
    assert by["rank"]["rank"].is_monotonic_increasing
    assert by["worst"]["rank"].is_monotonic_decreasing
    assert (failure_repair.repairs(run, by["gain"]) == "").is_monotonic_increasing
    listed = failures.listing(run, by["rank"])
    assert listed["Rank"].tolist() == by["rank"]["rank"].tolist()
    assert listed["Truth"].tolist() == run.labels[by["rank"]["truth"]].tolist()


def test_split_takes_the_cause_out_of_a_name(run: RunView) -> None:
    both = slices.combine(["type:capital", "cause:missing"])
    assert failures.split(run, both) == (["type:capital"], "missing")
    assert failures.split(run, "cause:missing") == ([], "missing")
    assert failures.split(run, "type:capital") == (["type:capital"], "")
    assert failures.split(run, "") == ([], "")


def test_repair_in_words() -> None:
    def said(rank: float, factors: dict[str, float] | None, **single: float) -> str:
        return failure_repair.in_words(Repair(rank=rank, factors=factors, single=single, without={}))

    assert "decoding moved it down" in said(1, {"image": 1.0})
    assert "No weighting" in said(5, None)
    assert "all together they can" in said(5, {"image": 0.4, "structure": 1.2})
    several = said(5, {"image": 0.9}, relation=6.2, image=0.0, structure=1.3)
    assert (
        several
        == "The truth wins with structure weighed 1.3 times, or relation weighed 6.2 times, or image left "
        + ("out; all else as it is.")
    )


@pytest.mark.parametrize(
    ("ranks", "words"),
    [
        ([9, 1, 1, 4], "last ahead in epoch 20, and behind from epoch 30 on; in between, image froze (epoch 24)."),
        ([9, 1, 4, 3], "last ahead in epoch 10, and behind from epoch 20 on."),
        ([9, 4, 3, 2], "never ahead"),
        ([9, 1, 4, 1], "is ahead at the last"),
    ],
)
def test_turning_point(ranks: list[float], words: str) -> None:
    assert words in failure_path.turning_point(pd.DataFrame({"epoch": [0, 10, 20, 30], "rank": ranks}), {"image": 24})


def test_path_marks_when_features_froze() -> None:
    table = pd.DataFrame(
        {"epoch": [0, 10], "rank": [1.0, 4.0], "similarity_truth": [0.5, 0.4], "similarity_rival": [0.4, 0.6]}
    )
    figure = figures.path(table, {"image of the query": 7, "image of the truth": 7})
    assert [shape.x0 for shape in figure.layout.shapes] == [7, 7]  # one line in each of the two plots
    assert {trace.name for trace in figure.data} == {
        "rank of the truth",
        "similarity to the truth",
        "similarity to its best rival then",
    }
    assert list(figure.data[0].marker.symbol) == ["circle", "x"]


def test_health_tables_say_what_was_measured(run: RunView, found: Health) -> None:
    table = failure_health.harm(found.freezing)
    by_group = {f"{harm.modality} · {harm.type or 'all links'}": harm for harm in found.freezing}
    for row in table.itertuples():
        harm = by_group[row.group]
        assert (row.cost, row.low, row.high) == pytest.approx((100 * harm.cost, 100 * harm.low, 100 * harm.high))
    drawn = health_figures.harm(table).data[0]
    hollow = [symbol.endswith("-open") for symbol in drawn.marker.symbol]
    assert hollow == (~table["certain"][::-1]).tolist()
    pairs = failure_health.agreement(found.agreement)
    assert len(pairs) == len(run.modalities) * (len(run.modalities) - 1) // 2
    np.testing.assert_allclose(pairs[["both", "one", "neither"]].sum(axis=1), 1)
    assert failure_health.hubs(found.hubness)["Queries of the largest hub"].tolist() == [h.most for h in found.hubness]
