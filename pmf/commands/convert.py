"""`pmf data convert`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "convert", "pickled picture features into safetensors, without executing them", _run)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="X.safetensors", help="text keys: also X.txt")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument("--memory-gb", type=float, default=4, metavar="GB", help="the most memory it may take (4)")
    parser.add_argument("--seconds", type=int, default=600, metavar="S", help="the longest it may take (600)")


def _run(options: argparse.Namespace) -> None:
    from pmf.features.pickles.convert import convert_features

    done = convert_features(
        options.file, options.out, memory_gb=options.memory_gb, seconds=options.seconds, overwrite=options.force
    )
    entities = str(done.entities) if done.entities else None
    summary = {"out": str(done.out), "entities": entities, "rows": done.rows, "width": done.width}
    listed = f", their entities to {entities}" if entities else ""
    print(json.dumps(summary) if options.json else f"{done.rows:,} × {done.width:,} features to {done.out}{listed}")
