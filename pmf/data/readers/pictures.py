"""Picture files of the entities: listed in an index, or named after them. None outside its folder is ever taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pmf.data.pictures import suffixes
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import note, session
from pmf.errors import DataFormatError

_ROOTED = re.compile(r"(?:file:|[A-Za-z]:)?[\\/]", re.IGNORECASE)
_NUMBERED = re.compile(r"(.+?)(?:[ _-]+\d{1,3}| *\(\d{1,3}\))")  # as where an entity has several


def is_rooted(text: str) -> bool:
    """Whether a path begins at the root of a machine, of any system."""
    return _ROOTED.match(text) is not None


def portable(text: str, path: Path, line: int | None = None) -> str:
    """A path in the data as it is; of one from the root of a machine, which was another one, the file's name alone."""
    if not is_rooted(text):
        return text
    why = "a path from the root of a machine: looked for by its name, in the data folder alone"
    note("changed", why, path=path, unit="picture", example=text if line is None else f"line {line:,}: {text}")
    return re.split(r"[\\/]", text.rstrip("\\/"))[-1]


def picture_inside(root: Path, text: str, path: Path, line: int | None = None) -> Path | None:
    """The picture file that a path in the data names, with every link followed; None where there is no such file.

    Args:
        root: the folder it must lie in, resolved.
        text: the path relative to `root`, with slashes of either kind; capitals may differ.
        path: the file that names it, for the error message.
        line: the line there.

    Raises:
        DataFormatError: it leads out of the folder.
    """
    relative = PurePosixPath(text.replace("\\", "/"))
    try:
        picture = (root / relative).resolve()
        if relative.is_absolute() or ".." in relative.parts or not picture.is_relative_to(root):
            raise DataFormatError(path, line=line, expected="a path inside the data folder", got=text)
        return picture if picture.is_file() else _other_case(root, relative)
    except (OSError, RuntimeError, ValueError):  # a name too long; a loop of links; a NUL
        return None


def _other_case(root: Path, relative: PurePosixPath) -> Path | None:
    """The file whose path differs in its capitals only, as where it was written on Windows or macOS."""
    place = root
    for part in relative.parts:
        fits = [item for item in place.iterdir() if item.name.casefold() == part.casefold()] if place.is_dir() else []
        if len(fits) != 1:
            return None
        place = fits[0]
    real = place.resolve()
    return real if real.is_file() and real.is_relative_to(root) else None


def named_pictures(root: Path, folder: Path, entities: Iterable[str]) -> dict[int, Path]:
    """The pictures of a folder that are named after their entities, or lie in folders named after them.

    A file belongs to the entity whose id, or whose id's last piece (behind the last `/` or `#`; on DBpedia all behind
    `/resource/`), equals the file's name without its extension. Characters that file names can't hold stand as `%2F`
    and the like. Where no name is quite the same, near misses are taken that fit one entity only. An entity gets one
    picture, the first by name; notes count all files that are not taken, and why.

    Args:
        root: the data folder, resolved.
        folder: the folder of pictures, inside `root`; there may be none.
        entities: ids by row.

    Raises:
        DataFormatError: a picture leads out of `root`.
    """
    images: dict[int, Path] = {}
    if not folder.is_dir():
        return images
    finder = _Finder(entities)
    found = [(file, name, *finder.find(name)) for file, name in _candidates(folder)]
    for file, name, row, why in sorted(found, key=lambda one: bool(one[3])):  # near misses last
        session().touched.add(file)
        if file.suffix.lower() not in suffixes():
            why, row = f"{file.suffix.lower() or 'no ending'}: not a picture that can be read", None
        elif row is not None and row in images:
            why = "its entity has a picture already"
        elif row is not None:
            picture = picture_inside(root, file.relative_to(root).as_posix(), folder)
            if picture is not None:
                images[row] = picture
                if why:
                    note("changed", why, path=folder, unit="picture name", example=name)
                continue
            why = "a link to nothing"
        note("left out", why, path=folder, unit="file", example=file.relative_to(folder).as_posix())
    return images


def _candidates(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files with the name that should be an entity's: their own, or that of their folder."""
    for item in sorted(folder.iterdir()):
        if item.name.startswith("."):
            continue
        if item.is_dir() and not item.is_symlink():
            for file in sorted(item.rglob("*")):
                if not file.is_dir() and not file.name.startswith("."):
                    yield file, item.name
        else:
            yield item, item.stem


class _Finder:
    """Entities by what their picture files may be called."""

    def __init__(self, entities: Iterable[str]) -> None:
        self._rows: dict[str, list[int]] = {}
        whole: dict[str, list[int]] = {}
        ids: dict[str, int] = {}
        for row, entity in enumerate(entities):
            ids[entity] = row
            whole.setdefault(_plain(entity), []).append(row)
            self._rows.setdefault(_plain(local_name(entity)), []).append(row)
        self._rows |= whole  # an id itself goes before another one's last piece
        self._near = NearIds(ids)

    def find(self, name: str) -> tuple[int | None, str]:
        """The entity of a name, and how the name differs; or None, and why there is none."""
        rows = self._rows.get(_plain(name), [])
        if len(rows) == 1:
            return rows[0], ""
        if rows:
            return None, "the name fits several entities: call it by the whole id"
        row, how = self._near.find(unquote(name))
        if row is None and (numbered := _NUMBERED.fullmatch(name)):
            row, how = self._near.find(unquote(numbered[1]))[0], "without the number at its end"
        return (row, f"one entity fits {how}") if row is not None else (None, "named after no entity")


def local_name(uri: str) -> str:
    """The last piece of a URI: behind the last `/` or `#`, on DBpedia all behind `/resource/`."""
    return uri.partition("/resource/")[2] or re.split("[/#]", uri.rstrip("/#"))[-1]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name))  # some file systems keep letters and accents apart
