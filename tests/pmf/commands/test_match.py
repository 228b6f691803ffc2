"""Several offers of one product: many to one, from two tables to a file that is read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pmf.cli import main
from pmf.data.readers import read_graph_pair
from tests.small_data import lay

QUICK = ("train.epochs=2", "train.freeze_epochs=2", "train.project=false", "model.width=16", "model.label_width=16")
THINGS = [f"{maker} {thing}" for maker in ("Sony", "Bose", "Leica", "Nikon") for thing in ("camera", "radio", "lens")]
PRODUCTS = [f"{thing} {i * 37 + 11}" for i, thing in enumerate(THINGS)]
OFFERS = {f"o{i}{x}": f"p{i}" for i in range(len(PRODUCTS)) for x in "abc"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on a few links, some of them of one product."""
    offers = [f"{offer},{PRODUCTS[int(product[1:])]} {offer[-1]}" for offer, product in OFFERS.items()]
    products = [f"p{i},{name}" for i, name in enumerate(PRODUCTS)]
    links = [f"{offer},{product}" for offer, product in list(OFFERS.items())[:12]]
    folder = lay(
        tmp_path_factory.mktemp("shop"),
        {
            "source.csv": "\n".join(["id,title", *offers]),
            "target.csv": "\n".join(["id,name", *products]),
            "links.csv": "\n".join(["source,target", *links]),
        },
    )
    settings = [part for setting in QUICK for part in ("--set", setting)]
    command = ["train", "--data", str(folder), "--run", str(folder / "run"), "--seed-ratio", "0.5", *settings]
    assert main(command) == 0
    return folder / "run"


@pytest.mark.parametrize("ending", ["tsv", "csv", "sssom.tsv", "nt", "rdf"])
def test_many_to_one_is_written_and_read_again(run: Path, tmp_path: Path, ending: str) -> None:
    for name in ("source.csv", "target.csv"):
        shutil.copy(run.parent / name, tmp_path)
    assert main(["match", str(run), "--out", str(tmp_path / f"links.{ending}"), "--many-to-one"]) == 0
    again = read_graph_pair(tmp_path)
    found = {again.source.entities[s]: again.target.entities[t - len(again.source)] for s, t in again.links}
    given = pd.read_parquet(run / "links.parquet").query("split != 'test'")["source"]
    expected = {offer: OFFERS[offer] for row, offer in enumerate(OFFERS) if row not in set(given)}
    assert sum(found.get(offer) == product for offer, product in expected.items()) >= 0.9 * len(expected)
    assert not set(found) - set(expected)  # links that are given are not listed as findings
    assert len(set(found.values())) < len(found)  # several offers of one product


def test_one_to_one_gives_every_product_once(run: Path, tmp_path: Path) -> None:
    assert main(["match", str(run), "--out", str(tmp_path / "pairs.tsv")]) == 0
    assert pd.read_csv(tmp_path / "pairs.tsv", sep="\t")["target"].is_unique
