"""Data folders of any known layout, each recognised by looking at it."""

from __future__ import annotations

from pathlib import Path

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import dbp15k, openea
from pmf.errors import DataFormatError

DEMO_FOLDER = Path(__file__).parents[3] / "assets" / "atlas"


def read_graph_pair(path: str | Path) -> GraphPair:
    """Reads a data set, whole or not at all.

    Args:
        path: a folder in the DBP15K or the OpenEA layout (see `pmf.data.readers.dbp15k` and `.openea`), or "demo"
            for the bundled one.

    Returns:
        The two graphs and their links.

    Raises:
        DataFormatError: no such folder, no known layout, or a file in it is malformed.
    """
    folder = DEMO_FOLDER if path == "demo" else Path(path)
    try:
        folder = folder.resolve()
        if not folder.is_dir():
            got = "a file" if folder.exists() else "nothing"
            raise DataFormatError(folder, expected="a data set folder", got=got)
        if dbp15k.recognises(folder):
            return dbp15k.read(folder)
        if openea.recognises(folder):
            return openea.read(folder)
        content = ", ".join(sorted(item.name for item in folder.iterdir())) or "an empty folder"
    except OSError as error:
        raise DataFormatError(folder, expected="a readable folder", got=str(error.strerror)) from error
    raise DataFormatError(folder, expected=f"{dbp15k.LOOKS_FOR} or {openea.LOOKS_FOR}", got=content)
