"""Which file and which column holds what, as a person chose it: kept beside the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.shared.services.access import Role, User, require
from pmf.data.readers import read_graph_pair
from pmf.data.readers.mapping import Preview, can_be_mapped, mapping_of, previews
from pmf.data.reading import Reading, load_reading, save_reading

COLUMNS = {"id": "Column of ids", "name": "Column of names", "type": "Column of types", "image": "Column of pictures"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMapping:
    """A folder's files and what they are taken for.

    Args:
        files: by name.
        filled: every choice, guessed where nobody chose.
    """

    files: dict[str, Preview]
    filled: Reading


def look(folder: Path) -> FolderMapping | None:
    """What the files of a folder are taken for; None where there is nothing to choose.

    Raises:
        DataFormatError: its `reading.json` is malformed.
    """
    if not can_be_mapped(folder):
        return None
    reading = load_reading(folder)
    return FolderMapping(
        files={file.name: file for file in previews(folder, reading)}, filled=mapping_of(folder, reading)
    )


def keep(user: User, folder: Path, settings: Mapping[str, str]) -> None:
    """Read the folder so, and keep the choices beside the data if that went well.

    Raises:
        NotAllowedError: the user is no admin.
        DataFormatError: the folder cannot be read so; nothing is kept.
        ConfigError: a choice cannot be, or the folder cannot be written to.
    """
    require(user, Role.ADMIN, "change how a data set is read")
    reading = load_reading(folder).with_settings(settings)
    read_graph_pair(folder, reading=reading)
    save_reading(folder, reading)


def table(file: Preview) -> pd.DataFrame:
    """The first rows of a file."""
    return pd.DataFrame(file.rows, columns=file.header)
