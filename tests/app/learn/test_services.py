"""What the browser gets of the bundled run, against the engine's own functions and the run's own files."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from app.learn.services import contrast as learn_contrast
from app.learn.services import film as learn_film
from app.learn.services import freezing as learn_freezing
from app.learn.services import lesson as learn
from app.learn.services import live_lesson
from app.learn.services import words as learn_words
from app.learn.services.handout import handout
from app.learn.services.lesson import Around
from app.learn.services.packed import COSINE, all_pictures, packed
from app.shared.services import catalog
from app.shared.services.dataset import Dataset, open_dataset
from app.shared.services.freezing_quality import quality
from app.shared.services.run_view import RunView
from pmf.alignment.evaluation.of_run import evaluate_run
from pmf.alignment.explanation.shares import cosines, shares
from pmf.alignment.search.similarity import Similarities
from pmf.data.readers import read_graph_pair
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.state import FreezingState
from pmf.model.losses import cross_graph_loss
from pmf.runs.reader import RunReader

KINDS = {"<f4": np.float32, "<i4": np.int32, "<i2": np.int16, "<u2": np.uint16, "u1": np.uint8}


def unpacked(text: str, kind: str) -> Any:
    return np.frombuffer(base64.b64decode(text), KINDS[kind])


@pytest.fixture(scope="module")
def run() -> RunView:
    folder = learn.bundled()
    assert folder is not None
    return RunView(RunReader(folder))


@pytest.fixture(scope="module")
def beside() -> RunView:
    folder = learn.bundled_beside()
    assert folder is not None
    return RunView(RunReader(folder))


@pytest.fixture(scope="module")
def data(run: RunView) -> Dataset:
    return open_dataset(run)


@pytest.fixture(scope="module")
def pair(run: RunView, data: Dataset) -> Around:
    return learn.example(run, data)


@pytest.fixture(scope="module")
def sent(run: RunView, beside: RunView, data: Dataset) -> dict[str, Any]:
    return packed(run, beside, data)


def test_example_is_a_test_link_told_apart_by_its_picture(run: RunView, data: Dataset, pair: Around) -> None:
    assert run.partner[pair.source] == pair.target
    assert run.split[pair.source] == "test"
    assert run.failures is not None
    assert run.failures.loc[pair.source, ["similarity_rank", "alone_image"]].tolist() == [1, 1]
    assert run.failures.loc[pair.source, "alone_structure"] > 1
    assert pair.known > 0
    known = zip(pair.beside_source[: pair.known], pair.beside_target[: pair.known], strict=True)
    assert all(run.partner[a.entity] == b.entity and run.split[a.entity] == "seed" for a, b in known)
    assert {n.entity for n in pair.beside_target} <= {n.entity for n in data.neighbours(pair.target)}


def test_learned_and_spread_parts_make_the_cosine_of_the_run(run: RunView, sent: dict[str, Any], pair: Around) -> None:
    for m, sense in enumerate(sent["senses"]["by"]):
        share = sense["share"]
        assert share == run.reader.facts.settings["model.propagation"] > 0
        learned, spread = (unpacked(sense[name], "<f4") for name in ("learned", "spread"))
        candidates, labels = unpacked(sense["candidates"], "<i4"), unpacked(sense["hasLabels"], "u1")
        own = np.sqrt(1 - share + share * sense["labelled"])
        cosine = ((1 - share) * learned + share * spread) / (own * np.sqrt(1 - share + share * labels))
        np.testing.assert_allclose(cosine, cosines(run.reader, np.array(pair.source), candidates)[m], atol=2e-3)
        assert cosine.max() == pytest.approx(float(run.reader.relevance()[-1, m, pair.source]), abs=0.02)
        assert bool(sense["labelled"]) == (run.modalities[m] != "image")
        assert bool(sense["facts"][0][0]) == (run.modalities[m] != "image")


def test_weight_is_that_of_the_method(sent: dict[str, Any]) -> None:
    for one in sent["freezing"]:
        alpha = torch.from_numpy(unpacked(one["relevance"], "<f4").copy())[None]
        for threshold in (0.6, one["threshold"], 0.95, 1.0):
            state = FreezingState.initial(torch.ones_like(alpha, dtype=torch.bool))
            state = state.update(alpha, torch.tensor([threshold]), 0)
            limit = np.float32(threshold)
            assert int(state.frozen.sum()) == np.searchsorted(alpha[0].numpy(), limit, side="right")
            above, span = (alpha[0].numpy() - limit).clip(min=0), alpha[0, -1].item() - limit
            graded = above / span if span > 0 else np.zeros_like(above)
            np.testing.assert_allclose(graded, state.weight[0].numpy(), atol=1e-6)


def test_own_threshold_freezes_what_the_run_froze(run: RunView, data: Dataset) -> None:
    shown, measured = learn_freezing.pictures(run, data), quality(run, data)
    assert measured is not None
    assert shown.helpless is not None
    now = next(q for q in measured if q.epoch == shown.epoch)
    frozen = int(np.searchsorted(shown.relevance, shown.threshold, side="right"))
    assert (frozen, int(shown.helpless.sum()), int(shown.helpless[:frozen].sum())) == (
        now.frozen,
        now.helpless,
        now.both,
    )
    sampled = shown.sample(60, 123)
    assert 123 in sampled
    assert (np.diff(sampled) > 0).all()


def test_loss_is_that_of_training(run: RunView, pair: Around) -> None:
    difference, snapshots = learn_contrast.contrast(run, pair), run.reader.snapshots()
    assert difference is not None
    assert snapshots is not None
    assert difference.source in {neighbour.entity for neighbour in pair.beside_source[: pair.known]}
    tau = run.reader.facts.settings["loss.temperature"]
    assert difference.losses(tau)[0] > difference.losses(tau)[-1]
    place = {int(entity): i for i, entity in enumerate(snapshots["sample"])}
    seeds = run.reader.links.query("split == 'seed'")[["source", "target"]].to_numpy().tolist()
    seeds = [link for link in seeds if all(e in place for e in link)]
    ids = np.array(seeds).T.ravel()
    blocks = snapshots["fused"][-1].astype(np.float32).reshape(len(place), len(run.modalities), -1)
    blocks = torch.from_numpy(blocks[[place[e] for e in ids]]).transpose(0, 1)
    present = blocks.any(dim=2)
    rows = torch.nn.functional.normalize(blocks[..., : run.reader.facts.settings["model.width"]], dim=2)
    fused = fuse(rows, block_weights(FreezingState.initial(present), "binary", "cosine"))
    weight = torch.zeros(len(ids))
    weight[seeds.index([difference.source, difference.target])] = 1
    for temperature in (tau, 0.3):
        loss = cross_graph_loss(fused, weight, temperature)
        assert difference.losses(temperature)[-1] == pytest.approx(float(loss), abs=1e-3)
    assert len(difference.negatives) == len(ids) - 2


def test_fused_similarity_rank_and_hits_are_the_runs(run: RunView, sent: dict[str, Any], pair: Around) -> None:
    fusion = sent["fusion"]
    source, target = (unpacked(fusion[side], "<i4") for side in ("source", "target"))
    shape = (len(run.modalities), len(source), len(target))
    table = unpacked(fusion["cosines"], "<i2").reshape(shape) / COSINE
    weight = unpacked(fusion["weight"], "<f4").reshape(len(run.modalities), run.n)
    parts = weight[:, source, None] * weight[:, None, target] * table
    i, k = int(np.flatnonzero(source == pair.source)[0]), int(np.flatnonzero(target == pair.target)[0])
    np.testing.assert_allclose(
        parts[:, i, k], shares(run.reader, np.array(pair.source), np.array(pair.target)), atol=1e-4
    )
    assert run.failures is not None
    similarity = parts.sum(axis=0)
    assert (similarity[i] > similarity[i, k]).sum() + 1 == run.failures.loc[pair.source, "similarity_rank"]
    truth = torch.from_numpy(unpacked(fusion["truth"], "<i4").reshape(-1, 2).astype(np.int64))
    scores = Similarities(torch.from_numpy(similarity).float(), torch.eye(len(target)))
    greater = scores.csls(*fusion["csls"]).rank(truth, 1)[0].greater
    results = evaluate_run(run.reader)["source_to_target"]
    assert float((greater == 0).float().mean()) == pytest.approx(results["hits@1"], abs=0.003)


def test_other_factors_are_those_of_the_method(run: RunView, sent: dict[str, Any]) -> None:
    fusion = sent["fusion"]
    weight = torch.from_numpy(unpacked(fusion["weight"], "<f4").reshape(len(run.modalities), run.n).copy())
    assert run.frozen_at is not None
    frozen_at = torch.from_numpy(run.frozen_at.copy())
    state = FreezingState(frozen_at, (frozen_at == -1).float())
    own = torch.tensor(fusion["reliability"])
    torch.testing.assert_close(weight, block_weights(state, "binary", "cosine", own), atol=1e-5, rtol=0)
    factors = torch.tensor([1.0, 0.5, 2.0, 0.0])
    changed = weight * (factors / own).sqrt()[:, None]
    changed = changed / torch.linalg.vector_norm(changed, dim=0).clamp(min=1e-12)
    torch.testing.assert_close(changed, block_weights(state, "binary", "cosine", factors), atol=1e-5, rtol=0)


def test_the_film_is_the_log_of_the_run(run: RunView, beside: RunView, sent: dict[str, Any]) -> None:
    for one, film in zip((run, beside), sent["films"], strict=True):
        assert film["last"] == one.reports[-1]["epoch"]
        last = one.reports[-1]["frozen_share"]
        assert {m: shares[-1] for m, shares in film["frozen"].items()} == pytest.approx(last, abs=1e-4)
        results = one.reader.results()
        assert results is not None
        assert film["found"] == results["source_to_target"]["hits@1"]
    moving = sent["moving"]
    entities = unpacked(moving["entities"], "<i4")
    assert len(unpacked(moving["places"], "<u2")) == 2 * len(entities) * len(moving["epochs"])
    assert run.frozen_at is not None
    assert ((unpacked(moving["frozen"], "<i2") >= 0) == (run.frozen_at[:, entities] >= 0).any(axis=0)).all()
    assert [epoch for epoch, _, _ in sent["pairFilm"]["stood"]] == moving["epochs"]
    assert learn_film.of_pair(beside, 0)["froze"] == beside.frozen_epoch("image", 0)


def test_words_are_of_the_run(run: RunView, beside: RunView, sent: dict[str, Any], pair: Around) -> None:
    text = " ".join(" ".join([*step["words"], step["note"]]) for step in sent["steps"])
    settings, results = run.reader.facts.settings, run.reader.results()
    assert results is not None
    assert f"p = {settings['model.propagation']:g}" in text
    assert f"δ = {sent['freezing'][0]['threshold']:.2f}" in text
    assert f"**{results['source_to_target']['hits@1']:.1%}** by our default" in text
    assert learn_words.rule_of(beside) in text
    assert str(run.labels[pair.source]) in text
    formulas = [str(formula) for step in sent["steps"] for _, formula in step["formulas"]]
    assert any("'p'" in one for one in formulas)  # propagation
    assert any("'r', 'm'" in one for one in formulas)  # reliability
    assert all(step["note"] for step in sent["steps"])


class Tags(HTMLParser):
    """What a document is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(name for name, _ in attrs)}


def test_the_handout_has_every_step_and_escapes_what_comes_from_data(
    run: RunView, beside: RunView, data: Dataset, sent: dict[str, Any], pair: Around
) -> None:
    assert all(title in sent["handout"] for title in learn_words.TITLES)
    assert "<script" not in sent["handout"]
    assert sent["handout"].count("<math") == sum(len(step["formulas"]) for step in sent["steps"])
    hostile = RunView(run.reader)
    hostile.__dict__["labels"] = np.array(['<img src=x onerror="alert(1)">'] * run.n, object)
    steps = learn_words.steps(
        hostile, beside, pair, learn_contrast.contrast(run, pair), learn_freezing.pictures(run, data)
    )
    page = handout("A lesson", "of a run", [(hostile.labels[0], None)] * 2, steps, [(hostile.labels[1], None)])
    assert "&lt;img src=x" in page
    assert {"img", "onerror", "script"} & Tags(page).tags == set()


def test_every_picture_is_sent_once(run: RunView, data: Dataset) -> None:
    made = all_pictures(run, data)
    assert len(made) == len(learn.pictured(run))
    assert all(re.match(r"data:image/webp;base64,", address) for address in made.values())


def test_without_another_run_it_stands_alone(run: RunView, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = packed(run, None, data)
    assert (len(alone["rules"]), len(alone["films"]), len(alone["freezing"])) == (1, 1, 1)
    monkeypatch.setattr(learn, "BESIDE", ("nothing", "atlas_published"))
    assert learn.bundled_beside() == catalog.BUNDLED / "atlas_published"


def test_without_the_data_it_still_teaches(run: RunView) -> None:
    made = packed(run, None, Dataset(None, "The folder is gone."))
    assert made["graphs"]["known"] == 0
    assert made["freezing"][0]["helpless"] is None
    assert all_pictures(run, Dataset(None, "The folder is gone.")) == {}


def test_half_of_the_pictures_are_taken_away(data: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    assert data.pair is not None
    fewer = read_graph_pair(live_lesson._with_half_of_the_pictures(data.pair.path))
    counts = [sum(len(graph.images) for graph, _ in pair.sides()) for pair in (data.pair, fewer)]
    assert counts[1] == pytest.approx(counts[0] / 2, abs=2)
    assert replace(fewer, path=data.pair.path).source.entities == data.pair.source.entities
    assert pd.Series(fewer.links.ravel()).equals(pd.Series(data.pair.links.ravel()))
