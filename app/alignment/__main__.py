"""`pmf alignment`: the alignment of a data set, which stays while runs and people come and go.

pmf alignment propose RUN                 what the run finds becomes a proposal; what earlier runs alone found goes
pmf alignment accept RUN --over 0.95      accept by a rule; prints an id by which all of it is taken back
pmf alignment show RUN [--state STATE]    the pairs as a table; --at 2026-05-01 as they stood then
pmf alignment history RUN SOURCE TARGET   everything that was said of a pair; "" for no counterpart
pmf alignment diff RUN --since 2026-05-01 pairs whose state changed
pmf alignment undo ID                     take back a verdict with its card, an entry, or what one command wrote
pmf alignment export RUN --out FILE       .csv, .tsv, .sssom.tsv, .nt (owl:sameAs), .rdf (Alignment API)
pmf alignment follow RUN OLDER_RUN        the data of RUN are the next version: they take on the older alignment
pmf alignment cycle RUN RUN RUN           of three data sets, two by two: where they contradict each other

Any run names its data. Exit status: 0 done, 2 wrong usage or bad input (one line).
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from app.alignment.services.cycle import contradictions, given
from app.alignment.services.export import content, select
from app.alignment.services.tables import alignment_table, diff_table, history_table
from app.shared.services.run_view import RunView, fingerprint
from app.store import ACCEPTED, STATES, ReviewStore, open_store
from app.store.alignment_history import diff
from pmf.data.notes import counted
from pmf.errors import PMFError
from pmf.files import whole_file
from pmf.places import run_named
from pmf.runs.reader import RunReader

Command = Callable[[ReviewStore, argparse.Namespace], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        store = open_store(options.store)
        try:
            print(options.command(store, options), end="")  # noqa: T201 - a command line
        finally:
            store.close()
    except PMFError as error:
        print(f"pmf alignment: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        print(f"pmf alignment: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _propose(store: ReviewStore, options: argparse.Namespace) -> str:
    from app.alignment.services.proposing import propose_run  # here, not above: it imports torch

    run = _run(options)
    found = propose_run(store, run, one_to_one=not options.many_to_one)
    pairs = found.pairs
    text = f"{pairs.new:,} new, {pairs.again:,} proposed again, {pairs.withdrawn:,} withdrawn\n"
    if found.follows:
        text += f"the alignment of {found.follows} goes on; {counted(found.changed, 'accepted pair')} changed\n"
    elif updated := run.reader.facts.updated:
        text += f"{updated.parent} is not beside it, so its alignment does not go on: pmf alignment follow\n"
    return text


def _accept(store: ReviewStore, options: argparse.Namespace) -> str:
    batch, accepted = store.accept_over(fingerprint(_run(options)), options.over)
    return (
        f"{counted(accepted, 'pair')} accepted"
        + (f"; pmf alignment undo {batch} takes it back" * bool(accepted))
        + "\n"
    )


def _show(store: ReviewStore, options: argparse.Namespace) -> str:
    pairs = store.alignment(fingerprint(_run(options)), options.at)
    return _text(alignment_table(one for one in pairs if one.state in (options.state or STATES)))


def _history(store: ReviewStore, options: argparse.Namespace) -> str:
    return _text(history_table(store.pair_history(fingerprint(_run(options)), options.source, options.target)))


def _diff(store: ReviewStore, options: argparse.Namespace) -> str:
    data = fingerprint(_run(options))
    return _text(diff_table(diff(store.alignment(data, options.since), store.alignment(data, options.until))))


def _undo(store: ReviewStore, options: argparse.Namespace) -> str:
    return f"{counted(store.take_back(options.id, options.by), 'entry')} taken back\n"


def _export(store: ReviewStore, options: argparse.Namespace) -> str:
    run = _run(options)
    pairs = store.alignment(fingerprint(run), options.at)
    chosen = select(pairs, options.out.name, options.state or ACCEPTED)
    with whole_file(options.out) as temporary:
        temporary.write_bytes(content(chosen, options.out.name, data=run.reader.facts.data_name or run.run_id))
    more = f"; left out: {chosen.left_out}" if chosen.left_out else ""
    return f"{counted(len(chosen.pairs), 'pair')} written to {options.out}{more}\n"


def _follow(store: ReviewStore, options: argparse.Namespace) -> str:
    older = RunView(RunReader(run_named(options.older)))
    entry = store.follow(fingerprint(_run(options)), fingerprint(older), _me())
    more = f"; pmf alignment undo {entry} takes it back" if entry else " already"
    return f"{options.run} takes on the alignment of {older.run_id}{more}\n"


def _cycle(store: ReviewStore, options: argparse.Namespace) -> str:
    runs = [_run(options), *(RunView(RunReader(run_named(name))) for name in options.others)]
    edges = [
        [
            *given(run),
            *(
                (one.source, one.target, one.state, None if one.by == "person" else one.probability)
                for one in store.alignment(fingerprint(run), options.at)
                if one.state in (options.state or ACCEPTED) and all(one.pair)
            ),
        ]
        for run in runs
    ]
    found = contradictions(runs, edges)
    print(  # noqa: T201
        f"{found.contradicting:,} of {found.groups:,} groups over {found.data_sets} data sets hold two entities of one",
        file=sys.stderr,
    )
    return _text(found.pairs)


def _me() -> str:
    return os.environ.get("USER") or "command line"


def _run(options: argparse.Namespace) -> RunView:
    return RunView(RunReader(run_named(options.run)))


def _text(table: pd.DataFrame) -> str:
    return str(table.to_csv(sep="\t", index=False))


def _time(text: str, *, end: bool = False) -> float:
    """Unix time of an ISO date or time, in UTC where it does not say; of a date its beginning, or its end."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r:.40} is no date like 2026-05-01, nor a time like 2026-05-01T12:30"
        ) from None
    if end and len(text) <= len("2026-05-01"):
        moment += datetime.timedelta(days=1)
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _end(text: str) -> float:
    return _time(text, end=True)


def _probability(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r:.40} is no number from 0 to 1")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pmf alignment", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", metavar="URL", help="PMF_REVIEWS, or reviews.sqlite in the runs folder")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help_: str, command: Command) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(command=command)
        if name != "undo":
            one.add_argument("run", metavar="RUN", help="any run over the data")
        return one

    add("propose", "propose what a run finds", _propose).add_argument("--many-to-one", action="store_true")
    accept = add("accept", "accept the proposed pairs of at least some probability", _accept)
    accept.add_argument("--over", type=_probability, required=True, metavar="PROBABILITY")
    show = add("show", "the pairs, tab-separated", _show)
    history = add("history", "everything that was said of a pair, oldest first", _history)
    history.add_argument("source", help='URI; "" for a target without counterpart')
    history.add_argument("target", nargs="?", default="", help="URI; none for a source without counterpart")
    changes = add("diff", "pairs whose state changed between two times", _diff)
    changes.add_argument("--since", type=_time, required=True, metavar="TIME", help="ISO date or time, UTC")
    changes.add_argument("--until", type=_end, default=math.inf, metavar="TIME", help="now")
    undo = add("undo", "take back a verdict with the rest of its card, an entry or a batch, by its id", _undo)
    undo.add_argument("id", metavar="ID")
    undo.add_argument("--by", default=_me(), metavar="NAME", help="who takes it back (%(default)s)")
    export = add("export", "write the pairs as a file", _export)
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    cycle = add("cycle", "where alignments of three or more data sets contradict each other", _cycle)
    cycle.add_argument("others", nargs="+", metavar="RUN", help="over the other pairs of the data sets")
    for one in (show, export, cycle):
        one.add_argument("--state", action="append", choices=STATES, help="several may be named")
        one.add_argument("--at", type=_end, default=math.inf, metavar="TIME", help="as it stood then, ISO date or time")
    add("follow", "take on the alignment of an older version of the data", _follow).add_argument("older")
    return parser


if __name__ == "__main__":
    sys.exit(main())
