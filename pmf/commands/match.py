"""`pmf match`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.commands.progress import printable
from pmf.config.evaluation import DECODES
from pmf.data.notes import counted
from pmf.places import run_named


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "match", "write the alignment itself, with probabilities", _run)
    parser.add_argument("folder", type=run_named, metavar="RUN")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to; its ending says how: .tsv, .csv, .sssom.tsv, .nt (owl:sameAs), .rdf (Alignment API)",
    )
    parser.add_argument(
        "--dangling", type=Path, metavar="FILE.tsv", help="source entities left without a partner, written there"
    )
    parser.add_argument(
        "--candidates",
        type=Path,
        metavar="PAIRS",
        help="score only these pairs, blocked elsewhere: .parquet (or a folder of it), .csv or .tsv with two columns "
        "of ids, such as source, target or Splink's unique_id_l, unique_id_r",
    )
    parser.add_argument(
        "--decode",
        choices=DECODES,
        help="rule (mutual nearest pairs by the run's own scores, which is all that scores alone allow; with "
        "--candidates by cosine)",
    )
    parser.add_argument(
        "--many-to-one", action="store_true", help="every source entity its best target, also one that another has"
    )


def _run(options: argparse.Namespace) -> None:
    from pmf.alignment.confidence.calibration import FITTED_ON
    from pmf.alignment.evaluation.align import match_run
    from pmf.alignment.evaluation.of_candidates import WHY_NO_PROBABILITIES, match_blocked, read_blocked
    from pmf.data.alignment_files import write_alignment, write_text
    from pmf.runs.reader import RunReader

    run = RunReader(options.folder)
    one_to_one, blocked = not options.many_to_one, None
    if options.candidates is None:
        matching = match_run(run, decode=options.decode, one_to_one=one_to_one)
    else:
        blocked = read_blocked(run, options.candidates, decode=options.decode, one_to_one=one_to_one)
        if not options.json:
            print("\n".join(map(printable, blocked.lines())), flush=True)
        matching = match_blocked(run, blocked)
    write_alignment(matching.alignment, options.out, data=run.facts.data_name or run.run_id)
    summary = {
        "out": str(options.out),
        "pairs": len(matching.alignment),
        "decode": "many-to-one"
        if options.many_to_one
        else options.decode or ("mutual" if blocked is None else "cosine"),
        "calibrated_on": matching.calibrated_on,
    }
    text = f"{counted(len(matching.alignment), 'pair')} written to {options.out}"
    if matching.denied:
        summary |= {"denied": matching.denied}
        text += f", {counted(matching.denied, 'pair')} left out because verdicts say so"
    if options.dangling:
        write_text(options.dangling, matching.dangling.to_csv(sep="\t", index=False))
        summary |= {"dangling": str(options.dangling), "unmatched": len(matching.dangling)}
        text += f", {len(matching.dangling):,} source entities without a partner to {options.dangling}"
    came = {"given": "probabilities as they came", "none": "no probabilities, as no such scores came"}
    if blocked is not None:
        summary |= {"candidates": blocked.facts()}
        came["none"] = WHY_NO_PROBABILITIES
    fitted_on = came.get(matching.calibrated_on) or f"probabilities fitted on {FITTED_ON[matching.calibrated_on]}"
    print(json.dumps(summary) if options.json else f"{text}; {fitted_on}")
