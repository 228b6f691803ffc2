"""The modalities there are: one file each in this folder. Every table about modalities is made of these records."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from pmf.modalities.modality import Modality

if TYPE_CHECKING:
    from pmf.data.graph_pair import GraphPair


def _all() -> dict[str, Modality]:
    modules = (import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    records: list[Modality] = [module.MODALITY for module in modules if hasattr(module, "MODALITY")]
    return {record.name: record for record in sorted(records, key=lambda record: record.place)}


MODALITIES = _all()
"""By name, in the order in which they are listed everywhere."""


def available(pair: GraphPair) -> list[str]:
    """What both graphs of a pair have, without those that are used only when they are named."""
    graphs = [graph for graph, _ in pair.sides()]
    return [
        name
        for name, modality in MODALITIES.items()
        if modality.present and not modality.on_request and all(modality.present(graph).any() for graph in graphs)
    ]
