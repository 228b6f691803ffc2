"""The review store: verdicts as events that are only ever added, in SQLite or PostgreSQL.

A verdict counts as saved once `ReviewStore.append` has returned: by then it has reached the disk. What is wrong is
taken back by another event, never by changing one; the database itself refuses to. Current verdicts are a view.

    reviews.sqlite in the runs folder      the default
    PMF_REVIEWS=sqlite:///PATH             another file; on a local disk, since WAL does not work over a network
    PMF_REVIEWS=postgresql://HOST/NAME     a server that several machines share; pip install 'psycopg[binary]'
"""

from __future__ import annotations

from app.store.alignment import ACCEPTED, STATES, AlignedPair
from app.store.alignment_entries import AlignmentEntry
from app.store.deals import Deal, Row
from app.store.event import KINDS, SIDES, VERDICTS, Event, StaleEventError, StoreError, UnavailableError
from app.store.slices import SliceEntry
from app.store.store import LEASE_SECONDS, ReviewStore, open_store, shared_store

__all__ = [
    "ACCEPTED",
    "KINDS",
    "LEASE_SECONDS",
    "SIDES",
    "STATES",
    "VERDICTS",
    "AlignedPair",
    "AlignmentEntry",
    "Deal",
    "Event",
    "ReviewStore",
    "Row",
    "SliceEntry",
    "StaleEventError",
    "StoreError",
    "UnavailableError",
    "open_store",
    "shared_store",
]
