"""The data set behind a run, for commands that look at both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmf.errors import PMFError

if TYPE_CHECKING:
    from pmf.data.graph_pair import GraphPair
    from pmf.runs.reader import RunReader


def graphs_of(run: RunReader) -> tuple[GraphPair | None, str]:
    """The graphs that a run was trained on, or None and why not."""
    from pmf.data.readers import read_graph_pair

    described = run.config.get("dataset", {})
    try:
        graphs = read_graph_pair(described.get("path", ""))
        if graphs.fingerprint == described.get("fingerprint"):
            return graphs, ""
    except (PMFError, OSError) as error:
        return None, f"the data cannot be read ({error})"
    return None, "the data has changed since the run was trained"
