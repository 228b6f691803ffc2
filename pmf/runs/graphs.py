"""The data set behind a run, read again, if it is still the same."""

from __future__ import annotations

from pathlib import Path

from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.errors import PMFError
from pmf.runs.reader import RunReader


def graphs_of(run: RunReader, folder: Path | None = None) -> tuple[GraphPair | None, str]:
    """The graphs that a run was trained on, or None and why not.

    Args:
        run: the run.
        folder: where to read them; where the run found them when left out.
    """
    try:
        path = folder or run.facts.data_path  # which may be a name, "demo"
        graphs = read_graph_pair(path, image_ratio=run.facts.settings["image_ratio"])
    except (PMFError, OSError) as error:
        return None, f"the data folder is gone ({error})"
    if not run.is_of(graphs):
        return None, "the data folder has changed since this run was trained, so its entities may be others"
    return graphs, ""
