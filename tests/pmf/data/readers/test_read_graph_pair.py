"""Finding out what a folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data import readers
from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError


def make_openea(folder: Path) -> Path:
    folder.mkdir()
    (folder / "rel_triples_1").write_text("a\tr\tb\n")
    (folder / "rel_triples_2").write_text("A\tr\tB\n")
    (folder / "ent_links").write_text("a\tA\n")
    return folder


def test_demo_is_the_bundled_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = readers.DEMO_FOLDER
    assert bundled == Path(__file__).parents[4] / "assets" / "atlas"
    monkeypatch.setattr(readers, "DEMO_FOLDER", make_openea(tmp_path / "atlas"))
    assert read_graph_pair("demo").name == "atlas"


def test_a_relative_path_gives_the_folders_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_openea(tmp_path / "pets"))
    pair = read_graph_pair(".")
    assert (pair.name, pair.path) == ("pets", tmp_path / "pets")


def test_reading_twice_gives_the_same_fingerprint_and_a_change_another(tmp_path: Path) -> None:
    folder = make_openea(tmp_path / "pets")
    before = read_graph_pair(folder).fingerprint
    assert read_graph_pair(str(folder)).fingerprint == before
    (folder / "ent_links").write_text("a\tB\n")
    assert read_graph_pair(folder).fingerprint != before


def test_unknown_layouts_say_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataFormatError) as caught:
        read_graph_pair(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected ent_ids_1 and triples_1 (DBP15K layout) or rel_triples_1 and ent_links (OpenEA layout) "
        "or FB15K beside DB15K or YAGO15K (MMKG layout) or source/entities.csv or source.ttl with links.csv, or two "
        "tables or RDF files (own data), got notes.txt"
    )


def test_empty_missing_and_closed_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataFormatError, match="got an empty folder"):
        read_graph_pair(tmp_path)
    with pytest.raises(DataFormatError, match="expected a data set folder, got nothing"):
        read_graph_pair(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(DataFormatError, match="got a file: name the folder that it lies in"):
        read_graph_pair(tmp_path / "file")

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(DataFormatError, match="expected a readable folder, got Permission denied"):
        read_graph_pair(tmp_path)


def test_paths_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "loop", "a\0b", "x" * 5000):
        with pytest.raises(DataFormatError):
            read_graph_pair(path)
