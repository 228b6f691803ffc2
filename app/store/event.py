"""One event of the review store, and the JSON line that stands for it outside the database."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from time import time as now
from typing import Any

from pmf.bounded.json_files import parse_json
from pmf.errors import PMFError

VERDICTS = ("match", "not", "unsure", "none", "flag")
KINDS = ("verdict", "undo", "adjudication", "import")
SIDES = ("source", "target")
ID = re.compile("[0-9a-f]{32}")

# bytes of UTF-8; what identifies a query must fit into one entry of a PostgreSQL index
MAX_BYTES = {
    **{"event_id": 32, "undoes": 32, "fingerprint": 128, "run_id": 255, "annotator": 200, "query": 2000},
    **{"other": 2000, "order": 100, "reason": 10_000, "kind": 20, "side": 20, "verdict": 20, "card": 32},
}
MAX_CANDIDATES = 1000


class StoreError(PMFError):
    """The review store cannot be opened, read or written, or was given what it cannot hold."""


class UnavailableError(StoreError):
    """The database does not answer: the same may work later."""


class StaleEventError(StoreError):
    """Something else was saved since the card was shown.

    Args:
        message: for a person.
        event: the one refused.
    """

    def __init__(self, message: str, event: Event) -> None:
        super().__init__(message)
        self.event = event


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one annotator did to one entity's match.

    Args:
        event_id: uuid4 hex, made where the key is pressed: sending it again cannot count twice.
        kind: one of `KINDS`.
        fingerprint: of the data set: verdicts belong to data, not to one run.
        run_id: the run whose candidates were shown.
        annotator: name of who judged.
        side: "source" or "target": which graph the query is of.
        query: uri of the entity asked about.
        other: uri judged; "" for verdict none.
        verdict: one of `VERDICTS`, "" for an undo.
        version: 1 + number of events that this annotator had on this query when the card was shown.
        undoes: event_id that an undo takes back, "" otherwise.
        candidates: uris shown, best first.
        order: which order of the queue brought the card.
        blind: whether score, truth and others' verdicts were hidden.
        reason: in the annotator's words.
        seconds: from the card shown to the key pressed.
        time: unix time, in seconds.
        card: id of the card that was on screen (`app.store.deals`), or of what several verdicts have in common; "" in
            events that are older than cards.

    Raises:
        StoreError: a field that the store cannot hold.
    """

    event_id: str
    kind: str
    fingerprint: str
    run_id: str
    annotator: str
    side: str
    query: str
    other: str
    verdict: str
    version: int
    undoes: str = ""
    candidates: tuple[str, ...] = ()
    order: str = ""
    blind: bool = False
    reason: str = ""
    seconds: float = 0.0
    time: float = field(default_factory=now)
    card: str = ""

    def __post_init__(self) -> None:
        for name, limit in MAX_BYTES.items():
            check_text(name, getattr(self, name), limit)
        if not isinstance(self.candidates, tuple) or len(self.candidates) > MAX_CANDIDATES:
            raise StoreError(f"an event's candidates must be a tuple of {MAX_CANDIDATES:,} at most")
        for uri in self.candidates:
            check_text("candidates", uri, MAX_BYTES["other"])
        undo = self.kind == "undo"
        rules = {
            "kind": self.kind in KINDS,
            "side": self.side in SIDES,
            "verdict": self.verdict in (("",) if undo else VERDICTS),
            "event_id": ID.fullmatch(self.event_id),
            "undoes": ID.fullmatch(self.undoes) if undo else not self.undoes,
            "card": not self.card or ID.fullmatch(self.card),
            "fingerprint": self.fingerprint,
            "annotator": self.annotator,
            "query": self.query,
            "other": not self.other if self.verdict == "none" else self.other or self.verdict not in ("match", "not"),
            "version": type(self.version) is int and 1 <= self.version < 2**31,
            "blind": type(self.blind) is bool,
            "seconds": is_number(self.seconds),
            "time": is_number(self.time),
        }
        for name, holds in rules.items():
            if not holds:
                raise StoreError(f"an event of kind {self.kind!r} cannot have {name} {getattr(self, name)!r:.80}")

    def says_the_same(self, other: Event) -> bool:
        """Whether two events differ in nothing but when, and how fast, the key was pressed."""
        return dataclasses.replace(self, time=other.time, seconds=other.seconds) == other

    def to_json(self) -> str:
        """One line of JSON, without its end."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Event:
        """The event of a line that `to_json` wrote.

        Raises:
            StoreError: it is not such a line.
        """
        values = {"card": "", **values}  # older files have none
        if set(values) != {field.name for field in dataclasses.fields(cls)}:
            raise StoreError("not the fields of an event")
        candidates = values["candidates"]
        return cls(**{**values, "candidates": tuple(candidates) if isinstance(candidates, list) else candidates})


def parse(line: str) -> dict[str, Any]:
    """The values of a line that some `to_json` of the store wrote.

    Raises:
        StoreError: it is no JSON object.
    """
    try:
        values = parse_json(line)
    except ValueError:
        raise StoreError("no JSON object") from None
    if not isinstance(values, dict):
        raise StoreError("no JSON object")
    return values


def check_text(name: str, value: Any, limit: int, what: str = "an event's") -> None:
    """Refuse what is no text that both databases can hold, of `limit` bytes at most.

    Raises:
        StoreError: with the name of the field, `what` it is of, and what is wrong.
    """
    if not isinstance(value, str) or "\0" in value:
        raise StoreError(f"{what} {name} must be text without null characters")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise StoreError(f"{what} {name} is no valid Unicode") from None
    if size > limit:
        raise StoreError(f"{what} {name} has {size:,} bytes, {limit:,} at most")


def is_number(value: Any) -> bool:
    """Whether a value is a number that both databases can hold."""
    return type(value) in (int, float) and -1e15 < value < 1e15  # neither NaN nor infinite
