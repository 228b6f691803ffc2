"""The review store's face: add events, read them, lease queries, copy everything out and back in."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from app.store import aligning, alignment_entries, copies, deals, leases, reading, slices, writing
from app.store import merge as merging
from app.store.aligning import Proposed
from app.store.alignment import AlignedPair, Pair, aligned
from app.store.alignment_history import Happening, history
from app.store.consensus import Key
from app.store.database import Database
from app.store.deals import Deal
from app.store.event import Event, StoreError
from app.store.leases import LEASE_SECONDS
from app.store.merge import Merged
from app.store.slices import SliceEntry
from pmf.places import runs_folder

__all__ = ["LEASE_SECONDS", "ReviewStore", "open_store", "shared_store"]


def open_store(url: str | None = None, *, clock: Callable[[], float] = time.time) -> ReviewStore:
    """The review store, made or brought up to date where needed.

    Args:
        url: `sqlite:///PATH` or `postgresql://…`; `PMF_REVIEWS`, or else `reviews.sqlite` in the runs folder, when
            left out.
        clock: unix time, in seconds; leases expire by it.

    Raises:
        StoreError: it cannot be opened, or a newer version wrote it.
    """
    return ReviewStore(Database(url or os.environ.get("PMF_REVIEWS") or _default_url()), clock)


def shared_store() -> ReviewStore:
    """The review store of this process, opened once for each place where it lies.

    Raises:
        StoreError: it cannot be opened, or a newer version wrote it.
    """
    return _opened(os.environ.get("PMF_REVIEWS") or _default_url())


@cache
def _opened(url: str) -> ReviewStore:
    return open_store(url)


def _default_url() -> str:
    folder = runs_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the review store has no place: {error.strerror}: {folder}") from None
    return sa.URL.create("sqlite", database=str(folder / "reviews.sqlite")).render_as_string()


class ReviewStore:
    """Verdicts as events that are only ever added, and slices likewise; safe to share between threads and processes.

    Every method raises `StoreError` in one sentence where the database fails.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def append(self, *events: Event) -> None:
        """Save events in one transaction: when it returns they are on disk, when it raises none of them is.

        An event that is there already is passed over, so a retry is harmless; only its time and pace may differ.

        Raises:
            StaleEventError: an event_id stands for something else, a version is not the next one of its query, or an
                undo names an event that cannot be taken back (again).
        """
        with self._database.write() as connection:
            writing.append(connection, events)

    def events(self, fingerprint: str, annotator: str | None = None) -> list[Event]:
        """Everything that happened on a data set, oldest first; of one annotator where named."""
        with self._database.read() as connection:
            return reading.events(connection, fingerprint, annotator)

    def current(self, fingerprint: str, annotator: str | None = None) -> list[Event]:
        """Per annotator and query the last verdict that was not undone, oldest first; older data count, too."""
        with self._database.read() as connection:
            return reading.current(connection, fingerprint, annotator)

    def lineage(self, fingerprint: str) -> list[str]:
        """Fingerprints of a data set and of the older ones that it follows, the oldest first."""
        with self._database.read() as connection:
            return alignment_entries.lineage(connection, fingerprint)

    def latest(
        self, fingerprint: str, annotator: str, count: int, *, before: str | None = None, besides: Sequence[str] = ()
    ) -> list[Event]:
        """The annotator's latest verdicts that were not undone, newest first; imports are none of their keys.

        Args:
            fingerprint: of the data set.
            annotator: whose.
            count: how many, at most.
            before: id of an event that is newer than all of them.
            besides: orders of the queue that are left out.
        """
        with self._database.read() as connection:
            return reading.latest(connection, fingerprint, annotator, count, before, besides)

    def find(self, event_id: str) -> Event | None:
        """The event of an id."""
        with self._database.read() as connection:
            return reading.find(connection, event_id)

    def on_query(self, fingerprint: str, annotator: str, side: str, query: str) -> list[Event]:
        """Everything that an annotator did to a query, oldest first."""
        with self._database.read() as connection:
            return reading.on_query(connection, fingerprint, annotator, side, query)

    def standing_of_card(self, annotator: str, card: str) -> list[Event]:
        """The verdicts that an annotator gave on a card and that stand, oldest first."""
        with self._database.read() as connection:
            return reading.standing_of_card(connection, annotator, card)

    def judged(self, fingerprint: str, annotator: str) -> set[tuple[str, str]]:
        """Side and uri of every query on which the annotator has a verdict that stands."""
        with self._database.read() as connection:
            return reading.judged_by(connection, fingerprint, annotator)

    def deal(self, *dealt: Deal) -> None:
        """Write down which cards somebody is handed; only on these are verdicts of theirs taken."""
        with self._database.write() as connection:
            deals.save(connection, dealt, self._clock())

    def dealt(self, annotator: str, card: str) -> Deal | None:
        """A card as it was dealt to somebody; None where it was not."""
        with self._database.read() as connection:
            return deals.find(connection, annotator, card)

    def in_decks(self, fingerprint: str, annotator: str, decks: Sequence[str]) -> set[tuple[str, str]]:
        """Side and uri of what was lately dealt to some decks of an annotator: their other tabs."""
        with self._database.read() as connection:
            return deals.in_decks(connection, fingerprint, annotator, decks, self._clock() - LEASE_SECONDS)

    def version(self, fingerprint: str, annotator: str, side: str, query: str) -> int:
        """How many events the annotator has on a query; the next one's version is one more."""
        with self._database.read() as connection:
            return reading.version(connection, fingerprint, annotator, side, query)

    def claim(
        self, fingerprint: str, annotator: str, queries: Sequence[tuple[str, str]], overlap: int = 1
    ) -> tuple[str, str] | None:
        """The first query that still needs this annotator, leased to them for 10 minutes; None where none does.

        Args:
            fingerprint: of the data set.
            annotator: who asks.
            queries: (side, query) in the order of the queue.
            overlap: how many annotators are to judge each query.
        """
        return next(iter(self.claim_many(fingerprint, annotator, queries, 1, overlap)), None)

    def claim_many(
        self, fingerprint: str, annotator: str, queries: Sequence[tuple[str, str]], count: int, overlap: int = 1
    ) -> list[tuple[str, str]]:
        """The first `count` queries that still need this annotator, leased to them; those they hold are among them."""
        with self._database.write() as connection:
            return leases.claim(connection, fingerprint, annotator, queries, count, overlap, self._clock())

    def renew(self, fingerprint: str, annotator: str, queries: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Lease again what the annotator still holds; returns those, in their order."""
        with self._database.write() as connection:
            return leases.renew(connection, fingerprint, annotator, queries, self._clock())

    def release(self, fingerprint: str, annotator: str, queries: Sequence[tuple[str, str]] | None = None) -> None:
        """Let go of queries, or of all that the annotator holds."""
        with self._database.write() as connection:
            leases.release(connection, fingerprint, annotator, queries)

    def append_slice(self, *entries: SliceEntry) -> None:
        """Save kept lists and notes in one transaction; one that is there already is passed over."""
        with self._database.write() as connection:
            slices.append(connection, entries)

    def slices(self, fingerprint: str) -> list[SliceEntry]:
        """Every list kept and every note on a data set, oldest first."""
        with self._database.read() as connection:
            return slices.entries(connection, fingerprint)

    def slice_titles(self, fingerprint: str) -> dict[str, str]:
        """Name → title of every list kept on a data set, newest first."""
        with self._database.read() as connection:
            return slices.titles(connection, fingerprint)

    def slice_entities(self, fingerprint: str, name: str) -> tuple[int, ...] | None:
        """The ids of a kept list, ascending; None where there is none of that name."""
        with self._database.read() as connection:
            return slices.entities(connection, fingerprint, name)

    def alignment(self, fingerprint: str, at: float = math.inf) -> list[AlignedPair]:
        """The alignment of some data as it stands, or as it stood at a unix time; see `app.store.alignment`."""
        with self._database.read() as connection:
            versions, entries = aligning.read(connection, fingerprint)
        return aligned(versions, entries, at)

    def revision(self) -> tuple[int, int]:
        """Two numbers; while both are what they were, nothing was added, and what was read of the alignment holds."""
        with self._database.read() as connection:
            return aligning.revision(connection)

    def pair_history(self, fingerprint: str, source: str, target: str) -> list[Happening]:
        """Everything that was said of a pair, oldest first; see `app.store.alignment_history`."""
        with self._database.read() as connection:
            versions, entries = aligning.read(connection, fingerprint)
        return history(versions, entries, source, target)

    def propose(
        self, fingerprint: str, run_id: str, pairs: Mapping[Pair, float | None], given: Collection[Key] = ()
    ) -> Proposed:
        """Add a run's pairs to the alignment, and withdraw earlier ones that it does not find; see `aligning`."""
        with self._database.write() as connection:
            return aligning.propose(connection, fingerprint, run_id, pairs, given, self._clock())

    def accept_over(self, fingerprint: str, least: float) -> tuple[str, int]:
        """Accept proposed pairs of at least some probability; returns the batch, for `take_back`, and how many."""
        with self._database.write() as connection:
            return aligning.accept_over(connection, fingerprint, least, self._clock())

    def mark_changed(self, fingerprint: str, run_id: str, why: Mapping[Pair, str]) -> int:
        """Say why accepted pairs are to be looked at again; returns how many of those named are accepted."""
        with self._database.write() as connection:
            return aligning.mark_changed(connection, fingerprint, run_id, why, self._clock())

    def follow(self, fingerprint: str, older: str, author: str) -> str:
        """Let data take on the alignment of older ones; returns the id for `take_back`, "" where they do already."""
        with self._database.write() as connection:
            return aligning.follow(connection, fingerprint, older, author, self._clock())

    def take_back(self, name: str, author: str) -> int:
        """Take back a verdict, an entry of the alignment, or a batch of them; returns how many.

        Raises:
            StoreError: there is no such id, or it was taken back already.
        """
        with self._database.write() as connection:
            return aligning.take_back(connection, name, author, self._clock())

    def backup(self, path: Path) -> None:
        """Copy everything, as of one moment, into a file: SQLite of SQLite, JSONL of PostgreSQL."""
        copies.backup(self._database, path)

    def restore(self, path: Path) -> int:
        """Fill an empty store from a backup or a JSONL file; returns the number of events.

        Raises:
            StoreError: the store is not empty, or the file is no backup.
            DataFormatError: a line of a JSONL file is damaged; nothing was loaded.
        """
        return copies.restore(self._database, path)

    def write_jsonl(self, file: Path) -> int:
        """Write all events, a line each, oldest first, then the other entries; returns the number of lines."""
        return copies.write_jsonl(self._database, file)

    def replay(self, file: Path) -> int:
        """Add the events of a JSONL file that are not here yet; returns their number.

        Raises:
            DataFormatError: a line is damaged or at odds with what is here; nothing was loaded.
        """
        return copies.replay(self._database, file)

    def merge(self, file: Path) -> Merged:
        """Add another store's work, from a backup or a JSONL file, and list what contradicts; see `app.store.merge`.

        Raises:
            DataFormatError: a line is damaged; nothing was added.
        """
        return merging.merge(self._database, file)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
