"""Measures one section, in a process of its own."""

from __future__ import annotations

from typing import Any

from pmf.benchmarks.agreement import check
from pmf.benchmarks.epoch import epoch_section
from pmf.benchmarks.growth import growth_row
from pmf.benchmarks.machine import device_section, machine_section
from pmf.benchmarks.ranks import ranks_row
from pmf.benchmarks.request import Request
from pmf.benchmarks.search import search_row
from pmf.benchmarks.setup import drawn_section
from pmf.benchmarks.step_memory import memory_section
from pmf.benchmarks.to_hits import to_hits_section
from pmf.benchmarks.update import update_section
from pmf.processes import answer

SECTIONS = {
    "machine": machine_section,
    "epoch": epoch_section,
    "growth": growth_row,
    "search": search_row,
    "ranks": ranks_row,
    "to_hits": to_hits_section,
    "update": update_section,
    "check": check,
    "memory": memory_section,
    "device": device_section,
    "drawn": drawn_section,
}


def _measure(request: dict[str, Any]) -> dict[str, Any]:
    return SECTIONS[request["section"]](Request(**request))


if __name__ == "__main__":
    answer(_measure)
