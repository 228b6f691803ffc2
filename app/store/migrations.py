"""The schema, step by step: a database is brought from any version to the newest in one transaction.

A step that has been released is never changed; what comes later is another one at the end of `MIGRATIONS`.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from app.store.event import StoreError

SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}

EVENTS = """
CREATE TABLE events (
    seq {serial},
    event_id TEXT NOT NULL UNIQUE CHECK (length(event_id) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('verdict', 'undo', 'adjudication', 'import')),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    run_id TEXT NOT NULL,
    annotator TEXT NOT NULL CHECK (annotator <> ''),
    side TEXT NOT NULL CHECK (side IN ('source', 'target')),
    query TEXT NOT NULL CHECK (query <> ''),
    other TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('', 'match', 'not', 'unsure', 'none', 'flag')),
    version INTEGER NOT NULL CHECK (version >= 1),
    undoes TEXT UNIQUE REFERENCES events (event_id),
    candidates TEXT NOT NULL,
    "order" TEXT NOT NULL,
    blind BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    time DOUBLE PRECISION NOT NULL,
    UNIQUE (fingerprint, annotator, side, query, version),
    CHECK ((kind = 'undo') = (undoes IS NOT NULL)),
    CHECK ((kind = 'undo') = (verdict = '')),
    CHECK (verdict <> 'none' OR other = ''),
    CHECK (verdict NOT IN ('match', 'not') OR other <> '')
)"""

CURRENT_VERDICTS = """
CREATE VIEW current_verdicts AS
SELECT seq, event_id, kind, fingerprint, run_id, annotator, side, query, other, verdict, version, undoes, candidates,
       "order", blind, reason, seconds, time
FROM (
    SELECT e.*, row_number() OVER (PARTITION BY fingerprint, annotator, side, query ORDER BY version DESC) AS latest
    FROM events AS e
    WHERE kind <> 'undo' AND NOT EXISTS (SELECT 1 FROM events AS u WHERE u.undoes = e.event_id)
) AS standing
WHERE latest = 1"""

LEASES = """
CREATE TABLE leases (
    fingerprint TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('source', 'target')),
    query TEXT NOT NULL,
    annotator TEXT NOT NULL,
    expires DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (fingerprint, side, query, annotator)
)"""

# REPLACE deletes without asking a DELETE trigger, hence the third for SQLite
REFUSE = "BEGIN SELECT RAISE(ABORT, 'events are only added'); END"
APPEND_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER events_no_update BEFORE UPDATE ON events {REFUSE}",
        f"CREATE TRIGGER events_no_delete BEFORE DELETE ON events {REFUSE}",
        f"""CREATE TRIGGER events_no_replace BEFORE INSERT ON events WHEN EXISTS (
            SELECT 1 FROM events WHERE seq = NEW.seq OR event_id = NEW.event_id OR undoes = NEW.undoes
            OR (fingerprint, annotator, side, query, version)
             = (NEW.fingerprint, NEW.annotator, NEW.side, NEW.query, NEW.version)
        ) {REFUSE}""",  # noqa: S608 - our own constant
    ),
    "postgresql": (
        """CREATE FUNCTION events_only_added() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'events are only added'; END $$""",
        """CREATE TRIGGER events_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON events
        EXECUTE FUNCTION events_only_added()""",
    ),
}


def _first(dialect: str) -> tuple[str, ...]:
    index = "CREATE INDEX events_of_annotator ON events (fingerprint, annotator, seq)"
    return (EVENTS.format(serial=SERIAL[dialect]), index, CURRENT_VERDICTS, LEASES, *APPEND_ONLY[dialect])


SLICES = """
CREATE TABLE slices (
    seq {serial},
    entry_id TEXT NOT NULL UNIQUE CHECK (length(entry_id) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('list', 'note')),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    run_id TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    slice TEXT NOT NULL CHECK (slice <> ''),
    text TEXT NOT NULL CHECK (text <> ''),
    entities TEXT NOT NULL,
    time DOUBLE PRECISION NOT NULL
)"""

SLICES_APPEND_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER slices_no_update BEFORE UPDATE ON slices {REFUSE}",
        f"CREATE TRIGGER slices_no_delete BEFORE DELETE ON slices {REFUSE}",
        f"""CREATE TRIGGER slices_no_replace BEFORE INSERT ON slices WHEN EXISTS (
            SELECT 1 FROM slices WHERE seq = NEW.seq OR entry_id = NEW.entry_id
        ) {REFUSE}""",  # noqa: S608 - our own constant
    ),
    "postgresql": (
        """CREATE TRIGGER slices_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON slices
        EXECUTE FUNCTION events_only_added()""",
    ),
}


def _second(dialect: str) -> tuple[str, ...]:
    index = "CREATE INDEX slices_of_data ON slices (fingerprint, seq)"
    return (SLICES.format(serial=SERIAL[dialect]), index, *SLICES_APPEND_ONLY[dialect])


DEALS = """
CREATE TABLE deals (
    card TEXT PRIMARY KEY CHECK (length(card) = 32),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    annotator TEXT NOT NULL CHECK (annotator <> ''),
    deck TEXT NOT NULL,
    body TEXT NOT NULL,
    time DOUBLE PRECISION NOT NULL
)"""


def _third(dialect: str) -> tuple[str, ...]:
    return (
        "ALTER TABLE events ADD COLUMN card TEXT NOT NULL DEFAULT ''",
        "DROP VIEW current_verdicts",
        CURRENT_VERDICTS.replace("seconds, time\n", "seconds, time, card\n"),
        "CREATE INDEX events_of_card ON events (card)",
        DEALS,
        "CREATE INDEX deals_of_annotator ON deals (fingerprint, annotator, time)",
    )


ALIGNMENT = """
CREATE TABLE alignment (
    seq {serial},
    entry_id TEXT NOT NULL UNIQUE CHECK (length(entry_id) = 32),
    batch TEXT NOT NULL CHECK (length(batch) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('proposed', 'withdrawn', 'accepted', 'changed', 'follows', 'undo')),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    run_id TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author <> ''),
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    probability DOUBLE PRECISION CHECK (probability BETWEEN 0 AND 1),
    text TEXT NOT NULL,
    undoes TEXT UNIQUE REFERENCES alignment (entry_id),
    time DOUBLE PRECISION NOT NULL,
    CHECK ((kind = 'undo') = (undoes IS NOT NULL))
)"""

ALIGNMENT_APPEND_ONLY = {
    "sqlite": (
        f"CREATE TRIGGER alignment_no_update BEFORE UPDATE ON alignment {REFUSE}",
        f"CREATE TRIGGER alignment_no_delete BEFORE DELETE ON alignment {REFUSE}",
        f"""CREATE TRIGGER alignment_no_replace BEFORE INSERT ON alignment WHEN EXISTS (
            SELECT 1 FROM alignment WHERE seq = NEW.seq OR entry_id = NEW.entry_id OR undoes = NEW.undoes
        ) {REFUSE}""",  # noqa: S608 - our own constant
    ),
    "postgresql": (
        """CREATE TRIGGER alignment_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON alignment
        EXECUTE FUNCTION events_only_added()""",
    ),
}


def _fourth(dialect: str) -> tuple[str, ...]:
    indexes = (
        "CREATE INDEX alignment_of_data ON alignment (fingerprint, seq)",
        "CREATE INDEX alignment_of_batch ON alignment (batch)",
        "CREATE INDEX alignment_of_kind ON alignment (kind)",
    )
    return (ALIGNMENT.format(serial=SERIAL[dialect]), *indexes, *ALIGNMENT_APPEND_ONLY[dialect])


MIGRATIONS = (_first, _second, _third, _fourth)
"""Each gives the statements, for a dialect, that lead to the version of its place in the list, counted from 1."""


def migrate(connection: sa.Connection) -> None:
    """Bring the database to the newest version, in the caller's write transaction.

    Raises:
        StoreError: a newer version of the project wrote it.
    """
    if not sa.inspect(connection).has_table("schema_version"):
        connection.exec_driver_sql(
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied DOUBLE PRECISION NOT NULL)"
        )
    done = connection.exec_driver_sql("SELECT coalesce(max(version), 0) FROM schema_version").scalar_one()
    if done > len(MIGRATIONS):
        raise StoreError(
            f"a newer PMF Explorer wrote this review store (schema {done}, this one reads {len(MIGRATIONS)}): update it"
        )
    for version, statements in list(enumerate(MIGRATIONS, start=1))[done:]:
        for statement in statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
        applied = {"version": version, "applied": time.time()}
        connection.execute(sa.text("INSERT INTO schema_version VALUES (:version, :applied)"), applied)
