"""Verdicts from files, as `transfer` writes them or other tools do: all of a file, or nothing of it."""

from __future__ import annotations

import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import SIDES, VERDICTS, Event, ReviewStore, StoreError
from app.store.consensus import Key, opposite
from pmf.bounded.json_files import parse_json
from pmf.bounded.tables import read_arrow
from pmf.data.readers.csv_tables import read_csv, read_table
from pmf.data.readers.link_files import link_rows
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import begin
from pmf.data.readers.tables import read_lines
from pmf.data.reading import Reading
from pmf.errors import DataFormatError
from pmf.spreadsheets import restored

MAX_BYTES = 100 * 2**20
MAX_ROWS = 1_000_000
NEEDED, OPTIONAL = ("source", "target", "verdict"), ("side", "annotator", "reason")

_UNLIKE = "not the same"
Rows = Iterator[tuple[int, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: verdicts that are `new`, those that stood `already`, and rows `left_out`.

    These are of pairs that are not the same, or in another relation.
    """

    new: int
    already: int
    left_out: int = 0


def import_verdicts(user: User, store: ReviewStore, run: RunView, name: str, content: bytes) -> Imported:
    """Add the verdicts of a file to those on a run's data.

    A row without `annotator` is the user's own. A verdict that stands already is passed over, so that the same file
    may come twice.

    Args:
        user: who imports.
        store: the review store.
        run: any run over the data.
        name: of the file; its ending says what it is: .csv, .parquet, .jsonl, anything else, or a CSV without verdicts,
            is links in any form that `pmf.data.readers.link_files` knows.
        content: of the file.

    Raises:
        NotAllowedError: the user is no admin.
        DataFormatError: a line is malformed, names an unknown entity, or repeats another one; nothing is kept then.
        StaleEventError: somebody judged one of the queries in this moment; nothing is kept.
    """
    require(user, Role.ADMIN, "import verdicts")
    shown = Path(PurePath(name).name or "verdicts")
    if len(content) > MAX_BYTES:
        raise DataFormatError(shown, expected=f"{MAX_BYTES:,} bytes at most", got=f"{len(content):,}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"verdicts{shown.suffix.lower()}"
        path.write_bytes(content)
        try:
            wanted, left_out = _verdicts(path, run, user.name)
            return replace(_save(store, run, path, wanted), left_out=left_out)
        except DataFormatError as error:
            raise DataFormatError(shown, expected=error.expected, got=error.got, line=error.line) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    line: int
    annotator: str
    key: Key
    verdict: str
    other: str
    reason: str


def _save(store: ReviewStore, run: RunView, path: Path, wanted: list[_Verdict]) -> Imported:
    data = fingerprint(run)
    versions = Counter((event.annotator, event.side, event.query) for event in store.events(data))
    standing = {
        (event.annotator, (event.side, event.query), event.verdict, event.other) for event in store.current(data)
    }
    new = [v for v in wanted if (v.annotator, v.key, v.verdict, v.other) not in standing]
    store.append(*(_event(run, path, v, versions[(v.annotator, *v.key)] + 1) for v in new))
    return Imported(new=len(new), already=len(wanted) - len(new))


def _event(run: RunView, path: Path, verdict: _Verdict, version: int) -> Event:
    try:
        return Event(
            event_id=uuid.uuid4().hex,
            kind="import",
            fingerprint=fingerprint(run),
            run_id=run.run_id,
            annotator=verdict.annotator,
            side=verdict.key[0],
            query=verdict.key[1],
            other=verdict.other,
            verdict=verdict.verdict,
            version=version,
            reason=verdict.reason,
        )
    except StoreError as error:
        raise DataFormatError(path, line=verdict.line, expected="what can be stored", got=str(error)) from error


def _verdicts(path: Path, run: RunView, annotator: str) -> tuple[list[_Verdict], int]:
    """Those of the file, and how many rows of links say "not the same": a query has room for one verdict."""
    id_of, left_out = ids(run), 0
    lines: dict[tuple[str, Key], int] = {}
    verdicts = []
    for line, cells in _rows(path, id_of):
        if cells["verdict"] == _UNLIKE:
            left_out += 1
            continue
        verdict = _verdict(path, line, cells, id_of, annotator)
        before = lines.setdefault((verdict.annotator, verdict.key), line)
        if before != line:
            expected = "one verdict a query and annotator"
            raise DataFormatError(path, line=line, expected=expected, got=f"another one than in line {before}")
        verdicts.append(verdict)
    return verdicts, left_out


def _verdict(path: Path, line: int, cells: Mapping[str, str], id_of: Mapping[Key, int], annotator: str) -> _Verdict:
    verdict = cells["verdict"]
    if verdict not in VERDICTS:
        raise DataFormatError(path, line=line, expected=f"one of {', '.join(VERDICTS)}", got=repr(verdict))
    filled = [side for side in SIDES if cells[side]]
    if len(filled) != (1 if verdict == "none" else 2):
        expected = "one of source and target" if verdict == "none" else "source and target"
        raise DataFormatError(path, line=line, expected=f"{expected} with {verdict}", got=f"{len(filled)} of them")
    for side in filled:
        if (side, cells[side]) not in id_of:
            raise DataFormatError(path, line=line, expected=f"a {side} entity of this data", got=repr(cells[side]))
    side = cells.get("side") or filled[0]
    if side not in filled:
        raise DataFormatError(path, line=line, expected=f"side {' or '.join(filled)}", got=repr(side))
    return _Verdict(
        line=line,
        annotator=cells.get("annotator") or annotator,
        key=(side, cells[side]),
        verdict=verdict,
        other=cells[opposite(side)],
        reason=cells.get("reason", ""),
    )


def _rows(path: Path, id_of: Mapping[Key, int]) -> Rows:
    if path.suffix in (".parquet", ".jsonl"):
        return _parquet(path) if path.suffix == ".parquet" else _jsonl(path)
    if path.suffix == ".csv" and "verdict" in map(str.casefold, read_table(path).header):
        return _csv(path)
    return _links(path, id_of)


def _links(path: Path, id_of: Mapping[Key, int]) -> Rows:
    """Links in any form that they may have, see `pmf.data.readers.link_files`; their verdict is match or `_UNLIKE`.

    The ids are those of the data, also where the file spells one a little otherwise.
    """
    sides = [NearIds({name: row for (side, name), row in id_of.items() if side == wanted}) for wanted in SIDES]
    names = {row: name for (_, name), row in id_of.items()}
    with begin(path.parent, Reading()) as session:
        rows = link_rows(path, *sides, strict=True)
    for said in session.notes.done():
        if said.kind == "left out" and said.unit != "column":
            yield from ((0, {"verdict": _UNLIKE}) for _ in range(said.count))
    for number, row in enumerate(rows, start=1):
        ends = [ids.find(text)[0] for ids, text in zip(sides, (row.left, row.right), strict=True)]
        cells = [text if end is None else names[end] for end, text in zip(ends, (row.left, row.right), strict=True)]
        verdict = _UNLIKE if not row.same else "match" if all(cells) else "none"
        yield row.line or number, {"source": cells[0], "target": cells[1], "verdict": verdict}


def _csv(path: Path) -> Rows:
    for line, cells in read_csv(path, NEEDED, OPTIONAL, others=True):
        yield line, {name: restored(value) for name, value in cells.items()}


def _parquet(path: Path) -> Rows:
    table = read_arrow(path, most_rows=MAX_ROWS)
    records = table.select([name for name in table.column_names if name in (*NEEDED, *OPTIONAL)]).to_pylist()
    for line, record in enumerate(records, start=1):
        yield line, _cells(path, line, record)


def _jsonl(path: Path) -> Rows:
    for line, text in enumerate(read_lines(path), start=1):
        try:
            record = parse_json(text)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise DataFormatError(path, line=line, expected="a JSON object", got=text)
        yield line, _cells(path, line, record)


def _cells(path: Path, line: int, record: Mapping[str, Any]) -> dict[str, str]:
    """The columns that matter, every one of them text."""
    missing = [name for name in NEEDED if name not in record]
    if missing:
        raise DataFormatError(path, line=line, expected=", ".join(NEEDED), got=f"no {missing[0]}")
    cells = {name: "" if record.get(name) is None else record[name] for name in (*NEEDED, *OPTIONAL)}
    wrong = [name for name, value in cells.items() if not isinstance(value, str)]
    if wrong:
        raise DataFormatError(path, line=line, expected=f"text as {wrong[0]}", got=repr(cells[wrong[0]]))
    return cells
