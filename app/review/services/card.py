"""One query with its candidates, and what an annotator's answer makes of it."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.review.services.desk import fingerprint, key
from app.review.services.probes import nearest, probe_candidates
from app.review.services.queue import AUDIT, PROBE, Ids
from app.shared.services.access import Role, User, require
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from pmf.alignment.explanation import shares as explain
from pmf.errors import ConfigError

MOST = 9
LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One candidate of a card.

    Args:
        entity: its id.
        uri: its URI.
        label: its label.
        picture: whether the data has a picture of it.
        similarity: fused similarity to the query, the sum of what the modalities give; None on a blind card.
    """

    entity: int
    uri: str
    label: str
    picture: bool
    similarity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an annotator sees of one query, and what its event will carry.

    Args:
        event_id: of the verdict that this card leads to: made here, so that a second press is the same event.
        query: entity id.
        uri: of the query.
        side: "source" or "target".
        label: of the query.
        picture: whether the data has a picture of the query.
        order: what brought the card; not to be shown, or a probe is none.
        blind: score, truth and others' verdicts are left out.
        version: of the verdict that this card leads to.
        candidates: at most `MOST`, best first.
        truth: the linked counterpart; None where unknown, on a blind card, an audit and a probe.
        probability: that the first candidate is right, see `chance`; None where unknown or blind.
        others: current verdicts of others; none on a blind card.
    """

    event_id: str
    query: int
    uri: str
    side: str
    label: str
    picture: bool
    order: str
    blind: bool
    version: int
    candidates: tuple[Candidate, ...]
    truth: int | None = None
    probability: float | None = None
    others: tuple[Event, ...] = ()


def card(
    user: User,
    store: ReviewStore,
    run: RunView,
    data: Dataset,
    query: int,
    *,
    order: str = LINK,
    blind: bool = False,
    other: int | None = None,
    probability: float = math.nan,
    others: Sequence[Event] = (),
) -> Card:
    """The card of a query.

    Args:
        user: who will answer.
        store: where the answer will go.
        run: the run under review.
        data: its data set.
        query: entity id; without predictions its nearest entities are its candidates.
        order: what brought it, see `queue`; "link" where somebody was sent there.
        blind: leave out whatever could sway the answer.
        other: a candidate to put first, for a link to a pair.
        probability: that the first candidate is right, NaN where unknown.
        others: what others said of it, see `desk.others`.

    Raises:
        RunFormatError: the query was not ranked, and the run has no embeddings to find candidates by.
    """
    side, uri = key(run, query)
    hidden = blind or order in (AUDIT, PROBE) or run.partner[query] < 0
    return Card(
        event_id=uuid.uuid4().hex,
        query=query,
        uri=uri,
        side=side,
        label=str(run.labels[query]),
        picture=data.picture(query) is not None,
        order=order,
        blind=blind,
        version=store.version(fingerprint(run), user.name, side, uri) + 1,
        candidates=_candidates(run, data, *_ranked(run, query, order, other), blind=blind),
        truth=None if hidden else int(run.partner[query]),
        probability=None if blind or other is not None or math.isnan(probability) else probability,
        others=() if blind else tuple(others),
    )


def _candidates(
    run: RunView, data: Dataset, ids: Ids, similarity: Iterable[float], *, blind: bool
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            entity=entity,
            uri=str(run.uris[entity]),
            label=str(run.labels[entity]),
            picture=data.picture(entity) is not None,
            similarity=None if blind else float(value),
        )
        for entity, value in zip(ids.tolist(), similarity, strict=True)
    )


def _ranked(run: RunView, query: int, order: str, other: int | None) -> tuple[Ids, Iterable[float]]:
    """The candidates of a query, best first but for one that has to be, and their similarities."""
    if order == PROBE or run.predictions is None or query not in run.predictions.index:
        ids = probe_candidates(run, query, MOST) if order == PROBE else nearest(run, query, MOST)
        similarity = _similarity(run, query, ids)
    else:
        row = run.predictions.loc[query]
        ids, similarity = np.asarray(row["candidates"], np.int64)[:MOST], np.asarray(row["similarity"])[:MOST]
    if other is None or run.is_source(other) == run.is_source(query):
        return ids, similarity
    ids = np.concatenate([[other], ids[ids != other]])[:MOST]
    return ids, _similarity(run, query, ids)


def _similarity(run: RunView, query: int, ids: Ids) -> np.ndarray:
    return explain.shares(run.reader, np.full_like(ids, query), ids).sum(0)


def answer(
    user: User,
    store: ReviewStore,
    run: RunView,
    card: Card,
    verdict: str,
    *,
    place: int = 1,
    seconds: float = 0.0,
    reason: str = "",
) -> Event:
    """Save a verdict; when this returns, it is on disk.

    Args:
        user: who answers.
        store: the review store.
        run: the run under review.
        card: what they were shown.
        verdict: one of `VERDICTS`.
        place: of the candidate that is meant, from 1.
        seconds: from the card shown to the answer.
        reason: in their words.

    Returns:
        What was saved.

    Raises:
        NotAllowedError: the user is no annotator.
        StaleEventError: the query was answered elsewhere since the card was made.
        ConfigError: there is no candidate in that place.
    """
    require(user, Role.ANNOTATOR, "give verdicts")
    event = event_of(user, run, card, verdict, place=place, seconds=seconds, reason=reason)
    store.append(event)
    return event


def event_of(
    user: User, run: RunView, card: Card, verdict: str, *, place: int = 1, seconds: float = 0.0, reason: str = ""
) -> Event:
    """The event that an answer to a card is, not saved yet; see `answer`."""
    if verdict != "none" and not 1 <= place <= len(card.candidates):
        raise ConfigError(f"There is no candidate {place}: this card shows {len(card.candidates)}.")
    return Event(
        event_id=card.event_id,
        kind="verdict",
        fingerprint=fingerprint(run),
        run_id=run.run_id,
        annotator=user.name,
        side=card.side,
        query=card.uri,
        other="" if verdict == "none" else card.candidates[place - 1].uri,
        verdict=verdict,
        version=card.version,
        candidates=tuple(candidate.uri for candidate in card.candidates),
        order=card.order,
        blind=card.blind,
        reason=reason,
        seconds=seconds,
    )


def undo(user: User, store: ReviewStore, run: RunView) -> Event | None:
    """Take back the user's last verdict that stands; None where none does.

    Returns:
        What was taken back.

    Raises:
        NotAllowedError: the user is no annotator.
    """
    require(user, Role.ANNOTATOR, "take verdicts back")
    last = store.last(fingerprint(run), user.name)
    if last is None:
        return None
    store.append(
        Event(
            event_id=uuid.uuid4().hex,
            kind="undo",
            fingerprint=last.fingerprint,
            run_id=run.run_id,
            annotator=user.name,
            side=last.side,
            query=last.query,
            other=last.other,
            verdict="",
            version=store.version(last.fingerprint, user.name, last.side, last.query) + 1,
            undoes=last.event_id,
        )
    )
    return last
