"""Lists of entities that somebody kept; in the review store, and never lost.

A kept list belongs to the data: it is there in every run over them. Its name is made from what is in it, so keeping
the same entities twice makes one list, under its first title.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView, fingerprint
from app.slices.services.entries import append_note, entry
from app.store import shared_store
from pmf.errors import ConfigError

PREFIX = "saved:"


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
    made_from = f"{fingerprint(run)}\x1f{','.join(map(str, ids))}"
    entry_id = hashlib.sha256(made_from.encode()).hexdigest()[:32]
    name = PREFIX + entry_id[:16]
    kept = entry(run, user.name, entry_id=entry_id, kind="list", slice=name, text=title.strip(), entities=ids)
    shared_store().append_slice(kept)
    if note.strip():
        append_note(user, run, name, note)
    return name


def titles(run: RunView) -> dict[str, str]:
    """Name → title of every list kept on the run's data, newest first."""
    return shared_store().slice_titles(run.fingerprint) if run.fingerprint else {}


def members(run: RunView, name: str) -> npt.NDArray[np.bool_] | None:
    """`[entities]`: what a kept list holds; None where there is no such list on the run's data."""
    ids = shared_store().slice_entities(fingerprint(run), name)
    if ids is None:
        return None
    mask = np.zeros(run.n, np.bool_)
    mask[[entity for entity in ids if entity < run.n]] = True
    return mask
