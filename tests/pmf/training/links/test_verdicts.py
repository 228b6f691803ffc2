"""Verdicts: the file, the split they make, and hard negatives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit
from pmf.errors import ConfigError, DataFormatError
from pmf.spreadsheets import neutral
from pmf.training.links.iterative import LinkCollector
from pmf.training.links.verdicts import Review, Verdicts, apply_verdicts, read_verdicts
from tests.pmf.training.links.test_iterative import PLAIN, two_sides
from tests.pmf.training.loop.test_trainer import config_of, trainer_of


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["source,target,verdict", *lines]) + "\n")
    return path


def line(pair: GraphPair, source: int | None, target: int | None, verdict: str) -> str:
    uris = [*pair.source.entities, *pair.target.entities]
    return f"{'' if source is None else uris[source]},{'' if target is None else uris[target]},{verdict}"


def pairs(*links: tuple[int, int]) -> Ids:
    return np.array(links, np.int64).reshape(-1, 2)


def test_a_file_says_who_belongs_together_and_who_does_not(pair: GraphPair, tmp_path: Path) -> None:
    n = pair.n_source
    given = [(3, n + 4, "match"), (5, n + 4, "not"), (None, n + 9, "none"), (6, None, "none"), (3, n + 4, "match")]
    verdicts = read_verdicts(write(tmp_path / "v.csv", *(line(pair, *one) for one in given)), pair)
    assert verdicts.matched.tolist() == [[3, n + 4]]
    assert verdicts.rejected.tolist() == [[5, n + 4]]
    assert sorted(verdicts.alone.tolist()) == [6, n + 9]
    assert len(verdicts) == 4
    assert verdicts.entities.tolist() == [3, 5, 6, n + 4, n + 9]


@pytest.mark.parametrize(
    ("said", "at", "says"),
    [
        ([(1, 2, "maybe")], 2, "expected match or not or none or unsure or flag, got 'maybe'"),
        ([(1, None, "match")], 2, "expected source and target with match, got 1 of them filled"),
        ([(1, 2, "none")], 2, "expected one of source and target with none, got 2 of them filled"),
        ([(None, None, "none")], 2, "got 0 of them filled"),
        ([(1, 2, "match"), (1, 2, "not")], 3, "got a rejected pair; line 2 says otherwise"),
        ([(1, 2, "not"), (1, 2, "match")], 3, "got a confirmed pair; line 2 says otherwise"),
        ([(1, None, "none"), (1, 2, "match")], 3, "got a confirmed pair; line 2 says otherwise"),
        ([(1, 2, "match"), (None, 2, "none")], 3, "got an entity without a counterpart; line 2 says otherwise"),
    ],
)
def test_what_cannot_be_meant_names_its_line(
    pair: GraphPair, tmp_path: Path, said: list[tuple[int | None, int | None, str]], at: int, says: str
) -> None:
    n = pair.n_source
    lines = [line(pair, source, None if target is None else n + target, verdict) for source, target, verdict in said]
    with pytest.raises(DataFormatError) as error:
        read_verdicts(write(tmp_path / "v.csv", *lines), pair)
    assert error.value.line == at
    assert says in str(error.value)


def test_an_entity_may_have_several_counterparts(pair: GraphPair, tmp_path: Path) -> None:
    n = pair.n_source
    given = [(1, n + 2, "match"), (1, n + 3, "match"), (4, n + 2, "match")]
    verdicts = read_verdicts(write(tmp_path / "v.csv", *(line(pair, *one) for one in given)), pair)
    assert verdicts.matched.tolist() == [[1, n + 2], [1, n + 3], [4, n + 2]]


def test_an_export_of_the_review_page_and_an_alignment_are_read_as_they_are(pair: GraphPair, tmp_path: Path) -> None:
    source, target = pair.source.entities, pair.target.entities
    (tmp_path / "export.csv").write_text(
        "\ufeffsource,target,verdict,side,annotator,kind,seconds\n"
        f"{source[1]},{target[1]},match,source,ann,verdict,2.5\n"
        f"{source[2]},{target[9]},not,source,ann,verdict,2.5\n"
        f"{source[3]},{target[7]},unsure,source,ann,verdict,2.5\n"
        f"{source[4]},{target[7]},flag,source,ann,verdict,2.5\n",
        encoding="utf-8",
    )
    verdicts = read_verdicts(tmp_path / "export.csv", pair)
    assert (len(verdicts.matched), len(verdicts.rejected), verdicts.unsure, len(verdicts)) == (1, 1, 2, 2)
    (tmp_path / "alignment.tsv").write_text(
        f"source\ttarget\tsimilarity\tprobability\n{source[1]}\t{target[1]}\t0.9\t0.95\n", encoding="utf-8"
    )
    assert read_verdicts(tmp_path / "alignment.tsv", pair).matched.tolist() == [[1, pair.n_source + 1]]


def test_the_apostrophe_that_exports_put_before_a_formula_is_no_part_of_an_id(pair: GraphPair, tmp_path: Path) -> None:
    source = replace(pair.source, entities=["=SUM(1)", *pair.source.entities[1:]])
    rows = [f"{neutral(one)},{other}\n" for one, other in zip(source.entities[:2], pair.target.entities, strict=False)]
    (tmp_path / "v.csv").write_text("".join(["source,target\n", *rows]))
    pairs = read_verdicts(tmp_path / "v.csv", replace(pair, source=source)).matched
    assert pairs.tolist() == [[0, pair.n_source], [1, pair.n_source + 1]]


@pytest.mark.parametrize(("column", "no"), [("match", "0"), ("gold", "False"), ("Urteil", "nein")])
def test_a_column_of_yes_and_no_is_one_of_verdicts_whatever_it_is_called(
    pair: GraphPair, tmp_path: Path, column: str, no: str
) -> None:
    n, path = pair.n_source, tmp_path / "v.csv"
    rows = [line(pair, 3, n + 4, no), *([line(pair, 4, n + 5, "ja")] if column == "Urteil" else [])]
    path.write_text("\n".join([f"source,target,{column}", *rows]) + "\n")
    assert read_verdicts(path, pair).rejected.tolist() == [[3, n + 4]]


def test_what_is_left_out_of_a_file_of_verdicts_is_said(
    pair: GraphPair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "v.csv", line(pair, 3, pair.n_source + 4, "match"), "(1 row)")
    assert len(read_verdicts(path, pair)) == 1
    assert "v.csv: 1 row left out: below the data" in caplog.text


def test_an_unknown_entity_is_refused(pair: GraphPair, tmp_path: Path) -> None:
    known = pair.source.entities[0]
    with pytest.raises(DataFormatError, match=r"v\.csv:2: expected entities of .*, got .*nobody"):
        read_verdicts(write(tmp_path / "v.csv", f"{known},http://tiny.example/nobody,not"), pair)
    with pytest.raises(DataFormatError, match=r"v\.csv:2: expected entities of"):  # each on its own side
        read_verdicts(write(tmp_path / "v.csv", f"{pair.target.entities[0]},{known},not"), pair)
    (tmp_path / "w.csv").write_text("colour,size,verdict\nred,5,match\n")
    with pytest.raises(DataFormatError, match=r"w\.csv:1: expected a column with ids of the source"):
        read_verdicts(tmp_path / "w.csv", pair)


SPLIT = LinkSplit(
    seed_links=pairs((0, 10), (1, 11), (2, 12)), val_links=pairs((3, 13), (4, 14)), test_links=pairs((5, 15), (6, 16))
)


def test_verdicts_win_over_links_to_train_and_select_on() -> None:
    verdicts = Verdicts(matched=pairs((0, 13), (8, 18)), rejected=pairs((1, 11), (2, 19)), alone=np.array([14]))
    split, review = apply_verdicts(
        SPLIT, Verdicts(matched=verdicts.matched, rejected=verdicts.rejected), may_use_test_links=False
    )
    assert split.seed_links.tolist() == [[2, 12], [0, 13], [8, 18]]
    assert split.val_links.tolist() == [[4, 14]]
    assert np.array_equal(split.test_links, SPLIT.test_links)
    assert (review.left_out, review.test_links_used) == (0, 0)
    with pytest.raises(ConfigError, match="leave no validation link"):
        apply_verdicts(SPLIT, verdicts, may_use_test_links=False)


def test_half_of_the_validation_links_stay_also_where_all_are_confirmed() -> None:
    four = replace(SPLIT, val_links=pairs((3, 13), (4, 14), (7, 17), (8, 18)))
    split, review = apply_verdicts(four, Verdicts(matched=four.val_links), may_use_test_links=False)
    assert split.val_links.tolist() == [[7, 17], [8, 18]]
    assert split.seed_links.tolist() == [[0, 10], [1, 11], [2, 12], [3, 13], [4, 14]]
    assert len(review.verdicts) == 4
    most = Verdicts(matched=four.val_links[:3])
    assert apply_verdicts(four, most, may_use_test_links=False)[0].val_links.tolist() == [[8, 18], [7, 17]]
    few = Verdicts(matched=four.val_links[:1])
    assert apply_verdicts(four, few, may_use_test_links=False)[0].val_links.tolist() == four.val_links[1:].tolist()


TOUCHING = Verdicts(matched=pairs((7, 17), (5, 19)), rejected=pairs((0, 15), (0, 18)), alone=np.array([9, 16]))


def test_test_links_are_left_alone_unless_that_was_confirmed() -> None:
    split, review = apply_verdicts(SPLIT, TOUCHING, may_use_test_links=False)
    assert split.seed_links.tolist() == [[0, 10], [1, 11], [2, 12], [7, 17]]
    assert np.array_equal(split.test_links, SPLIT.test_links)
    assert review.verdicts.rejected.tolist() == [[0, 18]]
    assert review.verdicts.alone.tolist() == [9]
    assert review.counts == {
        "matched": 1,
        "rejected": 1,
        "alone": 1,
        "left_out": 3,
        "test_links_used": 0,
        "unsure": 0,
        "relations": 0,
    }

    one = Verdicts(matched=pairs((5, 15)), alone=np.array([9]))
    split, review = apply_verdicts(SPLIT, one, may_use_test_links=True)
    assert split.seed_links.tolist()[-1] == [5, 15]
    assert split.test_links.tolist() == [[6, 16]]
    assert review.counts == {
        "matched": 1,
        "rejected": 0,
        "alone": 1,
        "left_out": 0,
        "test_links_used": 1,
        "unsure": 0,
        "relations": 0,
    }
    with pytest.raises(ConfigError, match="leave no test link"):
        apply_verdicts(SPLIT, TOUCHING, may_use_test_links=True)


def test_what_came_of_verdicts_comes_back_from_json() -> None:
    _, review = apply_verdicts(SPLIT, TOUCHING, may_use_test_links=False)
    again = Review.from_dict(json.loads(json.dumps(review.to_dict())))
    assert again.to_dict() == review.to_dict()
    assert again.verdicts.matched.dtype == np.int64
    assert len(Review.from_dict({}).verdicts) == 0


def cosine_after(trainer: Any, source: int, target: int) -> float:
    rows = trainer.model.embed_all()[0]
    return float(rows[source] @ rows[target])


def test_a_rejected_pair_is_pushed_apart_when_one_of_it_is_in_the_batch(tiny_data: Path) -> None:
    # a high temperature: at a low one, who is far away already pushes less than a float32 can hold
    settings = {"modalities": "structure", "freezing__enabled": "false", "freezing__guard": "false"}
    config = config_of(tiny_data, **settings, loss__temperature="0.5")
    plain = trainer_of(config)
    seeds = plain.split.seed_links
    rows = torch.from_numpy(seeds.T.ravel())
    outside = int(np.setdiff1d(np.arange(plain.n_source, len(plain.model.present[0])), plain.seeds)[0])
    anchor = int(seeds[0, 0])
    plain.model.rejected = torch.tensor([[anchor, outside], [int(seeds[1, 0]), int(seeds[2, 1])]])
    place, others = plain.model._rejected_with(rows, slice(0, len(rows)))
    # the second pair is in the batch with both of its entities: they are negatives of each other anyway
    assert (place.tolist(), others.tolist()) == ([0], [outside])
    flipped = plain.model._rejected_with(torch.tensor([outside, 0]), slice(0, 2))
    assert (flipped[0].tolist(), flipped[1].tolist()) == ([0], [anchor])

    loss, _ = plain.model.cross_graph(torch.from_numpy(seeds), plain.state)
    plain.model.rejected = plain.model.rejected[:0]
    without, _ = plain.model.cross_graph(torch.from_numpy(seeds), plain.state)
    assert loss.item() > without.item()

    said = Review(verdicts=Verdicts(rejected=pairs((anchor, outside))))
    taught, untaught = trainer_of(config), trainer_of(config)
    taught.model.rejected = torch.from_numpy(said.verdicts.rejected)
    for trainer in (taught, untaught):
        list(trainer.epochs())
    assert cosine_after(taught, anchor, outside) < cosine_after(untaught, anchor, outside)


def test_neither_a_rejected_pair_nor_one_alone_becomes_a_link(tiny_data: Path) -> None:
    collector = LinkCollector(np.arange(4), np.arange(4, 8), 1, pairs((1, 5), (2, 7)))
    assert collector.check(two_sides([0, 1, 2, 3]), PLAIN) == 3
    assert collector.added.tolist() == [[0, 4], [2, 6], [3, 7]]
    trainer = trainer_of(config_of(tiny_data))
    alone = int(trainer.collector.source[0])
    verdicts = Verdicts(alone=np.array([alone]))
    assert alone not in LinkCollector.of(trainer.config, trainer.split, verdicts, trainer.n_source, 128).source
