"""The alignment among candidate pairs: as that of all pairs where both look, and never more than the candidates."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pmf
from pmf.alignment.evaluation.of_candidates import match_blocked, read_blocked
from pmf.alignment.search import similarity
from pmf.cli import main
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError, RunFormatError
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS

Table = pd.DataFrame


@pytest.fixture(scope="module")
def run() -> RunReader:
    return RunReader(ATLAS)


@pytest.fixture(scope="module")
def whole(run: RunReader) -> Table:
    """The alignment among all pairs by cosine, as that among candidates is."""
    return pmf.match(run, decode="cosine").alignment


@pytest.fixture
def candidates(run: RunReader, whole: Table, tmp_path: Path) -> Path:
    """What all pairs give, twenty drawn ones for every entity, and all but two validation links."""
    uris, rng = run.entities["uri"].to_numpy(), np.random.default_rng(3)
    source, target = (
        rng.integers(*span, 20 * len(uris)) for span in ((0, run.n_source), (run.n_source, run.n_entities))
    )
    validation = run.links.query("split == 'validation'").iloc[2:]
    parts = [
        whole[["source", "target"]].set_axis(["unique_id_l", "unique_id_r"], axis=1),
        Table({"unique_id_l": uris[source], "unique_id_r": uris[target]}),
        Table({"unique_id_l": uris[validation["source"]], "unique_id_r": uris[validation["target"]]}),
    ]
    pd.concat(parts, ignore_index=True).assign(match_probability=0.5).to_parquet(tmp_path / "pairs.parquet")
    return tmp_path / "pairs.parquet"


def of(table: Table) -> dict[tuple[str, str], float]:
    return {(row.source, row.target): row.similarity for row in table.itertuples()}


def test_scores_are_those_of_all_pairs(run: RunReader, whole: Table, candidates: Path) -> None:
    found = pmf.match(run, candidates=candidates)
    ours, theirs = of(found.alignment), of(whole)
    assert set(theirs) <= set(ours)  # best of all pairs, so best of fewer
    assert len(theirs) > 300
    assert {pair: ours[pair] for pair in theirs} == pytest.approx(theirs, abs=1e-6)
    assert found.alignment["source"].is_unique
    assert found.alignment["target"].is_unique
    assert "probability" not in found.alignment
    assert found.calibrated_on == "none"
    given = run.links.query("split != 'test'")
    entities = set(run.entities["uri"].iloc[[*given["source"], *given["target"]]])
    assert not entities & {*found.alignment["source"], *found.alignment["target"]}
    assert found.notes[1].startswith("18 of 20 validation links are among them (90%)")


def test_the_share_of_known_links_does_not_look_at_test_links(run: RunReader, candidates: Path) -> None:
    before = read_blocked(run, candidates)
    table, uris = pd.read_parquet(candidates), run.entities["uri"]
    test = run.links.query("split == 'test'")
    tested = set(zip(uris.iloc[test["source"]], uris.iloc[test["target"]], strict=True))
    kept = [pair not in tested for pair in zip(table["unique_id_l"], table["unique_id_r"], strict=True)]
    assert not all(kept)
    table[kept].to_parquet(candidates)
    after = read_blocked(run, candidates)
    assert (before.contained, before.links) == (after.contained, after.links) == (18, 20)
    assert len(after.pairs.source) < len(before.pairs.source)


def test_who_has_no_candidate_left_is_listed_first(run: RunReader, whole: Table, tmp_path: Path) -> None:
    whole.iloc[:100].to_csv(tmp_path / "pairs.tsv", sep="\t", index=False)
    command = ["match", str(ATLAS), "--candidates", str(tmp_path / "pairs.tsv"), "--out", str(tmp_path / "out.csv")]
    assert main([*command, "--dangling", str(tmp_path / "alone.tsv")]) == 0
    alone = pd.read_csv(tmp_path / "alone.tsv", sep="\t", keep_default_na=False)
    assert len(pd.read_csv(tmp_path / "out.csv")) == 100
    free = run.n_source - len(run.links.query("split != 'test'"))
    assert len(alone) == free - 100
    assert set(alone["best_candidate"]) == {""}


def test_many_to_one_gives_every_source_its_best(run: RunReader, candidates: Path) -> None:
    found = match_blocked(run, read_blocked(run, candidates, one_to_one=False))
    table = pd.read_parquet(candidates).rename(columns={"unique_id_l": "source", "unique_id_r": "target"})
    given = run.links.query("split != 'test'")["source"]
    table = table[~table["source"].isin(run.entities["uri"].iloc[given])]
    assert set(found.alignment["source"]) == set(table["source"])
    assert found.alignment["source"].is_unique
    assert found.dangling["best_candidate"].eq("").all()


def test_decodings(run: RunReader, candidates: Path) -> None:
    by_cosine, by_csls, greedy = (
        of(pmf.match(run, candidates=candidates, decode=name).alignment) for name in ("cosine", "csls", "greedy")
    )
    assert set(by_csls) != set(by_cosine)
    assert set(by_csls) <= set(greedy)
    with pytest.raises(ConfigError, match="decode must be one of cosine, csls, mutual, greedy, got hungarian"):
        pmf.match(run, candidates=candidates, decode="hungarian")


def test_the_command_says_first_what_came(candidates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["match", str(ATLAS), "--candidates", str(candidates), "--out", str(candidates.parent / "a.sssom.tsv")]
    assert main(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("candidates: ")
    assert " of 697 source and " in told[0]
    assert "Loosen or add a blocking rule" in told[1]
    assert any("match_probability" in line for line in told)
    assert "no probabilities: the run's are of the best of all pairs" in told[-1]
    assert main([*command, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["decode"] == "cosine"
    assert summary["candidates"]["contained"] == 18


def test_a_million_pairs_without_one_product_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100,000 entities by as many all pairs would be 40 GB; what is made grows with the candidates."""
    big = _grown(tmp_path / "big", 100_000)

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("pairs that nobody asked for are compared")

    monkeypatch.setattr(similarity.Similarities, "__init__", forbidden)
    monkeypatch.setattr(similarity, "products", forbidden)
    rng, peaks = np.random.default_rng(1), []
    for count in (100_000, 1_000_000):
        source, target = rng.integers(0, 100_000, (2, count))
        source[:100_000] = target[:100_000] = np.arange(100_000)
        table = Table({"id_l": np.char.add("s", source.astype(str)), "id_r": np.char.add("t", target.astype(str))})
        table.to_parquet(tmp_path / "pairs.parquet")
        tracemalloc.start()
        found = pmf.match(big, candidates=tmp_path / "pairs.parquet")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        right = found.alignment["source"].str[1:] == found.alignment["target"].str[1:]
        assert right.sum() > 0.99 * 100_000
    assert peaks[1] - peaks[0] < 300 * 900_000


def _grown(folder: Path, count: int) -> RunReader:
    """The bundled run with other entities: `count` on either side, each beside its counterpart."""
    shutil.copytree(ATLAS, folder)
    config = json.loads((folder / "config.json").read_text())
    text = json.dumps(config).replace('"n_entities": 1371', f'"n_entities": {2 * count}')
    (folder / "config.json").write_text(text.replace('"n_source": 697', f'"n_source": {count}'))
    uris = [f"{side}{row}" for side in "st" for row in range(count)]
    entities = {"uri": uris, "label": uris, "side": np.repeat(["source", "target"], count), "type": "", "degree": 1}
    Table(entities).to_parquet(folder / "entities.parquet")
    pd.read_parquet(folder / "links.parquet").iloc[:0].to_parquet(folder / "links.parquet")
    rows = np.random.default_rng(0).normal(size=(count, 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(folder / "embeddings" / "fused.npy", np.concatenate([rows, rows]).astype(np.float16))
    return RunReader(folder)


def test_a_run_without_embeddings_says_so(tmp_path: Path, candidates: Path) -> None:
    shutil.copytree(ATLAS, tmp_path / "run")
    (tmp_path / "run" / "embeddings" / "fused.npy").unlink()
    with pytest.raises(RunFormatError, match="has no embeddings"):
        pmf.match(tmp_path / "run", candidates=candidates)


@pytest.mark.real
def test_offers_of_two_shops_blocked_by_their_first_letters(datasets: Path, tmp_path: Path) -> None:
    """Abt and Buy, trained for a moment; candidates as Splink's deterministic_link writes them."""
    data = datasets / "tables" / "abt-buy"
    settings = {"train.epochs": 2, "train.freeze_epochs": 2, "train.project": False, "model.width": 16}
    run = pmf.train(data, settings=settings, run=tmp_path / "run")
    pair = read_graph_pair(data)
    sides = [
        Table({"id": list(map(int, graph.entities)), "block": [name[:5].lower() for name in graph.names.values()]})
        for graph in (pair.source, pair.target)
    ]
    blocked = sides[0].merge(sides[1], on="block", suffixes=("_l", "_r"))
    blocked = blocked.rename(columns={"id_l": "unique_id_l", "id_r": "unique_id_r", "block": "match_key"})
    blocked.assign(source_dataset_l="source", source_dataset_r="target").to_parquet(tmp_path / "pairs.parquet")
    found = pmf.match(run, candidates=tmp_path / "pairs.parquet")
    listed = set(zip(blocked["unique_id_l"].astype(str), blocked["unique_id_r"].astype(str), strict=True))
    assert set(of(found.alignment)) <= listed
    every = of(pmf.match(run, decode="cosine").alignment)
    both = of(found.alignment).keys() & every.keys()
    assert len(both) > 100
    assert {one: of(found.alignment)[one] for one in both} == pytest.approx({one: every[one] for one in both}, abs=1e-6)
