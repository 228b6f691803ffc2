"""What the lesson says of the bundled run, against the method and the run's own files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.learn.figures import steps as figures
from app.learn.services import (
    freezing as learn_freezing,
)
from app.learn.services import (
    lesson as learn,
)
from app.learn.services import (
    paper as learn_paper,
)
from app.learn.services import (
    ranks as learn_ranks,
)
from app.learn.services import (
    senses as learn_senses,
)
from app.learn.services import (
    task as learn_task,
)
from app.learn.services import (
    training as learn_training,
)
from app.shared.services.dataset import Dataset, open_dataset
from app.shared.services.freezing_quality import quality
from app.shared.services.run_view import RunView
from pmf.errors import RunFormatError
from pmf.freezing.state import FreezingState
from pmf.model.losses import cross_graph_loss
from pmf.runs import layout
from pmf.runs.reader import RunReader
from tests.figure_examples.learn import freezing as freezing_examples
from tests.figure_examples.learn import steps as examples


@pytest.fixture(scope="module")
def run() -> RunView:
    folder = learn.bundled()
    assert folder is not None
    return RunView(RunReader(folder))


@pytest.fixture(scope="module")
def data(run: RunView) -> Dataset:
    return open_dataset(run)


def test_example_is_a_test_link_told_apart_by_its_picture(run: RunView, data: Dataset) -> None:
    pair = learn.example(run, data)
    assert run.partner[pair.source] == pair.target
    assert run.split[pair.source] == "test"
    assert learn_ranks.ranks(run).loc[pair.source, ["similarity_rank", "alone_image"]].tolist() == [1, 1]
    assert learn_ranks.ranks(run).loc[pair.source, "alone_structure"] > 1
    known = zip(pair.beside_source[: pair.known], pair.beside_target[: pair.known], strict=True)
    assert all(run.partner[a.entity] == b.entity and run.split[a.entity] == "seed" for a, b in known)
    assert {n.entity for n in pair.beside_target} <= {n.entity for n in data.neighbours(pair.target)}


def test_relevance_is_the_largest_cosine(run: RunView, data: Dataset) -> None:
    pair = learn.example(run, data)
    for modality in run.modalities:
        found = learn_senses.sense(run, data, modality, pair.source, pair.target)
        row = run.modalities.index(modality)
        assert found.nearest["cosine"].iloc[0] == pytest.approx(run.reader.relevance()[-1, row, pair.source], abs=0.02)
        assert found.nearest["truth"].sum() == 1
        assert bool(found.facts[0]) == (modality != "image")


def test_weight_is_that_of_the_method(run: RunView, data: Dataset) -> None:
    found = learn_freezing.pictures(run, data)
    alpha = torch.from_numpy(found.relevance)[None]
    for threshold in (0.6, found.threshold, 0.95, 1.0):
        state = FreezingState.initial(torch.ones_like(alpha, dtype=torch.bool))
        state = state.update(alpha, torch.tensor([threshold], dtype=alpha.dtype), 0)
        assert found.frozen(threshold) == int(state.frozen.sum())
        ours = [found.weight(place, threshold) for place in range(len(found.ids))]
        np.testing.assert_allclose(ours, state.weight[0].numpy(), atol=1e-6)


def test_own_threshold_freezes_what_the_run_froze(run: RunView, data: Dataset) -> None:
    found, measured = learn_freezing.pictures(run, data), quality(run, data)
    assert measured is not None
    assert found.judged(found.threshold) == next(q for q in measured if q.epoch == found.epoch)
    assert found.helpless is not None
    sampled = found.sample(75, 123)
    assert 123 in sampled
    assert (np.diff(sampled) > 0).all()


def test_loss_is_that_of_training(run: RunView) -> None:
    found, snapshots = learn_training.contrasts(run), run.reader.snapshots()
    assert snapshots is not None
    assert [c.epoch for c in found] == snapshots["epochs"].tolist()
    assert found[0].loss > found[-1].loss
    place = {int(entity): i for i, entity in enumerate(snapshots["sample"])}
    seeds = run.reader.links.query("split == 'seed'")[["source", "target"]].to_numpy().tolist()
    seeds = [pair for pair in seeds if all(e in place for e in pair)]
    rows = torch.from_numpy(snapshots["fused"][-1].astype(np.float64))[[place[e] for e in np.array(seeds).T.ravel()]]
    weight = torch.zeros(len(rows), dtype=rows.dtype)
    weight[seeds.index([found[-1].source, found[-1].target])] = 1
    loss = cross_graph_loss(torch.nn.functional.normalize(rows, dim=1), weight, found[-1].temperature)
    assert found[-1].loss == pytest.approx(float(loss), abs=1e-6)
    assert found[-1].negatives == len(rows) - 2
    assert learn_training.latest(found, 11) == found[1]
    assert learn_training.latest(found, -1) is None


def test_stories_are_true(run: RunView) -> None:
    stories = learn_ranks.telling(run)
    assert len(stories) >= 3
    for query, words in stories.items():
        found = learn_ranks.of_query(run, query).set_index("name")
        alone = found.drop("fused")
        best = alone.loc[alone["state"] != "missing", "rank"].min()
        if words.startswith("no modality"):
            assert found.loc["fused", "rank"] == 1 < best
        elif "outvote" in words:
            assert found.loc["fused", "rank"] > 1 == best
        else:
            assert found.loc["fused", "rank"] == 1 == found.loc[words.split()[0], "rank"]


def test_parts_sum_to_the_similarity(run: RunView) -> None:
    assert run.predictions is not None
    for query in learn_ranks.telling(run):
        parts = learn_ranks.parts(run, query, int(run.partner[query]))
        assert sum(part.share for part in parts) == pytest.approx(
            run.predictions.loc[query, "truth_similarity"], abs=1e-3
        )


def test_one_card_of_a_round_is_over_frozen(run: RunView) -> None:
    first = learn_task.play(run, 0)
    for number in range(first.rounds + 1):
        found = learn_task.play(run, number)
        assert len(found.cards) == learn_task.CARDS
        assert len({frozenset((p.query, p.truth)) for p in found.cards}) == learn_task.CARDS
        assert [p.over_frozen for p in found.cards].index(True) == found.answer
        assert sum(p.over_frozen for p in found.cards) == 1
        assert found.cards[found.answer].thawed == 1 < found.cards[found.answer].rank
        for pair in found.cards:
            assert max(run.frozen_epoch("image", e) for e in (pair.query, pair.truth)) >= 0
    assert learn_task.play(run, first.rounds) == first


def test_without_ranks_it_says_so(run: RunView, tmp_path: Path) -> None:
    for name in (layout.CONFIG, layout.ENTITIES, layout.LINKS, layout.FROZEN_AT):
        (tmp_path / name).write_bytes((run.reader.folder / name).read_bytes())
    with pytest.raises(RunFormatError, match="no table of failures"):
        learn_task.play(RunView(RunReader(tmp_path)), 0)


def test_own_figures_are_the_runs(run: RunView) -> None:
    results = run.reader.results()
    assert results is not None
    own = learn_paper.own(run).set_index("name")["hits"]
    assert own["fused"] == results["source_to_target"]["hits@1"]
    assert own["image"] == results["single_modality"]["image"]["source_to_target"]["hits@1"]
    assert own.is_monotonic_decreasing


def test_figures_say_what_they_are_given() -> None:
    drawn = freezing_examples.strip()
    assert len(drawn.layout.images) == 24
    line = next(trace for trace in drawn.data if "δ" in (trace.name or ""))
    assert list(line.x) == [1.5, 1.5, 0.5, 0.5]  # 9 frozen: one whole column, and 4 of the next
    marks = {trace.name: len(trace.x) for trace in drawn.data}
    assert (marks["cannot help, frozen"], marks["cannot help, in use"]) == (3, 5)
    assert max(max(trace.x) for trace in freezing_examples.timeline().data if len(trace.x)) == 17
    graphs = {trace.name for trace in examples.two_graphs().data}
    assert "the same?" in graphs
    assert "seed link" in graphs
    unknown = figures.two_graphs(("a", []), ("b", []), 0, seeds=False, answer=True)
    assert {trace.name for trace in unknown.data} & {"seed link", "the same?"} == set()
    assert list(examples.ranks().data[0].text) == ["1", "missing", "89.5, frozen in the fusion", "4"]
