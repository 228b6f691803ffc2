"""Picture files of the entities: listed in an index, or named after them. None outside its folder is ever taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pmf.errors import DataFormatError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def picture_inside(root: Path, text: str, path: Path, line: int | None = None) -> Path | None:
    """The picture file that a path in the data names, with every link followed; None where there is no such file.

    Args:
        root: the folder it must lie in, resolved.
        text: the path relative to `root`, with forward slashes.
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
        if not place.is_dir():
            return None
        fits = [item for item in place.iterdir() if item.name.casefold() == part.casefold()]
        if len(fits) != 1:
            return None
        place = fits[0]
    found = place.resolve()
    return found if found.is_file() and found.is_relative_to(root) else None


def named_pictures(root: Path, folder: Path, entities: Iterable[str]) -> dict[int, Path]:
    """The pictures of a folder that are named after their entities.

    A file belongs to the entity whose id, or whose id's last piece (behind the last `/` or `#`; on DBpedia all behind
    `/resource/`), equals the file's name without its extension. Characters that file names can't hold stand as `%2F`
    and the like. Files named after nothing here are left out; a folder in which no picture fits is refused.

    Args:
        root: the data folder, resolved.
        folder: the folder of pictures, inside `root`; there may be none.
        entities: ids by row.

    Raises:
        DataFormatError: no picture fits, one fits several entities, an entity has two, or one leads out of `root`.
    """
    images: dict[int, Path] = {}
    if not folder.is_dir():
        return images
    rows = _rows_by_name(entities)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in EXTENSIONS)
    for file in files:
        found = rows.get(_plain(file.stem), [])
        if len(found) > 1:
            expected = "a name that means one entity, such as its whole id"
            raise DataFormatError(file, expected=expected, got=f"one that fits {len(found)}")
        for row in found:
            if row in images:
                raise DataFormatError(file, expected="one picture per entity", got=f"{images[row].name} as well")
            images[row] = picture_inside(root, file.relative_to(root).as_posix(), folder)
    if files and not images:
        raise DataFormatError(folder, expected="pictures named after their entities", got=files[0].name)
    return images


def _rows_by_name(entities: Iterable[str]) -> dict[str, list[int]]:
    """Rows by each name a picture may have; an id itself goes before another one's last piece."""
    rows: dict[str, list[int]] = {}
    whole: dict[str, list[int]] = {}
    for row, entity in enumerate(entities):
        whole.setdefault(_plain(entity), []).append(row)
        rows.setdefault(_plain(local_name(entity)), []).append(row)
    return rows | whole


def local_name(uri: str) -> str:
    """The last piece of a URI: behind the last `/` or `#`, on DBpedia all behind `/resource/`."""
    return uri.partition("/resource/")[2] or re.split("[/#]", uri.rstrip("/#"))[-1]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name))  # some file systems keep letters and accents apart
