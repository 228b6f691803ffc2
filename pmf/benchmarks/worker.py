"""Measures one section: the request comes as JSON on stdin, the answer goes as JSON to stdout."""

from __future__ import annotations

import json
import sys

from pmf.benchmarks.epoch import epoch_section
from pmf.benchmarks.growth import growth_row
from pmf.benchmarks.machine import machine_section
from pmf.benchmarks.request import Request
from pmf.benchmarks.search import search_row
from pmf.benchmarks.to_hits import to_hits_section
from pmf.bounded.json_files import parse_json
from pmf.errors import PMFError

SECTIONS = {
    "machine": machine_section,
    "epoch": epoch_section,
    "growth": growth_row,
    "search": search_row,
    "to_hits": to_hits_section,
}

if __name__ == "__main__":
    request = Request(**parse_json(sys.stdin.read()))
    try:
        said = SECTIONS[request.section](request)
    except PMFError as error:
        said = {"problem": str(error)}
    json.dump(said, sys.stdout, allow_nan=False)
