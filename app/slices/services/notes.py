"""Notes on any slice; several people may write them, and each stays."""

from __future__ import annotations

import pandas as pd

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView
from app.slices.services.entries import append_note
from app.slices.services.names import title
from app.store import shared_store
from pmf.errors import ConfigError

COLUMNS = ("slice", "kind", "text", "entities", "author", "time", "run_id")


def note(user: User, run: RunView, name: str, text: str) -> None:
    """Write a note on a slice; several people may, and each note stays.

    Raises:
        NotAllowedError: the user may only look.
        ConfigError: there is no such slice in this run, or nothing in the note.
    """
    require(user, Role.ANNOTATOR, "note anything on a slice")
    title(run, name)
    if not text.strip():
        raise ConfigError("There is nothing in this note.")
    append_note(user, run, name, text)


def listing(run: RunView) -> pd.DataFrame:
    """Everything kept and noted on the run's data, oldest first.

    Returns:
        `COLUMNS`: `kind` is "list" or "note", `text` the title or the note, `entities` how many a list holds (0 for
        a note), `time` in UTC, `run_id` the run that was looked at.
    """
    entries = shared_store().slices(run.fingerprint) if run.fingerprint else []
    rows = [(e.slice, e.kind, e.text, len(e.entities), e.author, e.time, e.run_id) for e in entries]
    notes = pd.DataFrame(rows, columns=list(COLUMNS))
    return notes.assign(time=pd.to_datetime(notes["time"], unit="s", utc=True))


def latest_notes(run: RunView) -> dict[str, str]:
    """Slice → the last note on it, of those on the run's data."""
    entries = listing(run)
    notes = entries[entries["kind"] == "note"]
    return dict(zip(notes["slice"], notes["text"], strict=True))
