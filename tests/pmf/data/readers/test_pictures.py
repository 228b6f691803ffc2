"""Pictures named after their entities."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers.pictures import local_name, named_pictures
from pmf.data.readers.session import begin
from pmf.data.reading import Reading
from pmf.errors import DataFormatError


def make(root: Path, *names: str) -> Path:
    folder = root / "images"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return folder


def test_names_are_ids_or_their_last_piece(tmp_path: Path) -> None:
    names = ["Paris.jpg", "Zu%CC%88rich.PNG", "a%2Fb.webp", "Q42.gif", "GNU%2FLinux.png", "notes.txt", "stranger.png"]
    folder = make(tmp_path, *names)
    entities = [
        "http://x/Paris",
        "http://x/Z\u00fcrich",
        "a/b",
        "http://wikidata/entity#Q42",
        "http://dbpedia.org/resource/GNU/Linux",
        "none",
    ]
    pictures = named_pictures(tmp_path, folder, entities)
    assert {row: path.name for row, path in pictures.items()} == dict(enumerate(names[:5]))


def test_a_number_at_the_end_is_no_part_of_the_name_unless_of_an_id(tmp_path: Path) -> None:
    pictures = named_pictures(tmp_path, make(tmp_path, "a_2.png", "a_10.png", "b.png"), ["a", "a_10"])
    assert {row: path.name for row, path in pictures.items()} == {0: "a_2.png", 1: "a_10.png"}


def test_an_id_goes_before_a_last_piece(tmp_path: Path) -> None:
    assert set(named_pictures(tmp_path, make(tmp_path, "a.png"), ["http://x/a", "a"])) == {1}


def test_no_folder_is_no_pictures(tmp_path: Path) -> None:
    assert named_pictures(tmp_path, tmp_path / "images", ["a"]) == {}


@pytest.mark.parametrize(
    ("names", "entities", "taken", "why"),
    [
        (["a.png"], ["http://x/a", "http://y/a"], {}, "the name fits several entities: call it by the whole id"),
        (["a.jpg", "a.png"], ["a"], {0: "a.jpg"}, "its entity has a picture already"),
        (["b.png", "c.png"], ["a"], {}, "named after no entity"),
        (["a.heic"], ["a"], {}, ".heic: not a picture that can be read"),
        (["a/1.txt"], ["a"], {}, ".txt: not a picture that can be read"),
        (["a (1).png", "a_2.png", "a.png"], ["a"], {0: "a.png"}, "its entity has a picture already"),
        (["a/2.png", "a/1.png"], ["a"], {0: "1.png"}, "its entity has a picture already"),
    ],
)
def test_what_is_not_taken_is_counted_with_its_reason(
    tmp_path: Path, names: list[str], entities: list[str], taken: dict[int, str], why: str
) -> None:
    folder = make(tmp_path, *names)
    with begin(tmp_path, Reading()) as session:
        pictures = named_pictures(tmp_path, folder, entities)
    assert {row: path.name for row, path in pictures.items()} == taken
    (note,) = session.notes.done()
    assert (note.kind, note.why, note.count) == ("left out", why, len(names) - len(taken))


def test_a_folder_an_entity_any_format_and_any_capitals(tmp_path: Path) -> None:
    names = ["Paris/1.JPG", "lyon.bmp", "ROME.avif", "7.tif", "x.svg"]
    entities = ["http://x/Paris", "http://x/Lyon", "http://x/Rome", "007", "x"]
    with begin(tmp_path, Reading()) as session:
        pictures = named_pictures(tmp_path, make(tmp_path, *names), entities)
    assert sorted(pictures) == [0, 1, 2, 3, 4]
    assert [(note.kind, note.unit, note.count) for note in session.notes.done()] == [
        ("changed", "picture name", 1),  # 7 for 007
        ("changed", "picture name", 2),  # lyon and ROME
    ]


def test_no_link_leads_out(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    (tmp_path / "a.png").touch()
    folder = make(root)
    (folder / "a.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(DataFormatError, match=r"expected a path inside the data folder, got images/a\.png"):
        named_pictures(root, folder, ["a"])


def test_last_pieces() -> None:
    uris = ("http://x/a", "http://x#a", "http://x/a/", "a", "http://dbpedia.org/resource/a/b")
    assert [local_name(uri) for uri in uris] == ["a", "a", "a", "a", "a/b"]
