"""Data folders of any known layout, each recognised by looking at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pmf.data import stored
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import EXAMPLES, Note
from pmf.data.pictures import TRUTH_FILE, suffixes
from pmf.data.readers import dbp15k, mmkg, openea, own_data
from pmf.data.readers.chosen import choose_entities
from pmf.data.readers.session import Session, begin, log, note
from pmf.data.readers.ways_on import instead, way_on
from pmf.data.reading import READING, Reading, load_reading
from pmf.errors import DataFormatError
from pmf.places import ASSETS, data_named, stay_inside
from pmf.progress import step

DEMO_FOLDER = ASSETS / "atlas"

LAYOUTS = (dbp15k, stored, openea, mmkg, own_data)
"""Every layout, the first that recognises a folder reads it."""

LOOKS_FOR = " or ".join(layout.LOOKS_FOR for layout in LAYOUTS if layout is not stored)
_PAPERS = ("readme", "license", "licence", "copying", "sources", "citation", "changelog", "notice")
_PICTURES = "Pictures of own data belong into source/images and target/images."
_MOST_FILES = 200_000  # of a folder are looked at, to say which are not read


def read_graph_pair(path: str | Path, *, image_ratio: float | None = None, reading: Reading | None = None) -> GraphPair:
    """Reads a data set. Whatever in it is left out, changed or guessed is in its notes.

    Args:
        path: a folder in a known layout (see `dbp15k`, `openea`, `mmkg` and `own_data` beside this file), or one with
            a single such folder below it, the name of one in the data folder (`PMF_DATA`), or "demo" for the bundled
            one.
        image_ratio: read the feature file of MMEA-UMVM in which only this share of the entities keeps its picture.
        reading: how to read it; what `reading.json` in the folder says, when left out.

    Returns:
        The two graphs and their links. What its notes say is logged too.

    Raises:
        ConfigError: the folder is out of bounds, see `pmf.places.stay_inside`.
        DataFormatError: no such folder, no known layout, a file in it is malformed, or it has no such share.
    """
    folder = DEMO_FOLDER if path == "demo" else data_named(path)
    try:
        folder = stay_inside(folder).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
        raise DataFormatError(folder, expected="the path of a folder", got=str(error)) from error
    try:
        if not folder.is_dir():
            got = "a file: name the folder that it lies in" if folder.exists() else "nothing"
            raise DataFormatError(folder, expected="a data set folder", got=got)
        place = _with_data(folder)
        with step(f"reading {place}"):
            pair = _read(place, image_ratio, reading)
        if place != folder:
            inside = place.relative_to(folder).as_posix()
            where = Note(kind="known", why=f"the data lie in the folder {inside}")
            pair = replace(pair, notes=(where, *_outside(folder, place), *pair.notes))
    except OSError as error:
        raise DataFormatError(folder, expected="a readable folder", got=str(error.strerror)) from error
    log(folder, pair.notes)
    return pair


def _with_data(folder: Path) -> Path:
    """The folder itself where its layout is known, else the only one below it that has a known one."""
    if any(layout.recognises(folder) for layout in LAYOUTS):
        return folder
    for pattern in ("*/", "*/*/"):
        below = sorted(path for path in folder.glob(pattern) if not any(p.startswith(".") for p in path.parts[-2:]))
        folders = [path for path in below[:1000] if any(layout.recognises(path) for layout in LAYOUTS)]
        if len(folders) == 1:
            return folders[0]
        if folders:
            got = f"{len(folders)} of them: {', '.join(path.relative_to(folder).as_posix() for path in folders[:10])}"
            raise DataFormatError(folder, expected="one data set; name the folder of one", got=got)
    raise DataFormatError(folder, expected=LOOKS_FOR, got=instead(folder.iterdir()))


def _read(folder: Path, image_ratio: float | None, reading: Reading | None) -> GraphPair:
    with begin(folder, reading or load_reading(folder)) as session:
        if dbp15k.recognises(folder):
            pair = dbp15k.read(folder, image_ratio)
        elif image_ratio is not None:
            expected = f"{dbp15k.LOOKS_FOR} with pictures kept by share"
            raise DataFormatError(folder, expected=expected, got="another layout")
        else:
            pair = next(layout for layout in LAYOUTS if layout.recognises(folder)).read(folder)
        pair = choose_entities(pair)
        if pair.format != "stored":
            _note_files_not_read(session, pair)
        return replace(
            pair, published=pair.published or folder == DEMO_FOLDER, notes=(*session.notes.done(), *pair.notes)
        )


def _note_files_not_read(session: Session, pair: GraphPair) -> None:
    """Count the files of the folder that no reader opened and no note speaks of; papers about the data aside."""
    pictures = {picture for graph, _ in pair.sides() for picture in graph.images.values()}
    for path in _files(session.folder):
        if path in session.touched or path in pictures or _is_paper(path):
            continue
        if path.name in (TRUTH_FILE, READING) or (path.is_symlink() and _target(path) in pictures):
            continue
        way = _PICTURES if pair.format == own_data.FORMAT and path.suffix.lower() in suffixes() else way_on(path)
        why = "no reader of this layout reads it"
        *above, name = path.relative_to(session.folder).parts
        place, below = (
            session.folder.joinpath(*above[:1]),
            "/".join([*above[1:], name]),
        )  # a line a folder, not each below
        note("left out", why, path=place, unit="file", example=below, remedy=way)


def _outside(folder: Path, place: Path) -> list[Note]:
    """A note on the files of a folder that lie beside its only data set, where there are any."""
    paths = [path for path in _files(folder) if not (path.is_relative_to(place) or _is_paper(path))]
    examples = tuple(path.relative_to(folder).as_posix() for path in paths[:EXAMPLES])
    why = "beside the data set, whose files lie in one folder"
    return [Note(kind="left out", why=why, unit="file", count=len(paths), examples=examples)] if paths else []


def _is_paper(path: Path) -> bool:
    return path.name.lower().startswith(_PAPERS)


def _target(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return None


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                return
            if not name.startswith("."):
                yield Path(place) / name
