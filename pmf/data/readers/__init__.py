"""Data folders of any known layout, each recognised by looking at it."""

from __future__ import annotations

import logging
from pathlib import Path

from pmf.data import stored
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import dbp15k, mmkg, openea, own_data
from pmf.errors import DataFormatError
from pmf.places import ASSETS, data_named

DEMO_FOLDER = ASSETS / "atlas"


def read_graph_pair(path: str | Path, *, image_ratio: float | None = None) -> GraphPair:
    """Reads a data set, whole or not at all.

    Args:
        path: a folder in a known layout (see `dbp15k`, `openea`, `mmkg` and `own_data` beside this file), the name of
            one in the data folder (`PMF_DATA`), or "demo" for the bundled one.
        image_ratio: read the feature file of MMEA-UMVM in which only this share of the entities keeps its picture.

    Returns:
        The two graphs and their links. What its notes say is logged too.

    Raises:
        DataFormatError: no such folder, no known layout, a file in it is malformed, or it has no such share.
    """
    folder = DEMO_FOLDER if path == "demo" else data_named(path)
    try:
        folder = folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
        raise DataFormatError(folder, expected="the path of a folder", got=str(error)) from error
    try:
        if not folder.is_dir():
            got = "a file" if folder.exists() else "nothing"
            raise DataFormatError(folder, expected="a data set folder", got=got)
        pair = _read(folder, image_ratio)
    except OSError as error:
        raise DataFormatError(folder, expected="a readable folder", got=str(error.strerror)) from error
    for note in pair.notes:
        logging.getLogger(__name__).warning("%s: %s", folder, note)
    return pair


def _read(folder: Path, image_ratio: float | None) -> GraphPair:
    if dbp15k.recognises(folder):
        return dbp15k.read(folder, image_ratio)
    if image_ratio is not None:
        raise DataFormatError(folder, expected=f"{dbp15k.LOOKS_FOR} with pictures kept by share", got="another layout")
    if stored.recognises(folder):
        return stored.read(folder)
    if openea.recognises(folder):
        return openea.read(folder)
    if mmkg.recognises(folder):
        return mmkg.read(folder)
    if own_data.recognises(folder):
        return own_data.read(folder)
    content = ", ".join(sorted(item.name for item in folder.iterdir())) or "an empty folder"
    looks_for = " or ".join(layout.LOOKS_FOR for layout in (dbp15k, openea, mmkg, own_data))
    raise DataFormatError(folder, expected=looks_for, got=content)
