"""The Data page: every way in, bad input as one message, permalinks, and what it says of a data set."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.shared.services import catalog, data_sets
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from tests.app.pages import open_page, press, ran, sentences
from tests.conftest import ROOT

OpenData = Callable[..., AppTest]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> Path:
    """A data root with one data set in it; runs lie beside it."""
    folder = tmp_path / "data"
    shutil.copytree(data_folder, folder / "own" / "twelve")
    monkeypatch.setenv("PMF_DATA", str(folder))
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    return folder


@pytest.fixture
def open_data(root: Path) -> OpenData:
    """Opens the page with query parameters."""

    return partial(open_page, "data")


def entity(pair: GraphPair, name: str, *, target: bool = False) -> int:
    return [i for i, label in enumerate(pair.labels) if label == name][-1 if target else 0]


def zipped(folder: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, Path("set") / path.relative_to(folder))
    return stream.getvalue()


def upload(test: AppTest, *files: tuple[str, bytes]) -> AppTest:
    test.file_uploader[0].set_value([(name, content, "application/octet-stream") for name, content in files])
    return press(test, "Unpack and read")


def test_the_bundled_data_set_comes_first(open_data: OpenData) -> None:
    test = open_data()
    assert test.query_params["data"] == "demo"
    assert {metric.label: metric.value for metric in test.metric}["Known links"] == "663"
    assert "AUC" in sentences(test)


def test_a_known_folder(open_data: OpenData) -> None:
    test = open_data()
    assert test.selectbox(key="data_picker.chosen.demo").options == ["atlas (bundled)", "own/twelve"]
    ran(test.selectbox(key="data_picker.chosen.demo").set_value("own/twelve").run())
    assert test.query_params["data"] == "own/twelve"
    assert {metric.label: metric.value for metric in test.metric}["Source entities"] == "24"
    assert "No entity types." in sentences(test)
    assert "1 picture cannot be read" in sentences(test)


def test_links_that_may_be_wrong_are_listed_with_reasons(open_data: OpenData, root: Path) -> None:
    """Two links of the bundled data have changed their targets."""
    shutil.copytree(ROOT / "assets" / "atlas", root / "own" / "swapped")
    file = root / "own" / "swapped" / "ent_links"
    links = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    links[40][1], links[110][1] = links[110][1], links[40][1]
    file.write_text("\n".join("\t".join(pair) for pair in links) + "\n", encoding="utf-8")
    test = open_data(data="own/swapped")
    assert "2 links (0.3 %) may be wrong" in sentences(test).replace("\\", "")
    (table,) = [frame.value for frame in test.dataframe if "Likelier" in frame.value]
    assert list(table["Probability"]) == [0.99, 0.99]
    assert all(table["Why"])
    assert not any("Likelier" in frame.value for frame in open_data(data="demo").dataframe)


def test_another_data_set_forgets_the_entity(open_data: OpenData) -> None:
    test = open_data(data="own/twelve", entity=3)
    ran(test.selectbox(key="data_picker.chosen.own/twelve").set_value("demo").run())
    assert "entity" not in test.query_params


def test_a_folder_by_its_path(open_data: OpenData, data_folder: Path) -> None:
    test = open_data()
    test.text_input(key="data_picker.path").set_value(str(data_folder.parent))
    press(test, "Open")
    assert test.query_params["data"] == str(data_folder)
    assert {metric.label: metric.value for metric in test.metric}["Known links"] == "12"


def test_a_path_that_is_not_there(open_data: OpenData) -> None:
    test = open_data()
    test.text_input(key="data_picker.path").set_value("/nowhere/at/all")
    press(test, "Open")
    assert "Expected:** a data set folder" in sentences(test)
    assert "Found:** nothing" in sentences(test)


@pytest.mark.parametrize("name", ["/etc", "../..", "own/../../x", "own/link"])
def test_a_shared_server_stays_in_its_root(
    open_data: OpenData, root: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path, name: str
) -> None:
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    (root / "own" / "link").symlink_to(data_folder)
    test = open_data(data=name)
    assert "outside the data root" in sentences(test)
    assert not test.metric
    assert [field.key for field in test.text_input] == []
    assert data_sets.known() == ["demo", "own/twelve"]
    assert open_data(data="own/twelve").metric
    assert open_data(data="demo").metric


def test_on_a_shared_server_a_home_folder_is_a_name_like_any_other(
    open_data: OpenData, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    test = open_data(data="~")
    assert "cannot be used" in sentences(test)
    assert not test.metric


def test_an_archive(open_data: OpenData, root: Path, data_folder: Path) -> None:
    test = upload(open_data(), ("my countries.zip", zipped(data_folder)))
    assert test.query_params["data"] == "my-countries/set"
    assert (root / "my-countries" / "set" / "images_1" / "0.png").is_file()
    assert {metric.label: metric.value for metric in test.metric}["Picture files"] == "16"


def test_single_files(open_data: OpenData, root: Path, data_folder: Path) -> None:
    names = ("rel_triples_1", "rel_triples_2", "ent_links")
    test = upload(open_data(), *((name, (data_folder / name).read_bytes()) for name in names))
    assert test.query_params["data"] == "upload"
    assert sorted(path.name for path in (root / "upload").iterdir()) == sorted(names)
    assert "No pictures." in sentences(test)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.zip", b"PK\3\4 no more", "a whole zip archive"),
        ("bad.tar.gz", b"\x1f\x8b no more", "an undamaged zip or tar archive"),
        ("ent_links", b"\x80\x04pickle", "UTF-8 text"),
        ("notes.txt", b"hello", "ent_ids_1 and triples_1 (DBP15K layout) or"),
    ],
)
def test_a_bad_upload_is_one_message(open_data: OpenData, root: Path, name: str, content: bytes, said: str) -> None:
    test = upload(open_data(), (name, content))
    assert said in sentences(test)
    assert [path.name for path in root.iterdir()] == ["own"]
    assert test.query_params["data"] == "demo"


def test_a_malformed_line_is_named_and_nothing_kept(open_data: OpenData, root: Path, data_folder: Path) -> None:
    folder = shutil.copytree(data_folder, root.parent / "copy")
    with (folder / "attr_triples_2").open("a") as file:
        file.write("only one field\n")
    lines = len((folder / "attr_triples_2").read_text().splitlines())
    test = upload(open_data(), ("c.zip", zipped(folder)))
    assert f"attr_triples_2, line {lines}** cannot be used" in sentences(test)
    assert "In c.zip/set/attr_triples_2." in sentences(test)
    assert [path.name for path in root.iterdir()] == ["own"]
    shutil.move(folder, root / "broken")
    test = open_data(data="broken")
    assert f"attr_triples_2, line {lines}** cannot be used" in sentences(test)
    assert "Read it again" in [button.label for button in test.button]


def test_nothing_or_two_archives(open_data: OpenData, data_folder: Path) -> None:
    test = press(open_data(), "Unpack and read")
    assert "Found:** nothing" in sentences(test)
    content = zipped(data_folder)
    assert "one archive, or the files" in sentences(upload(open_data(), ("a.zip", content), ("b.zip", content)))


def test_a_mended_folder_is_read_again(open_data: OpenData, root: Path) -> None:
    links = root / "own" / "twelve" / "ent_links"
    good = links.read_text()
    links.write_text(good + "broken\n")
    test = open_data(data="own/twelve")
    assert "ent_links, line 13" in sentences(test)
    links.write_text(good)
    press(test, "Read it again")
    assert test.metric


def test_an_entity_has_a_permalink(open_data: OpenData, pair: GraphPair) -> None:
    japan = entity(pair, "Japan", target=True)
    test = open_data(data="own/twelve", entity=japan)
    assert "Japan" in [element.value for element in test.header]
    assert "**Target** · chosen" in sentences(test)
    tables = [frame.value for frame in test.dataframe]
    assert ["code", "inhabitants"] in [list(table["Attribute"]) for table in tables if "Attribute" in table]
    assert ["→ seat"] in [list(table["Relation"]) for table in tables if "Relation" in table]
    ran(test.button(key="data_entity.counterpart").click().run())
    assert test.query_params["entity"] == str(entity(pair, "Japan"))
    assert "**Source** · chosen" in sentences(test)


@pytest.mark.parametrize("wrong", ["-1", "99999", "x", "1e3", "٣"])
def test_an_entity_that_is_not_there_is_an_example(open_data: OpenData, wrong: str) -> None:
    assert "an example; choose any other" in sentences(open_data(data="own/twelve", entity=wrong))


def test_filters_are_in_the_address(open_data: OpenData) -> None:
    test = open_data(data="own/twelve", tab="entities", q="JAPAN", side="target", picture="without")
    assert list(test.dataframe[0].value["Name"]) == ["Japan", "Japan City"]
    ran(test.selectbox(key="url.link").set_value("unlinked").run())
    assert list(test.dataframe[0].value["Name"]) == ["Japan City"]
    assert test.query_params["link"] == "unlinked"
    ran(test.text_input(key="url.q").set_value("no such name").run())
    assert "No entity passes these filters" in sentences(test)


def test_a_long_list_is_leafed_through(open_data: OpenData) -> None:
    test = open_data(tab="entities", order="name")
    first = list(test.dataframe[0].value["Name"])
    assert len(first) == 100
    ran(test.pagination[0].set_value(2).run())
    assert test.query_params["page"] == "1"
    second = list(test.dataframe[0].value["Name"])
    assert first[-1].casefold() <= second[0].casefold()
    ran(test.text_input(key="url.q").set_value("a").run())
    assert "page" not in test.query_params


def test_an_example_of_a_finding_leads_to_its_entity(open_data: OpenData) -> None:
    test = open_data(data="own/twelve")
    button = next(b for b in test.button if str(b.key).startswith("data_report.example"))
    ran(button.click().run())
    assert button.label in [element.value for element in test.header]
    assert test.query_params["tab"] == "entities"


def test_one_link_leads_to_training_on_this_data(open_data: OpenData) -> None:
    test = open_data(data="own/twelve")
    (link,) = (link.proto for link in test.get("page_link") if link.proto.label == "Train on this data set")
    assert (link.page, link.query_string) == ("train", "data=own%2Ftwelve")
    assert not any(button.label == "Start training" for button in test.button)


def test_hostile_values_stay_text(open_data: OpenData, root: Path) -> None:
    folder, hostile = root / "own" / "twelve", "<script>alert(1)</script> **bold** [x](javascript:1) $x$ :red[y]"
    long = "z" * 10_000
    base = "http://1.example/resource/Japan"
    (folder / "names_1.tsv").write_text(f"{base}\t{hostile}\n")
    (folder / "types.tsv").write_text(f"{base}\t{hostile}\n")
    with (folder / "attr_triples_1").open("a") as file:
        file.write(f"{base}\t{hostile}\t{long}\n")
    test = open_data(data="own/twelve", entity=read_graph_pair(folder).labels.index(hostile), q="**bold**")
    assert list(test.dataframe[0].value["Name"]) == [hostile]
    for element in [*test.markdown, *test.caption, *test.header, *test.button]:
        said = str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
        assert "<script" not in said.replace("\\<", "")
        assert " **bold**" not in said
    values = next(frame.value for frame in test.dataframe if "Value" in frame.value)
    assert max(len(value) for value in values["Value"]) <= 120
    assert "tick a line to read it in full" in sentences(test)


def test_every_kind_of_known_folder_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".hidden").mkdir()
    shutil.copytree(root / "own" / "twelve", root / ".hidden" / "set")
    deep = root / "a" / "b" / "c" / "d"
    shutil.copytree(root / "own" / "twelve", deep)
    shutil.copytree(root / "own" / "twelve", deep.parent / "e" / "too" / "deep")
    assert data_sets.known() == ["demo", "a/b/c/d", "own/twelve"]
    monkeypatch.setenv("PMF_DATA", str(root / "nowhere"))
    assert data_sets.known() == ["demo"]
