"""Pictures named after their entities."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.data.readers.pictures import local_name, named_pictures
from pmf.errors import DataFormatError


def make(root: Path, *names: str) -> Path:
    folder = root / "images"
    folder.mkdir()
    for name in names:
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
    found = named_pictures(tmp_path, folder, entities)
    assert {row: path.name for row, path in found.items()} == dict(enumerate(names[:5]))


def test_an_id_goes_before_a_last_piece(tmp_path: Path) -> None:
    assert set(named_pictures(tmp_path, make(tmp_path, "a.png"), ["http://x/a", "a"])) == {1}


def test_no_folder_is_no_pictures(tmp_path: Path) -> None:
    assert named_pictures(tmp_path, tmp_path / "images", ["a"]) == {}


@pytest.mark.parametrize(
    ("names", "entities", "message"),
    [
        (["a.png"], ["http://x/a", "http://y/a"], "one entity, such as its whole id, got one that fits 2"),
        (["a.jpg", "a.png"], ["a"], "a.png: expected one picture per entity, got a.jpg as well"),
        (["b.png", "c.png"], ["a"], "images: expected pictures named after their entities, got b.png"),
    ],
)
def test_unclear_names_are_refused(tmp_path: Path, names: list[str], entities: list[str], message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        named_pictures(tmp_path, make(tmp_path, *names), entities)
    assert message in str(caught.value)


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
