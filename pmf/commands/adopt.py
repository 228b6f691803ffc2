"""`pmf adopt`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.config.evaluation import DECODES
from pmf.places import new_run_folder


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "adopt", "make a run of what another system has left", _run)
    parser.add_argument("--data", required=True, help='folder of the data set, or "demo" for the bundled one')
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        required=True,
        metavar="PATH",
        help="its output: embeddings, a similarity or a table of pairs; a file, or a folder that is looked at",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder to write (PMF_RUNS/DATA-adopted-…)")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="ROLE=PATH",
        help="what a file is whose name does not say so: fused, a modality, weights, relevance, similarity, pairs, ids "
        "(of the rows) or epochs (a folder of fused embeddings)",
    )
    parser.add_argument(
        "--split", metavar="NAME", help="which links are test links: a split of the data, a run, or a file of them"
    )
    parser.add_argument(
        "--scope",
        choices=("closed", "open"),
        help="candidates (closed; open where a table has others)",
    )
    parser.add_argument(
        "--decode",
        choices=DECODES,
        help="what candidates are ranked by (cosine, or the scores as they came)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a setting of that: evaluation.decode=csls, evaluation.csls_k=10, evaluation.sinkhorn_temperature=0.02, …",
    )
    parser.add_argument("--no-maps", action="store_true", help="leave out the maps and the causes of errors")


def _run(options: argparse.Namespace) -> None:
    from pmf.adopting.adopt import Wishes, adopt
    from pmf.adopting.ranking import ranking_settings
    from pmf.commands.report import print_figures
    from pmf.config.build import parse_settings

    files = {role: Path(path) for role, path in parse_settings(options.file, "--file").items()}
    settings = parse_settings(options.settings, "--set")
    settings = ranking_settings(settings, scope=options.scope, decode=options.decode)
    wishes = Wishes(files=files, split=options.split, settings=settings)
    folder = options.out or new_run_folder(options.data, "adopted")
    run = adopt(options.data, options.source, folder, wishes, maps=not options.no_maps, progress=options.progress)
    adopted, results = run.facts.adopted, run.results() or {}
    assert adopted is not None
    if options.json:
        lines = list(adopted.lines)
        print(json.dumps({"run": str(folder), "layout": adopted.layout, "lines": lines, "results": results}))
        return
    print(f"read as {adopted.layout}:")
    for line in adopted.lines:
        print(f"  {line}")
    print_figures(results)
    print(f"run {folder}")
