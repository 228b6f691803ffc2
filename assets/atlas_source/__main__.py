"""Rebuilds the data set: `python -m assets.atlas_source [folder]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .english import english_graph
from .french import french_graph
from .graphs import with_gaps, write_graph, write_links, write_rows
from .pictures import write_pictures

HERE = Path(__file__).parent


def build(folder: Path) -> None:
    """Writes the whole data set into a folder, in place of what is there."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    sides = [with_gaps(english_graph()), with_gaps(french_graph())]
    truth = []
    for graph in sides:
        write_graph(graph, folder)
        truth += write_pictures(graph, folder)
    write_links(sides[0], sides[1], folder)
    write_rows(folder / "image_truth.tsv", truth, ("entity", "kind", "shows"))
    shutil.copyfile(HERE / "README.atlas.md", folder / "README.md")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "atlas")
