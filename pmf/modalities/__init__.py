"""The modalities there are: one file each in this folder. Every table about modalities is made of these records."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from pmf.modalities.modality import Modality
from pmf.modalities.whole import WHOLE


def _all() -> dict[str, Modality]:
    modules = (import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    records: list[Modality] = [module.MODALITY for module in modules if hasattr(module, "MODALITY")]
    return {record.name: record for record in sorted(records, key=lambda record: record.place)}


MODALITIES = _all()
"""By name, in the order in which they are listed everywhere."""

RECORDED = {**MODALITIES, WHOLE.name: WHOLE}
"""What the arrays of a run folder can be of: an adopted run may have the whole embedding and no modalities."""
