"""What is said before every training: what is used, what not and why, how links are cut."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.sparse import csr_array

from pmf.audit.account import different_rows, take_account, usual_account, usual_modalities
from pmf.audit.audit import audit
from pmf.audit.summary import summarise
from pmf.cli import main
from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.readers import read_graph_pair
from pmf.data.reading import Reading
from pmf.data.stored.writer import write
from pmf.features.feature_set import build_features
from pmf.modalities import image
from pmf.training.start import run_config

Tables = Callable[..., Path]


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """Two tables of products and their links, as people have them: no relations, all rows with the same columns."""

    def write(name: str = "name", rows: int = 30, split: bool = False, links: bool = True) -> Path:
        folder = tmp_path / f"{name}-{rows}-{split}"
        for side, prefix in (("source", "s"), ("target", "t")):
            (folder / side).mkdir(parents=True)
            table = [
                {"id": f"{prefix}{i}", name: f"camera {side} no{i}", "price": f"{i * 7 + 3}.99", "maker": f"maker{i}"}
                for i in range(rows)
            ]
            _write(folder / side / "entities.csv", table)
        pairs = [{"source": f"s{i}", "target": f"t{i}"} for i in range(rows)] if links else []
        if split:
            parts = ["train"] * 10 + ["valid"] * 4 + ["test"] * (rows - 14)
            pairs = [{**pair, "split": part} for pair, part in zip(pairs, parts, strict=True)]
        _write(folder / "links.csv", pairs or [{"source": "", "target": ""}][:0], ["source", "target"])
        return folder

    return write


def _write(path: Path, rows: list[dict[str, str]], header: list[str] | None = None) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else header or [])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("name", ["name", "title", "label_en", "Product Name"])
def test_ones_own_names_and_values_are_used_and_the_column_of_names_is_said(tables: Tables, name: str) -> None:
    account = usual_account(read_graph_pair(tables(name)))
    assert account.used == ("value", "char")
    said = {use.modality: use.sentence for use in account.modalities}
    assert said["char"] == f"char: used; all entities have a spelling; names come from column {name}."
    assert said["value"] == "value: used; all entities have attribute values."
    assert said["structure"] == "structure: not used: no entity has a neighbour."
    assert said["attribute"] == (
        "attribute: not used: all entities of a graph are described alike, so it tells nobody apart."
    )
    assert [use.used for use in account.modalities] == [True] * 2 + [False] * 5


def test_ids_are_names_only_when_asked_for(tables: Tables) -> None:
    pair = read_graph_pair(tables("colour"))
    account = usual_account(pair)
    assert account.used == ("value",)
    char = next(use for use in account.modalities if use.modality == "char")
    assert char.sentence == (
        "char: not used: no entity has a spelling; ids stand in for names only when asked for. "
        "To use it: --modalities value,char."
    )
    asked = take_account(pair, Config(data="x", modalities=("char", "value")))
    assert "names come from the ids" in asked.lines[1]


def test_published_names_and_values_are_left_out_and_how_to_add_them_is_said() -> None:
    account = usual_account(read_graph_pair("demo"))
    assert account.used == ("structure", "relation", "attribute", "image")
    said = {use.modality: use.sentence for use in account.modalities}
    for modality, what in (("value", "values"), ("char", "names")):
        assert said[modality].startswith(
            f"{modality}: not used: this is the bundled example, and {what} would give the answer away. To use it: "
        )
        assert modality in said[modality].partition("--modalities ")[2]


def test_an_imported_copy_is_treated_like_its_original(tables: Tables, tmp_path: Path) -> None:
    for path in (str(tables("title")), "demo"):
        pair = read_graph_pair(path)
        copy = tmp_path / f"copy of {pair.name}"
        write(pair, copy)
        again = read_graph_pair(copy)
        assert (again.format, again.published) == ("stored", pair.published)
        assert usual_account(again).used == usual_account(pair).used
        assert again.source.named_by == pair.source.named_by


def test_a_split_column_is_used_unless_somebody_cuts_by_share(tables: Tables) -> None:
    folder = tables(split=True)
    account = usual_account(read_graph_pair(folder))
    assert (account.links.train, account.links.valid, account.links.test) == (10, 4, 16)
    assert account.links.sentence == (
        "links: 30 known; 10 train, 4 validate, 16 test: by the split that the links have, published."
    )
    assert run_config("default", {"data": str(folder)})[0].split == "published"
    cut, _ = run_config("default", {"data": str(folder), "seed_ratio": "0.5"})
    assert cut.split == "ratio"
    assert "--set split=published" in take_account(read_graph_pair(folder), cut).links.sentence


def test_links_of_a_ratio_add_up_and_say_who_has_links_of_both_kinds(tables: Tables) -> None:
    pair = read_graph_pair(tables())
    config = Config(data="x", modalities=("value",)).with_settings(preset("default") | {"seed_ratio": "0.5"})
    links = take_account(pair, config).links
    assert links.train + links.valid + links.test == links.known == 30
    assert links.shared == 0
    twice = np.concatenate([pair.links, pair.links[:, [0, 1]] + [0, 1]])[:-1]
    linked_twice = GraphPair(**{**vars(pair), "links": twice})
    shared = take_account(linked_twice, config).links
    assert shared.shared > 0
    assert f"{shared.shared:,} entities have links of both kinds" in shared.sentence


def test_too_few_descriptions_find_nobody(tables: Tables) -> None:
    folder = tables(rows=250)
    path = folder / "source" / "entities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1:60] = [line.rpartition(",")[0] + "," for line in lines[1:60]]  # no maker
    path.write_text("\n".join(lines), encoding="utf-8")
    pair = read_graph_pair(folder)
    assert usual_modalities(pair, Config(data="x").features) == ("value", "char")
    use = next(use for use in usual_account(pair).modalities if use.modality == "attribute")
    assert "only 1 different descriptions" in use.why or "alike" in use.why


def test_what_is_asked_for_although_it_tells_nobody_apart_is_said(tables: Tables) -> None:
    account = take_account(read_graph_pair(tables()), Config(data="x", modalities=("attribute", "value")))
    use = next(use for use in account.modalities if use.modality == "attribute")
    assert use.used
    assert use.alike
    assert use.sentence.endswith("so it tells nobody apart. Leave it out: --modalities value.")


def test_nothing_that_tells_apart_is_an_error_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in ("source", "target"):
        (tmp_path / side).mkdir()
        _write(tmp_path / side / "entities.csv", [{"id": f"{side}{i}", "kind": "x"} for i in range(20)])
    _write(tmp_path / "links.csv", [{"source": f"source{i}", "target": f"target{i}"} for i in range(20)])
    assert main(["train", "--data", str(tmp_path), "--run", str(tmp_path / "run")]) == 2
    printed = capsys.readouterr().err
    assert "tells entities apart" in printed
    assert "value: not used: all entities of a graph are described alike" in printed
    assert not (tmp_path / "run").exists()


def test_rows_are_counted_as_they_differ() -> None:
    rows = np.array([[1, 0], [1, 0], [0, 2], [0, 0]], np.float32)
    assert different_rows(rows) == different_rows(csr_array(rows)) == 2


def test_inspect_and_train_say_the_same_words(
    tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tables("title")
    assert main(["data", "inspect", str(folder), "--json"]) == 0
    account = json.loads(capsys.readouterr().out)["account"]
    assert main(["data", "inspect", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[: len(account["lines"]) + 1] == ["what is used:", *(f"  {line}" for line in account["lines"])]
    small = {"model.width": 16, "model.direct_width": 16, "train.epochs": 2, "train.freeze_epochs": 2}
    small["train.project"] = "false"
    settings = [word for name, value in small.items() for word in ("--set", f"{name}={value}")]
    train = ["train", "--data", str(folder), "--run", str(tmp_path / "run"), *settings]
    assert main(train) == 0
    assert (
        capsys.readouterr().out.splitlines()[: len(printed[: len(account["lines"]) + 1])]
        == printed[: len(account["lines"]) + 1]
    )
    kept = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["account"]
    assert kept["lines"] == account["lines"]
    assert main([*train[:4], str(tmp_path / "again"), *settings, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["account"]["lines"] == account["lines"]


def test_without_any_links_training_starts_from_what_speaks_for_itself(tables: Tables) -> None:
    folder = tables("title", links=False)
    config, _ = run_config("default", {"data": str(folder)})
    assert config.seeds == "value"
    links = usual_account(read_graph_pair(folder)).links
    assert links.known == links.test == 0
    assert links.sentence.endswith("no known link trains. Without links to test by, nothing is measured.")
    assert run_config("default", {"data": str(folder), "seeds": "name"})[0].seeds == "name"


def test_pairs_that_training_starts_from_are_no_known_links(tables: Tables, tmp_path: Path) -> None:
    """What trains, validates and tests adds up to the links that are known, also where none of them trains."""
    folder = tables("title")
    settings = ["train.epochs=1", "train.freeze_epochs=1", "train.project=false", "model.width=8", "seeds=value"]
    command = ["train", "--data", str(folder), "--run", str(tmp_path / "run")]
    assert main([*command, *(part for setting in settings for part in ("--set", setting))]) == 0
    account = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["account"]
    links = account["links"]
    assert [links[name] for name in ("known", "train", "valid", "test", "found", "shared")] == [30, 0, 0, 21, 30, 0]
    line = account["lines"][-1]
    assert "30 known; 0 train, 0 validate, 21 test, 9 do neither, so that figures compare with those of a " in line
    assert line.endswith("no known link trains. It found 30 of them.")
    before = take_account(read_graph_pair(folder), Config(data=str(folder), seeds="value")).links
    assert (before.test, before.found) == (21, 0)


def test_words_for_missing_values_and_pairs_that_are_not_the_same_are_offered(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tables("title")
    table = folder / "source" / "entities.csv"
    table.write_text(table.read_text().replace("3.99", "NULL", 1).replace("10.99", "n.a.", 1))
    lines = [*(f"s{i},t{i},{int(i != 4)}" for i in range(30)), "s4,t0,0"]
    (folder / "links.csv").write_text("\n".join(["source,target,label", *lines]))
    missing = (
        "missing values: 2 cells with words like “NULL”, “n.a.”, read as empty. To keep such words as text: --read "
        "missing=none, or choose it under Files and columns on the Data page."
    )
    not_same = (
        "not the same: 2 pairs marked so; 1 used (rules never join them, learning pushes them apart where one of the "
        "two has a seed link), 1 not, because of entities of test links. To use none: --set negatives=false."
    )
    assert usual_account(read_graph_pair(folder)).offers == (missing, not_same)
    assert main(["data", "inspect", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert f"  {missing}\n  {not_same}\n" in printed
    assert "coverage: structure none, relation none, attribute 100 %, value 100 %, image none, name 100 %" in printed
    assert "{" not in printed
    kept = usual_account(read_graph_pair(folder, reading=Reading(missing="none"))).offers
    assert kept[0] == "missing values: 2 cells with words like “NULL”, “n.a.”, which are kept as text."


def test_what_one_graph_lacks_cannot_be_added(
    make_graph: Callable[..., KnowledgeGraph], make_pair: Callable[[KnowledgeGraph, KnowledgeGraph], GraphPair]
) -> None:
    source = make_graph(["http://s/Ada"], attributes=[("http://s/Ada", "http://s/born", "1900")])
    uses = {use.modality: use for use in usual_account(make_pair(source, make_graph(["http://t/Ada"]))).modalities}
    assert uses["value"].why == "no entity of the target has attribute values"
    assert (uses["value"].remedy, uses["attribute"].remedy) == ("", "")
    assert uses["char"].remedy.startswith("To use it: --modalities ")  # by ids


def _with_pictures(folder: Path) -> Path:
    for side in ("source", "target"):
        (folder / side / "images").mkdir()
        for row in range(30):
            Image.new("RGB", (8, 8), (row, 0, 0)).save(folder / side / "images" / f"{side[0]}{row}.png")
    (folder / "source" / "images" / "s3.png").write_bytes(b"\x89PNG, but no more")
    return folder


def test_pictures_that_are_too_many_to_be_opened_are_said_to_be_unseen(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = read_graph_pair(_with_pictures(tables("title")))
    monkeypatch.setattr(image, "_MOST_OPENED", 29)
    why = {use.modality: use.why for use in usual_account(pair).modalities}["image"]
    assert why == "60 nobody has opened yet: training and `data audit` say how many cannot be read"
    config = Config(data="x", modalities=("image",))
    made = build_features(pair, ("image",), config.features)["image"].matrix
    assert take_account(pair, config, {"image": made}).modalities[0].why == "1 more has a picture that cannot be read"


def test_what_entities_have_and_no_feature_comes_of_is_counted(tables: Tables) -> None:
    folder = _with_pictures(tables("title"))
    table = folder / "source" / "entities.csv"
    table.write_text(table.read_text().replace("camera source no5,", "ぬ,", 1))
    pair = read_graph_pair(folder)
    uses = {use.modality: use for use in usual_account(pair).modalities}
    assert (uses["image"].source, uses["image"].target) == (29 / 30, 1.0)
    assert uses["image"].why == "1 more has a picture that cannot be read"
    assert uses["char"].source == 29 / 30
    assert "1 more has a spelling that is like no other, so that it cannot be compared" in uses["char"].sentence
    coverage = summarise(pair)["source"]["coverage"]
    assert (coverage["image"], coverage["char"]) == (29 / 30, 1.0)
    audited = {(row.modality, row.side): row.count for row in audit(pair).coverage if row.group == "all"}
    assert (audited["image", "source"], audited["image", "target"]) == (29, 30)

    for row in range(30):
        (folder / "target" / "images" / f"t{row}.png").write_bytes(b"\x89PNG, but no more")
    broken = usual_account(read_graph_pair(folder))
    assert "image" not in broken.used
    assert "image: not used: no entity of the target has a picture, apart from any that cannot be read." in broken.lines
