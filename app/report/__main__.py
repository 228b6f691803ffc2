"""`python -m app.report RUN --out DIR`: a run as HTML and Markdown with figures and tables, fit for an appendix.

Exit status: 0 done, 2 wrong usage or bad input (one line).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.report.services.files import write
from app.report.services.report import report
from app.report.services.subject import subject_of
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.errors import PMFError
from pmf.runs import layout
from pmf.runs.reader import RunReader


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.report", description="Write a run's report.")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into")
    parser.add_argument("--slice", default="", metavar="NAME", help="only this slice, as the app's address has it")
    parser.add_argument(
        "--direction", choices=layout.DIRECTIONS, default=layout.SOURCE_TO_TARGET, help="of its queries"
    )
    parser.add_argument("--app", default="", metavar="URL", help="address of the app, for links into it")
    options = parser.parse_args(arguments)
    try:
        run = RunView(RunReader(options.run))
        subject = subject_of(run, options.slice, options.direction)
        written = write(report(run, open_dataset(run), subject), options.out, options.app.rstrip("/"))
    except PMFError as error:
        print(f"app.report: {error}", file=sys.stderr)  # noqa: T201 - a command line
        return 2
    except OSError as error:
        print(f"app.report: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)  # noqa: T201
        return 2
    print(f"{len(written)} files in {options.out}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
