"""One query with its candidates: what an annotator is shown."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.review.services.desk import fingerprint, key
from app.review.services.probes import probe_candidates
from app.review.services.queue import AUDIT, Ids
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.nearest import nearest
from app.shared.services.run_view import RunView
from app.store import Deal, Event, ReviewStore, Row
from app.store.consensus import PROBE
from pmf.alignment.explanation import shares as explain

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
        card_id: uuid4 hex; a verdict names it, and the order of candidates on a blind card comes from it.
        query: entity id.
        uri: of the query.
        side: "source" or "target".
        label: of the query.
        picture: whether the data has a picture of the query.
        order: what brought the card; not to be shown, or a probe is none.
        blind: score, truth and others' verdicts are left out, and the order of candidates tells nothing.
        version: number of events that the annotator had on the query.
        candidates: at most `MOST`, best first; shuffled on a blind card.
        truth: the linked counterpart; None where unknown, on a blind card, an audit and a probe.
        probability: that the first candidate is right, see `chance`; None where unknown or blind.
        others: current verdicts of others; none on a blind card.
    """

    card_id: str
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
        other: a candidate to put first, for a link to a pair or the one that a group claims.
        probability: that the first candidate is right, NaN where unknown.
        others: what others said of it, see `desk.others`.

    Raises:
        RunFormatError: the query was not ranked, and the run has no embeddings to find candidates by.
    """
    side, uri = key(run, query)
    card_id = uuid.uuid4().hex
    candidates = _candidates(run, data, *_ranked(run, query, order, other), blind=blind)
    if blind and other is None:
        candidates = shuffled(candidates, card_id)
    hidden = blind or order in (AUDIT, PROBE) or run.partner[query] < 0
    return Card(
        card_id=card_id,
        query=query,
        uri=uri,
        side=side,
        label=str(run.labels[query]),
        picture=data.picture(query) is not None,
        order=order,
        blind=blind,
        version=store.version(fingerprint(run), user.name, side, uri),
        candidates=candidates,
        truth=None if hidden else int(run.partner[query]),
        probability=None if blind or other is not None or math.isnan(probability) else probability,
        others=() if blind else tuple(others),
    )


def shuffled(candidates: Sequence[Candidate], card_id: str) -> tuple[Candidate, ...]:
    """Candidates in an order that only the card's id decides."""
    order = np.random.default_rng(int(card_id, 16)).permutation(len(candidates))
    return tuple(candidates[place] for place in order)


def deal_of(user: User, run: RunView, deck: str, kind: str, *cards: Card) -> Deal:
    """What the store keeps of a card, or of the cards that make up a group and share the first one's id."""
    first = cards[0]
    return Deal(
        card=first.card_id,
        fingerprint=fingerprint(run),
        annotator=user.name,
        deck=deck,
        run_id=run.run_id,
        kind=kind,
        order=first.order,
        blind=first.blind,
        rows=tuple(
            Row(
                side=card.side,
                query=card.uri,
                version=card.version,
                candidates=tuple(candidate.uri for candidate in card.candidates),
            )
            for card in cards
        ),
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
            similarity=None if blind or math.isnan(value) else float(value),
        )
        for entity, value in zip(ids.tolist(), similarity, strict=True)
    )


def is_ranked(run: RunView, query: int, order: str) -> bool:
    """Whether the run has stored the candidates that a card shows; a probe's are compared anew."""
    return order != PROBE and run.predictions is not None and query in run.predictions.index


def _ranked(run: RunView, query: int, order: str, other: int | None) -> tuple[Ids, Iterable[float]]:
    """The candidates of a query, best first but for one that has to be, and their similarities."""
    predictions = run.predictions
    if predictions is None or not is_ranked(run, query, order):
        ids = probe_candidates(run, query, MOST) if order == PROBE else nearest(run, query, MOST)[0]
        similarity = _similarity(run, query, ids)
    else:
        row = predictions.loc[query]
        ids, similarity = np.asarray(row["candidates"], np.int64)[:MOST], np.asarray(row["similarity"])[:MOST]
    if other is None or run.is_source(other) == run.is_source(query):
        return ids, similarity
    ids = np.concatenate([[other], ids[ids != other]])[:MOST]
    return ids, _similarity(run, query, ids)


def _similarity(run: RunView, query: int, ids: Ids) -> np.ndarray:
    return explain.shares(run.reader, np.full_like(ids, query), ids).sum(0)
