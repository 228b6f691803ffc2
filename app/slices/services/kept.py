"""Lists of entities that somebody kept, and notes on any slice; both in the review store, and never lost.

A kept list belongs to the data: it is there in every run over them. Its name is made from what is in it, so keeping
the same entities twice makes one list, under its first title.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.store import SliceEntry, shared_store
from pmf.errors import ConfigError, RunFormatError

PREFIX = "saved:"
COLUMNS = ("slice", "kind", "text", "entities", "author", "time", "run_id")


def save(user: User, run: RunView, title: str, entities: Iterable[int], note: str = "") -> str:
    """Keep a list of entities.

    Args:
        user: who keeps it.
        run: where they were chosen.
        title: what it is called on screen.
        entities: their ids, in any order.
        note: a first note on it.

    Returns:
        Its name, "saved:HASH".

    Raises:
        NotAllowedError: the user may only look.
        ConfigError: there is nothing to keep, or no title.
    """
    require(user, Role.ANNOTATOR, "keep a selection")
    ids = tuple(sorted({int(entity) for entity in entities}))
    if not ids or not title.strip():
        raise ConfigError("A slice needs a name, and at least one entity.")
    if ids[0] < 0 or ids[-1] >= run.n:
        raise ConfigError(f"A slice of {run.run_id} holds entities 0 to {run.n - 1}, not {ids[0]} to {ids[-1]}.")
    fingerprint = _fingerprint(run)
    made_from = f"{fingerprint}\x1f{','.join(map(str, ids))}"
    entry_id = hashlib.sha256(made_from.encode()).hexdigest()[:32]
    name = PREFIX + entry_id[:16]
    kept = _entry(user, run, entry_id=entry_id, kind="list", slice=name, text=title.strip(), entities=ids)
    shared_store().append_slice(kept)
    if note.strip():
        _note(user, run, name, note)
    return name


def note(user: User, run: RunView, name: str, text: str) -> None:
    """Write a note on a slice; several people may, and each note stays.

    Raises:
        NotAllowedError: the user may only look.
        ConfigError: there is no such slice in this run, or nothing in the note.
    """
    from app.slices.services.names import title

    require(user, Role.ANNOTATOR, "note anything on a slice")
    title(run, name)
    if not text.strip():
        raise ConfigError("There is nothing in this note.")
    _note(user, run, name, text)


def titles(run: RunView) -> dict[str, str]:
    """Name → title of every list kept on the run's data, newest first."""
    fingerprint = run.reader.config.get("dataset", {}).get("fingerprint")
    return shared_store().slice_titles(str(fingerprint)) if fingerprint else {}


def members(run: RunView, name: str) -> npt.NDArray[np.bool_] | None:
    """`[entities]`: what a kept list holds; None where there is no such list on the run's data."""
    ids = shared_store().slice_entities(_fingerprint(run), name)
    if ids is None:
        return None
    mask = np.zeros(run.n, np.bool_)
    mask[[entity for entity in ids if entity < run.n]] = True
    return mask


def listing(run: RunView) -> pd.DataFrame:
    """Everything kept and noted on the run's data, oldest first.

    Returns:
        `COLUMNS`: `kind` is "list" or "note", `text` the title or the note, `entities` how many a list holds (0 for
        a note), `time` in UTC, `run_id` the run that was looked at.
    """
    fingerprint = run.reader.config.get("dataset", {}).get("fingerprint")
    entries = shared_store().slices(str(fingerprint)) if fingerprint else []
    rows = [(e.slice, e.kind, e.text, len(e.entities), e.author, e.time, e.run_id) for e in entries]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.assign(time=pd.to_datetime(found["time"], unit="s", utc=True))


def latest_notes(run: RunView) -> dict[str, str]:
    """Slice → the last note on it, of those on the run's data."""
    entries = listing(run)
    notes = entries[entries["kind"] == "note"]
    return dict(zip(notes["slice"], notes["text"], strict=True))


def _note(user: User, run: RunView, name: str, text: str) -> None:
    written = _entry(user, run, entry_id=uuid.uuid4().hex, kind="note", slice=name, text=text.strip())
    shared_store().append_slice(written)


def _entry(
    user: User, run: RunView, *, entry_id: str, kind: str, slice: str, text: str, entities: tuple[int, ...] = ()
) -> SliceEntry:
    return SliceEntry(
        entry_id=entry_id,
        kind=kind,
        fingerprint=_fingerprint(run),
        run_id=run.run_id,
        author=user.name,
        slice=slice,
        text=text,
        entities=entities,
    )


def _fingerprint(run: RunView) -> str:
    found = run.reader.config.get("dataset", {}).get("fingerprint")
    if not found:
        raise RunFormatError(f"{run.run_id} does not say which data it was trained on, so nothing can be kept of it.")
    return str(found)
