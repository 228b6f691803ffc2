"""Verdicts as files: for other tools, for a spreadsheet, for a backup that people can read."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable

import pandas as pd

from app.alignment.services.export import content, select
from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User
from app.shared.services.export import as_csv, as_parquet
from app.shared.services.run_view import RunView
from app.store import ACCEPTED, Event, ReviewStore
from app.store.alignment import pair_of
from pmf.errors import ConfigError

FORMATS = {
    "links": "links.tsv",
    "openea": "ent_links",
    "sssom": "accepted.sssom.tsv",
    "sameas": "accepted.nt",
    "cells": "accepted.rdf",
    "csv": "verdicts.csv",
    "parquet": "verdicts.parquet",
    "jsonl": "verdicts.jsonl",
}
"""Format → file name. The first five hold the accepted pairs, the others single verdicts."""

COLUMNS = (
    "source",
    "target",
    "verdict",
    "side",
    "annotator",
    "kind",
    "order",
    "blind",
    "reason",
    "seconds",
    "time",
    "run_id",
)


def export_verdicts(user: User, store: ReviewStore, run: RunView, form: str) -> bytes:
    """The verdicts on a run's data as a file.

    The accepted pairs are everybody's. Single verdicts tell how fast and how well somebody works, so an admin is given
    all of them, others their own.

    Args:
        user: who asks.
        store: the review store.
        run: any run over the data.
        form: a name of `FORMATS`; "links" has a header, "openea" has none, as its readers want it.

    Raises:
        ConfigError: there is no such format.
    """
    if form not in FORMATS:
        raise ConfigError(f"There is no format “{form}”; there are {', '.join(FORMATS)}.")
    if form in ("links", "openea"):
        pairs = sorted(one.pair for one in store.alignment(fingerprint(run)) if one.state in ACCEPTED and all(one.pair))
        lines = ["source\ttarget"] * (form == "links") + ["\t".join(pair) for pair in pairs]
        return "".join(f"{line}\n" for line in lines).encode()
    if form in ("sssom", "sameas", "cells"):
        data = run.reader.facts.data_name or run.run_id
        return content(select(store.alignment(fingerprint(run)), FORMATS[form]), FORMATS[form], data=data)
    current = store.current(fingerprint(run))
    table = verdict_table(e for e in current if user.role >= Role.ADMIN or e.annotator == user.name)
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_dict("records")).encode()
    return as_csv(table) if form == "csv" else as_parquet(table)


def verdict_table(current: Iterable[Event]) -> pd.DataFrame:
    """A row a verdict, oldest first, with `COLUMNS`; `side` tells which of the two was the query."""
    rows = [
        (
            *pair_of(event),
            event.verdict,
            event.side,
            event.annotator,
            event.kind,
            event.order,
            event.blind,
            event.reason,
            event.seconds,
            datetime.datetime.fromtimestamp(event.time, datetime.UTC).isoformat(timespec="milliseconds"),
            event.run_id,
        )
        for event in current
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
