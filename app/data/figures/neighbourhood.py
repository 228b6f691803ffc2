"""The entities around one, on rings by their distance, as an ECharts option."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from app.data.services.neighbourhood import Edge
from app.shared.figures import style

SHAPES = {"source": (style.SOURCE, "circle"), "target": (style.TARGET, "diamond")}
RINGS = (0.0, 1.0, 1.9)
WIDTH = 1.25  # of the rings for their height, so that labels have room


def neighbourhood(nodes: Sequence[dict[str, Any]], edges: Sequence[Edge], counterpart: dict[str, Any] | None) -> Any:
    """A graph whose nodes can be chosen: the index of a chosen node is its place in `nodes`, then the counterpart.

    Args:
        nodes: `label, side, hop, about` of each entity, the chosen one first; `about` is said on hover.
        edges: between them; ends are places in `nodes`.
        counterpart: of the chosen one, drawn outside and joined by a dashed line.
    """
    outwards = 1 if nodes[0]["side"] == "source" else -1  # source left, target right
    places = _places([node["hop"] for node in nodes], edges)
    data = [_node(n, outwards * x, y, chosen=i == 0) for i, (n, (x, y)) in enumerate(zip(nodes, places, strict=True))]
    links = [_edge(edge) for edge in edges]
    if counterpart:
        reach = WIDTH * (RINGS[max(node["hop"] for node in nodes)] + 0.9)
        data.append(_node(counterpart, outwards * reach, 0, chosen=False))
        data[-1]["label"]["position"] = "bottom"
        links.append(_link(len(nodes)))
    for i, node in enumerate(data):
        node["id"] = str(i)
    return {"animation": False, "tooltip": {"confine": True}, "series": [_SERIES | {"data": data, "links": links}]}


_SERIES = {
    "type": "graph",
    "layout": "none",
    "preserveAspect": True,
    "roam": True,
    "selectedMode": "single",
    "edgeSymbol": ["none", "arrow"],
    "edgeSymbolSize": 6,
    "left": 90,
    "right": 90,
    "top": 24,
    "bottom": 24,
    "lineStyle": {"color": style.QUIET, "width": 1},
    "labelLayout": {"hideOverlap": True},
    "emphasis": {"focus": "adjacency", "lineStyle": {"width": 3}},
    "select": {"itemStyle": {"borderWidth": 3}},
}


def _node(node: dict[str, Any], x: float, y: float, *, chosen: bool) -> dict[str, Any]:
    colour, symbol = SHAPES[node["side"]]
    return {
        "name": node["label"],
        "value": node["about"],
        "x": x,
        "y": y,
        "symbol": symbol,
        "symbolSize": 30 if chosen else 16 if node["hop"] < 2 else 11,
        "itemStyle": {"color": colour, "borderColor": colour},
        "label": {
            "show": True,
            "position": "bottom" if chosen else "right" if x >= 0 else "left",
            "fontWeight": "bold" if chosen else "normal",
            "width": 120,
            "overflow": "truncate",
        },
    }


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": str(edge.head),
        "target": str(edge.tail),
        "value": edge.relation,
        "lineStyle": {"curveness": 0.08, "opacity": 0.8 if 0 in (edge.head, edge.tail) else 0.3},
    }


def _link(counterpart: int) -> dict[str, Any]:
    return {
        "source": "0",
        "target": str(counterpart),
        "value": "known counterpart",
        "symbol": ["none", "none"],
        "lineStyle": {"type": "dashed", "width": 2, "color": style.RIGHT, "opacity": 1},
    }


def _places(hops: Sequence[int], edges: Sequence[Edge]) -> list[tuple[float, float]]:
    """One ring a hop; entities two hops away lie near the one they are reached through."""
    beside: dict[int, set[int]] = {}
    for edge in edges:
        beside.setdefault(edge.head, set()).add(edge.tail)
        beside.setdefault(edge.tail, set()).add(edge.head)
    first = [i for i, hop in enumerate(hops) if hop == 1]
    children: dict[int, list[int]] = {i: [] for i in first}
    for i, hop in enumerate(hops):
        if hop == 2:
            children[next(parent for parent in first if parent in beside.get(i, ()))].append(i)
    room = {i: max(1, len(children[i])) for i in first}
    total, angle, places = max(1, sum(room.values())), 0.0, {0: (0.0, 0.0)}
    for parent in first:
        wide = 2 * math.pi * room[parent] / total
        places[parent] = _on_ring(1, angle + wide / 2)
        for place, child in enumerate(children[parent]):
            places[child] = _on_ring(2, angle + wide * (place + 0.5) / len(children[parent]))
        angle += wide
    return [places[i] for i in range(len(hops))]


def _on_ring(ring: int, angle: float) -> tuple[float, float]:
    return round(WIDTH * RINGS[ring] * math.cos(angle), 4), round(RINGS[ring] * math.sin(angle), 4)
