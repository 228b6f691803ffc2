"""What the browser is sent of a card: plain values that it shows as text, and small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from app.review.services.card import Card
from app.review.services.compare import Difference, differences, seldom
from app.review.services.consensus import ids
from app.review.services.linked import PREDICTED, linked_neighbours
from app.review.services.usual import usual_attributes, usual_types
from app.shared.services import matches, pictures
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.store import Event
from app.store.consensus import opposite
from pmf.alignment.explanation import shares as explain

if TYPE_CHECKING:
    from pmf.alignment.explanation.reasons import PairReasons, RunReasons

LABEL, VALUE, ROWS, LINKED = 300, 400, 40, 12
SMALL, LARGE = 320, 1024
FOR, AGAINST = 2, 1
"""Reasons of a card: the others are on Matches."""

Json = dict[str, Any]


def face(run: RunView, data: Dataset, entity: int) -> Json:
    """One entity: id, label, uri, type, and its picture or why there is none."""
    path = data.picture(entity)
    image = pictures.small(path, SMALL) if path else None
    why = "" if image else "picture unreadable" if path else "data folder gone" if data.problem else "no picture"
    return {
        "entity": entity,
        "label": cut(run.labels[entity], LABEL),
        "uri": cut(run.uris[entity], 2000),
        "type": cut(run.types[entity], LABEL),
        "picture": image,
        "why": why,
    }


def pair(
    run: RunView,
    data: Dataset,
    source: int,
    target: int,
    accepted: Mapping[int, int],
    *,
    blind: bool,
    rules: RunReasons | None = None,
) -> Json:
    """What speaks for and against a pair: attributes, neighbours, and what rules say."""
    rows = differences(data.attributes(source), data.attributes(target), usual_attributes(run, data))
    linked = [
        near
        for near in linked_neighbours(run, data, source, target, accepted)
        if not (blind and near.known == PREDICTED)  # what the model thinks of the neighbours is what it thinks of this
    ]
    return {
        "rows": _type_row(run, source, target) + [_row(one) for one in rows[:ROWS]],
        "more": max(0, len(rows) - ROWS),
        "linked": [
            {
                "source": cut(run.labels[near.source], LABEL),
                "target": cut(run.labels[near.target], LABEL),
                "known": near.known,
                "relations": cut(", ".join(dict.fromkeys(near.source_relations + near.target_relations)), LABEL),
            }
            for near in linked[:LINKED]
        ],
        "linkedMore": max(0, len(linked) - LINKED),
        "reasons": None if rules is None else _reasons(rules.about(source, target)),
    }


def evidence(run: RunView, card: Card) -> list[list[Json]]:
    """For each candidate of an open card, what each modality makes of it, in words.

    Empty where the run has no embeddings to compare by.
    """
    if card.blind or run.reader.weight() is None or not card.candidates:
        return [[] for _ in card.candidates]
    entities = np.array([candidate.entity for candidate in card.candidates])
    shares = explain.shares(run.reader, np.full_like(entities, card.query), entities)  # [modalities, candidates]
    names = [cut(candidate.label, 60) for candidate in card.candidates]
    return [
        [
            {
                "modality": modality,
                "share": round(float(shares[m, place]), 4),
                "words": _words(matches.state_of_pair(run, modality, card.query, entity), shares[m], place, names),
            }
            for m, modality in enumerate(run.modalities)
        ]
        for place, entity in enumerate(entities.tolist())
    ]


def verdict_in_words(run: RunView, event: Event) -> Json:
    """What somebody said of a query: who, what, and why."""
    query, entity = ids(run).get((event.side, event.query)), ids(run).get((opposite(event.side), event.other))
    words = {"match": "a match", "not": "no match", "none": "no counterpart", "unsure": "unsure", "flag": "flagged"}
    return {
        "who": cut(event.annotator, 60),
        "query": "" if query is None else cut(run.labels[query], LABEL),
        "verdict": words[event.verdict],
        "other": "" if entity is None else cut(run.labels[entity], LABEL),
        "reason": cut(event.reason, 500),
    }


def large(data: Dataset, entity: int) -> str | None:
    """The picture of an entity as large as a screen shows it, as an address; None where there is none."""
    path = data.picture(entity)
    return pictures.small(path, LARGE) if path else None


def cut(text: object, longest: int) -> str:
    """The beginning of a text."""
    whole = str(text)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def _reasons(about: PairReasons) -> list[Json]:
    """The strongest reasons on either side, with their share of the evidence there."""
    return [
        {"sign": sign, "share": f"{reason.share:.0%}", "words": cut(reason.words, LABEL)}
        for sign, reasons, most in (("+", about.speak_for, FOR), ("−", about.speak_against, AGAINST))
        for reason in reasons[:most]
    ]


def _row(one: Difference) -> Json:
    row = one.row
    return {
        "key": cut(row.source_key or row.target_key, LABEL),
        "source": cut(row.source_value, VALUE),
        "target": cut(row.target_value, VALUE),
        "mark": row.mark,
        "words": one.said if row.mark == "differs" else "",
        "decisive": one.decisive,
        "usual": _usual_in_words("as far apart", *one.usual) if one.decisive else "",
    }


def _usual_in_words(what: str, apart: int, links: int) -> str:
    return f"{what} in {apart:,} of {links:,} training links" if links else ""


def _type_row(run: RunView, source: int, target: int) -> list[Json]:
    """The types, where both are known and differ; decisive where both graphs use both and links seldom mix them."""
    a, b = str(run.types[source]), str(run.types[target])
    if not a or not b or a == b:
        return []
    shared, links = _shared_types(run), [usual_types(run).get(name, (0, 0)) for name in (a, b)]
    decisive = a in shared and b in shared and all(seldom(*one) for one in links)
    row = {"key": "type", "source": cut(a, VALUE), "target": cut(b, VALUE), "mark": "differs", "decisive": decisive}
    usual = _usual_in_words("as", *max(links, key=lambda one: one[1])) if decisive else ""
    return [{**row, "words": "another type", "usual": usual}]


@lru_cache(maxsize=8)
def _shared_types(run: RunView) -> frozenset[str]:
    return frozenset(run.types[: run.n_source]) & frozenset(run.types[run.n_source :])


def _words(state: str, shares: Sequence[float] | np.ndarray, place: int, names: Sequence[str]) -> str:
    if state == "missing":
        return "missing"
    if state.startswith("frozen"):
        return f"frozen since epoch {state.split()[1]}: does not count"
    best = int(np.argmax(shares))
    if best != place:
        return f"prefers {names[best]}"
    rest = np.delete(shares, place)
    if not len(rest) or shares[place] <= 0:
        return "says little"
    return "clearly for this one" if shares[place] - rest.max() > 0.1 * shares[place] else "for this one, narrowly"
