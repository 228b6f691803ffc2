"""Slices: what is in them, how good a run is on them, which do worse, and what people kept and noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import bootstrap, fisher_exact

from app.review.services.queue import ReviewFilter, queue
from app.shared.services import catalog
from app.shared.services.access import NotAllowedError, Role, User
from app.shared.services.run_view import RunView
from app.slices.services import kept as saved_slices
from app.slices.services import measure as slice_figures
from app.slices.services import names as slices
from app.slices.services import notes as slice_notes
from app.slices.services import queue as queries
from app.slices.services import search as slice_search
from app.slices.services.search import Found, search
from pmf.errors import ConfigError
from pmf.runs import layout
from pmf.runs.reader import RunReader
from pmf.statistics import holm

FORWARD, BACK = layout.DIRECTIONS
ANN, BEN, VIEWER = (
    User(name=name, role=role) for name, role in (("ann", Role.ANNOTATOR), ("ben", Role.ADMIN), ("vic", Role.VIEWER))
)


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMF_REVIEWS", f"sqlite:///{tmp_path / 'reviews.sqlite'}")


@pytest.fixture
def atlas() -> RunView:
    """The bundled run, whose cached parts a test may replace."""
    return RunView(RunReader(catalog.BUNDLED / "atlas"))


def test_every_name_has_a_title_and_members(atlas: RunView) -> None:
    names, masks = slices.names(atlas), slices.masks(atlas)
    assert {name.partition(":")[0] for name in names} >= {"degree", "type", "frozen", "missing", "froze-at", "cause"}
    for name, title in names.items():
        assert slices.title(atlas, name) == title
        assert slices.members(atlas, name).tolist() == masks[name].tolist()


def test_what_froze_in_each_epoch_is_what_froze(atlas: RunView) -> None:
    assert atlas.frozen_at is not None
    for modality, row in zip(atlas.modalities, atlas.frozen_at, strict=True):
        epochs = np.unique(row[row >= 0]).tolist()
        by_epoch = [slices.members(atlas, f"froze-at:{modality}:{epoch}") for epoch in epochs]
        together = np.logical_or.reduce([np.zeros(atlas.n, np.bool_), *by_epoch])
        assert together.tolist() == slices.members(atlas, f"frozen:{modality}").tolist()
        for epoch, mask in zip(epochs, by_epoch, strict=True):
            assert mask[row == epoch].all()


def test_a_cause_holds_the_queries_that_fail_by_it(atlas: RunView) -> None:
    assert atlas.failures is not None
    counts = atlas.failures["cause"].value_counts()
    for name in counts.index:
        if name:
            mask = slices.members(atlas, f"cause:{name}")
            assert mask.sum() == counts[name]
            assert (atlas.outcome[mask] == 0).all()


def test_languages_are_read_from_hosts() -> None:
    from app.shared.services.language import languages

    uris = {
        "http://zh.dbpedia.org/resource/a": "zh",
        "http://dbpedia.org/resource/fr": "",
        "https://DE.wikipedia.org:443/x": "de",
        "http://emoji.en.example/tag": "en",
        "http://www.bbc.co.uk/news": "",
        "http://[broken": "",
        "no uri": "",
        "": "",
    }
    assert languages(np.array(list(uris), object)).tolist() == list(uris.values())


def test_a_combination_is_what_its_slices_have_in_common(atlas: RunView) -> None:
    name = slices.combine(["degree:1-2", "type:capital", "missing:image", "degree:1-2"])
    assert name == "degree:1-2&type:capital&missing:image"
    common = np.logical_and.reduce([slices.members(atlas, part) for part in slices.terms(name)])
    assert 0 < common.sum() < slices.members(atlas, "type:capital").sum()
    assert slices.members(atlas, name).tolist() == common.tolist()
    assert slices.title(atlas, name) == "1-2 relation triples and type capital and image missing on either side"
    assert slices.combine(["type:capital"]) == "type:capital"
    assert slices.combine([]) == ""


def test_any_type_can_be_combined(atlas: RunView) -> None:
    atlas.types[:40] = "R&B, 100 %: <b>"
    odd = "type:R&B, 100 %: <b>"
    assert slices.members(atlas, odd).sum() == 40
    name = slices.combine([odd, "degree:1-2"])
    assert slices.terms(name) == [odd, "degree:1-2"]
    expected = (np.arange(atlas.n) < 40) & slices.members(atlas, "degree:1-2")
    assert slices.members(atlas, name).tolist() == expected.tolist()


UNKNOWN = ("colour:red", "froze-at:image:999", "cause:nothing", "saved:0123456789abcdef", "degree:1-2&", "a&b", "&" * 9)


@pytest.mark.parametrize("name", [*UNKNOWN, ""])
def test_an_unknown_slice_is_refused(atlas: RunView, name: str) -> None:
    for ask in (slices.members, slices.title):
        with pytest.raises(ConfigError, match="slice"):
            ask(atlas, name)


def test_a_kept_list_is_a_slice_wherever_slices_are(atlas: RunView) -> None:
    ranked = slice_figures.ranks(atlas, FORWARD)
    chosen = ranked.index.to_numpy()[:9]
    name = saved_slices.save(ANN, atlas, " My nine ", reversed(chosen.tolist()), note="odd ones")
    assert saved_slices.save(BEN, atlas, "The same", [*chosen, chosen[0]]) == name
    assert slices.title(atlas, name) == "My nine"
    both_sides = set(chosen.tolist()) | set(atlas.partner[chosen].tolist())
    assert set(np.flatnonzero(slices.members(atlas, name)).tolist()) == both_sides
    assert slice_figures.figures(atlas, name, FORWARD).size == 9
    assert slice_figures.figures(atlas, name, BACK).size == 9
    wanted = queries.Filter(show="all", split="all", slice_name=name)
    assert sorted(queries.queue(atlas, wanted)) == sorted(chosen)
    part = slices.combine([name, "missing:image"])
    few = queue(atlas, ReviewFilter(slice_name=part, audit=0, probes=0)).queries
    assert sorted(few) == [query for query in chosen if slices.members(atlas, "missing:image")[query]]
    assert 0 < len(few) < 9
    again = RunView(RunReader(catalog.BUNDLED / "atlas"))  # the app was restarted
    assert saved_slices.titles(again) == {name: "My nine"}


def test_notes_of_several_people_stay(atlas: RunView) -> None:
    for who, text in ((ANN, "first"), (BEN, "second\n=cmd()"), (ANN, "<b>third</b>")):
        slice_notes.note(who, atlas, "degree:1-2&missing:image", text)
    rows = slice_notes.listing(atlas)
    assert rows["text"].tolist() == ["first", "second\n=cmd()", "<b>third</b>"]
    assert rows["author"].tolist() == ["ann", "ben", "ann"]
    assert set(rows["kind"]) == {"note"}
    assert (rows["run_id"] == "atlas").all()
    assert (pd.Timestamp.now("UTC") - rows["time"]).max() < pd.Timedelta(minutes=5)
    assert slice_notes.latest_notes(atlas) == {"degree:1-2&missing:image": "<b>third</b>"}


def test_what_cannot_be_kept_is_refused(atlas: RunView) -> None:
    with pytest.raises(NotAllowedError, match="needs the role annotator"):
        saved_slices.save(VIEWER, atlas, "Mine", [1])
    with pytest.raises(NotAllowedError, match="needs the role annotator"):
        slice_notes.note(VIEWER, atlas, "degree:1-2", "hello")
    for entities, title in (([], "Mine"), ([1], "  "), ([atlas.n], "Mine"), ([-1], "Mine")):
        with pytest.raises(ConfigError, match="slice"):
            saved_slices.save(ANN, atlas, title, entities)
    with pytest.raises(ConfigError, match="no slice"):
        slice_notes.note(ANN, atlas, "colour:red", "hello")
    with pytest.raises(ConfigError, match="nothing in this note"):
        slice_notes.note(ANN, atlas, "degree:1-2", " \n")
    assert slice_notes.listing(atlas).empty


def test_figures_of_four_queries() -> None:
    row = slice_figures.of_ranks(np.array([1.0, 1.0, 2.0, 4.0]))
    assert (row.size, row.wrong, row.hits_at_1, row.mrr) == (4, 2, 0.5, 0.6875)
    assert row.hits_interval == pytest.approx((0.1500, 0.8500), abs=1e-4)  # Wilson, z = 1.96, by hand
    assert row == slice_figures.of_ranks(np.array([4.0, 1.0, 2.0, 1.0]))  # the same resamples


def test_the_interval_of_the_mrr_is_a_bootstrap_interval() -> None:
    values = 1 / np.random.default_rng(1).geometric(0.6, 400).astype(np.float64)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(2))
    expected = (theirs.confidence_interval.low, theirs.confidence_interval.high)
    assert slice_figures.mean_interval(values) == pytest.approx(expected, abs=0.004)
    assert expected[1] - expected[0] > 0.04
    assert slice_figures.mean_interval(values[:0]) == (0.0, 1.0)


def test_the_table_adds_up(atlas: RunView) -> None:
    name = saved_slices.save(ANN, atlas, "All of it", range(atlas.n))
    table = slice_figures.table(atlas, BACK).set_index("slice")
    results = (atlas.reader.results() or {})[BACK]
    assert table.loc["", ["hits_at_1", "mrr"]].tolist() == pytest.approx([results["hits@1"], results["mrr"]])
    assert table.loc[name, "queries":].tolist() == table.loc["", "queries":].tolist()
    degrees = table[table.index.str.startswith("degree:")]
    assert degrees[["queries", "wrong"]].sum().tolist() == table.loc["", ["queries", "wrong"]].tolist()
    causes = table[table.index.str.startswith("cause:")]
    assert (causes["hits_at_1"] == 0).all()
    assert causes["wrong"].sum() == table.loc["", "wrong"]
    assert ((table["hits_low"] <= table["hits_at_1"]) & (table["hits_at_1"] <= table["hits_high"])).all()
    assert ((table["mrr_low"] <= table["mrr"]) & (table["mrr"] <= table["mrr_high"])).all()


def test_the_queries_of_a_slice_come_with_truth_and_prediction(atlas: RunView) -> None:
    rows = slice_figures.queries(atlas, "missing:image", FORWARD)
    found = slice_figures.figures(atlas, "missing:image", FORWARD)
    assert (len(rows), int((rows["rank"] > 1).sum())) == (found.size, found.wrong)
    assert rows["rank"].is_monotonic_decreasing
    right = rows[rows["rank"] == 1]
    assert (right["truth"] == right["prediction"]).all()
    assert (rows["query"] != rows["truth"]).all()


Plant = Callable[[npt.NDArray[np.bool_]], RunView]


@pytest.fixture
def plant(atlas: RunView) -> Plant:
    """The bundled run, had it been wrong on exactly the given entities."""

    def plant_(wrong: npt.NDArray[np.bool_]) -> RunView:
        assert atlas.predictions is not None
        ids = atlas.predictions.index.to_numpy()
        atlas.__dict__["predictions"] = atlas.predictions.assign(rank=np.where(wrong[ids], 3.0, 1.0))
        return atlas

    return plant_


def test_errors_by_chance_make_no_slice(plant: Plant) -> None:
    rng = np.random.default_rng(0)
    assert [len(search(plant(rng.random(1371) < 0.2), FORWARD).found) for _ in range(20)] == [0] * 20


def test_a_planted_pair_of_conditions_is_found_with_its_exact_p(atlas: RunView, plant: Plant) -> None:
    pair = slices.combine(["missing:image", "type:currency"])
    inside = slices.members(atlas, pair)
    rng = np.random.default_rng(3)
    result = search(plant(rng.random(atlas.n) < np.where(inside, 0.75, 0.05)), FORWARD)
    first = min(result.found, key=lambda f: f.p)
    assert first.name == pair
    ranked = slice_figures.ranks(atlas, FORWARD)
    wrong, here = (ranked > 1).to_numpy(), inside[ranked.index.to_numpy()]
    assert (first.size, first.wrong) == (here.sum(), (wrong & here).sum())

    def p(within: npt.NDArray[np.bool_]) -> float:
        cells = [[(wrong & here & within).sum(), (~wrong & here & within).sum()]]
        cells += [[(wrong & ~here & within).sum(), (~wrong & ~here & within).sum()]]
        return float(fisher_exact(cells, alternative="greater").pvalue)

    parts = [slices.members(atlas, part)[ranked.index.to_numpy()] for part in slices.terms(pair)]
    worst = max(p(np.ones_like(here)), *(p(part) for part in parts))
    assert first.p == pytest.approx(worst * result.looked, rel=1e-6)  # Holm's factor of the smallest of all
    assert not [f for f in result.found if "cause:" in f.name or "froze-at:" in f.name or "saved:" in f.name]


def test_a_pair_that_owes_all_to_one_part_is_not_named(atlas: RunView, plant: Plant) -> None:
    missing = slices.members(atlas, "missing:image")
    rng = np.random.default_rng(4)
    result = search(plant(rng.random(atlas.n) < np.where(missing, 0.6, 0.1)), FORWARD)
    assert result.found[0].name == "missing:image"
    assert not [f for f in result.found if slices.JOIN in f.name]
    assert result.looked > 15


def test_slices_of_nearly_the_same_queries_are_one() -> None:
    many = np.arange(100)
    masks = [many < 50, many < 45, (many > 20) & (many < 70), many >= 50]
    found = [
        Found(name=name, title=name.upper(), size=int(mask.sum()), wrong=10, rest_wrong=0.1, p=p)
        for name, mask, p in zip("abcd", masks, (0.02, 0.01, 0.03, 0.04), strict=True)
    ]
    folded = slice_search._fold(found, masks)
    assert [(f.name, f.alike) for f in folded] == [("b", ("A",)), ("c", ()), ("d", ())]


def test_no_errors_and_no_queries_are_no_problem(plant: Plant) -> None:
    run = plant(np.zeros(1371, np.bool_))
    assert search(run, FORWARD).found == ()
    assert run.predictions is not None
    run.__dict__["predictions"] = run.predictions.assign(split="validation")
    nothing = search(run, FORWARD)
    assert (nothing.found, nothing.looked, nothing.size) == ((), 0, 0)
    assert slice_figures.table(run, FORWARD).empty
    assert holm(np.array([])).shape == (0,)
