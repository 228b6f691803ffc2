"""`pmf serve RUN`: answer over HTTP who an entity is, by the alignment and by a run.

GET  /match?entity=ID-OR-NAME&side=source&k=5        JSON
GET  /reconcile                                      manifest of the W3C Reconciliation Service API 0.2
POST /reconcile                                      a batch of queries, as OpenRefine sends it

Exit status: 0 stopped, 2 wrong usage or bad input (one line).
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from app.serve.services.lookup import Lookup
from app.serve.services.web import LOCAL, OPENREFINE, Service, application
from app.shared.services.run_view import RunView
from app.store import SIDES, open_store
from pmf.errors import ConfigError, PMFError
from pmf.places import run_named
from pmf.runs.reader import RunReader

SHORTEST = 16  # characters of a token
AT_ONCE = 64  # requests; more are told to come back


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal ends it, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        _serve(options)
    except PMFError as error:
        print(f"pmf serve: {error}", file=sys.stderr)  # noqa: T201 - a command line
        return 2
    except OSError as error:
        place = error.filename or f"{options.host}:{options.port}"
        words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        print(f"pmf serve: {words}: {place}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _serve(options: argparse.Namespace) -> None:
    local = _is_local(options.host)
    token = _token(options.token_file)
    if not local and not token:
        raise ConfigError(
            f"{options.host} lets others in, so it needs --token-file FILE: the app's sign-in is for browsers"
        )
    run = RunView(RunReader(run_named(options.run)))
    if run.predictions is None and run.reader.embedding("fused") is None:
        raise ConfigError(f"{run.run_id} has neither predictions nor embeddings yet: there is nothing to answer with")
    store = open_store(options.store)
    try:
        service = Service(Lookup(run, store), options.side, token=token, local=local)
        app = application(service, tuple(options.allow_origin or OPENREFINE))
        with socket.create_server((options.host, options.port)) as listening:
            for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn stops, then raises them once more
                signal.signal(number, lambda *_: None)
            host, port = listening.getsockname()[:2]
            if not run.fingerprint:
                print(f"{run.run_id} does not say which data it is of: nothing confirmed is known")  # noqa: T201
            print(f"{run.run_id} answers at http://{host}:{port}/reconcile and /match; Ctrl-C stops it", flush=True)  # noqa: T201
            config = uvicorn.Config(
                app, log_level="warning", access_log=False, limit_concurrency=AT_ONCE, timeout_graceful_shutdown=10
            )
            uvicorn.Server(config).run(sockets=[listening])
    finally:
        store.close()


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    with file.open("rb") as opened:
        token = opened.read(1000).decode("ascii", "replace").strip()
    if len(token) < SHORTEST or not token.isprintable() or not token.isascii():
        raise ConfigError(f"{file} must hold a token of {SHORTEST} letters and digits or more, on one line")
    return token


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pmf serve", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "--side", choices=SIDES, default="source", help="of which graph the entities are that are asked about (source)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="another than this machine's own needs a token (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8750, help="0 = any that is free (8750)")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="its content is what requests must bring")
    parser.add_argument(
        "--allow-origin", action="append", metavar="URL", help="web pages that may read answers (OpenRefine's own)"
    )
    parser.add_argument("--store", metavar="URL", help="PMF_REVIEWS, or reviews.sqlite in the runs folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
