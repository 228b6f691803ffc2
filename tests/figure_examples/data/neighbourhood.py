"""Fixed data for `app.data.figures.neighbourhood`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.data.figures import neighbourhood
from app.data.services.neighbourhood import Edge


def _node(label: str, hop: int, side: str = "source") -> dict[str, Any]:
    return {"label": label, "side": side, "hop": hop, "about": f"{side}, 3 relation triples"}


def around() -> dict[str, Any]:
    nodes = [_node("Austria", 0), *(_node(f"neighbour {i}", 1) for i in range(6)), _node("further away", 2)]
    edges = [Edge(head=0, tail=i, relation="borders") for i in range(1, 7)]
    edges += [Edge(head=7, tail=2, relation="capital of")]
    return dict(neighbourhood.neighbourhood(nodes, edges, _node("Österreich", 1, "target")))


EXAMPLES: dict[str, Callable[[], Any]] = {"neighbourhood": around}
