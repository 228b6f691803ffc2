"""`pmf data synthesize`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.progress import step

SIZES = ("entities", "linked", "relations", "attributes", "types", "mean_degree", "mean_attributes")
FEATURES = ("relevant", "irrelevant", "noise", "width")


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(
        commands, "synthesize", "make a graph pair, or pictures for one, of which the truth is known", _run
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder")
    parser.add_argument("--onto", metavar="PATH", help="plant pictures on this data set instead of making graphs")
    parser.add_argument("--like", metavar="PATH", help="sizes of this data set where no option gives another")
    parser.add_argument("--entities", type=int, help="of each side (1000)")
    parser.add_argument("--linked", type=float, help="share of them with a counterpart (0.75)")
    parser.add_argument("--relations", type=int, help="relation names (100)")
    parser.add_argument("--attributes", type=int, help="attribute names (200)")
    parser.add_argument("--types", type=int, help="entity types (20)")
    parser.add_argument("--mean-degree", type=float, help="relation triples at an entity (7)")
    parser.add_argument("--mean-attributes", type=float, help="attribute triples of an entity (5)")
    parser.add_argument("--relevant", type=float, help="share of linked entities whose picture tells who it is (0.5)")
    parser.add_argument("--irrelevant", type=float, help="share of them whose picture tells its type at most (0.3)")
    parser.add_argument("--noise", type=float, help="how much relevant pictures of counterparts differ (0.2)")
    parser.add_argument("--width", type=int, help="of the picture features (64)")
    parser.add_argument("--seed", type=int, default=0, help="of every random choice (0)")


def _run(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from pmf.data.planted import PlantingOptions, plant
    from pmf.data.readers import read_graph_pair
    from pmf.data.synthetic import SyntheticOptions, options_like, synthetic_pair
    from pmf.data.write import copy_with_images, write_pair
    from pmf.errors import ConfigError

    def given(names: tuple[str, ...]) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(options, name)) is not None}

    sizes = given(SIZES)
    if options.onto:
        graph_sizes = sorted({*sizes, *given(("like",))} - {"types"})
        if graph_sizes:
            raise ConfigError(f"--onto takes its graphs from {options.onto}; leave out {', '.join(graph_sizes)}")
        pair = read_graph_pair(options.onto)
    else:
        base = options_like(read_graph_pair(options.like)) if options.like else SyntheticOptions()
        with step("making graphs"):
            pair = synthetic_pair(replace(base, **sizes, seed=options.seed))
    types = {"types": sizes["types"]} if "types" in sizes else {}
    with step("planting pictures"):
        images, kinds = plant(pair, PlantingOptions(**given(FEATURES), **types, seed=options.seed))
    with step(f"writing {options.out}"):
        (copy_with_images if options.onto else write_pair)(pair, options.out, images, kinds)
    summary = {
        "out": str(options.out),
        "entities": [len(pair.source), len(pair.target)],
        "links": len(pair.links),
        "triples": [len(graph.relation_triples) for graph, _ in pair.sides()],
        "images": {name: int((kinds == i).sum()) for i, name in enumerate(("relevant", "irrelevant", "missing"))},
    }
    print(json.dumps(summary) if options.json else "\n".join(f"{name}: {value}" for name, value in summary.items()))
