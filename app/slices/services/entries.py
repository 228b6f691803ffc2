"""What is written into the review store when a slice is kept or noted."""

from __future__ import annotations

import uuid

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView, fingerprint
from app.store import SliceEntry, shared_store


def entry(
    run: RunView, author: str, *, entry_id: str, kind: str, slice: str, text: str, entities: tuple[int, ...] = ()
) -> SliceEntry:
    """An entry of `kind`, "list" or "note", on the data of a run.

    Raises:
        RunFormatError: the run does not say which data it was trained on.
    """
    return SliceEntry(
        entry_id=entry_id,
        kind=kind,
        fingerprint=fingerprint(run),
        run_id=run.run_id,
        author=author,
        slice=slice,
        text=text,
        entities=entities,
    )


def append_note(user: User, run: RunView, name: str, text: str) -> None:
    """Write a note on a slice that is known to exist.

    Raises:
        NotAllowedError: the user may only look.
    """
    require(user, Role.ANNOTATOR, "note anything on a slice")
    written = entry(run, user.name, entry_id=uuid.uuid4().hex, kind="note", slice=name, text=text.strip())
    shared_store().append_slice(written)
