"""Who an entity is in the other graph: what people and rules decided first, then what the run says."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from app.alignment.services.given import given_links
from app.serve.services.names import Names
from app.shared.services.nearest import nearest
from app.shared.services.run_view import RunView
from app.store import ACCEPTED, AlignedPair, ReviewStore
from app.store.consensus import Key, opposite
from pmf.runs.accepted import pair_id

MOST = 50
"""Candidates that are given at most; a run stores fewer of most entities."""

GIVEN = "given"
"""State of a link that the run was trained or chosen with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entity that may be the one looked for.

    Args:
        entity: its number in the run.
        score: 100 times its similarity, by the run or by its name; 100 or more where it is confirmed.
        match: whether it is confirmed, and no other one beside it.
        state: of the pair in the alignment, `GIVEN`, or "" where only the run says so.
        probability: that the pair is right; None where nobody knows.
        found: the entity whose candidate it is; itself where its own name was looked for.
    """

    entity: int
    score: float
    match: bool = False
    state: str = ""
    probability: float | None = None
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a text names: entities of one graph, how they were found ("id", "name", "letters", ""), and candidates."""

    entities: tuple[int, ...]
    how: str
    candidates: tuple[Candidate, ...]


class Lookup:
    """Looks entities of a run up; safe to share between threads.

    Args:
        run: a run with predictions or embeddings.
        store: where its alignment lies; read anew whenever something was added.
    """

    def __init__(self, run: RunView, store: ReviewStore) -> None:
        self.run, self._store = run, store
        self.names = {side: Names(run, of_source=side == "source") for side in ("source", "target")}
        self._given: dict[int, list[int]] = {}
        for source, target in given_links(run).tolist():
            self._given.setdefault(source, []).append(target)
            self._given.setdefault(target, []).append(source)
        self._alignment: tuple[tuple[int, int], dict[Key, list[AlignedPair]]] | None = None
        run.predictions, run.best  # noqa: B018 - read before somebody waits for it

    def look(self, text: str, side: str, count: int, *, name: str = "") -> Answer:
        """The entities of a graph that a text names, and their candidates in the other one, the best first.

        Args:
            text: id or name.
            side: "source" or "target": of which graph.
            count: how many candidates, at most.
            name: looked for by its letters where no entity has the id or name `text`.

        Raises:
            StoreError: the alignment cannot be read.
        """
        aligned, names = self._read(), self.names[side]
        entity = names.by_id(text)
        if entity is not None:
            return Answer(entities=(entity,), how="id", candidates=tuple(self._of(entity, aligned)[:count]))
        if named := names.by_name(text) or names.by_name(name):
            found = [one for entity in named for one in self._of(entity, aligned)]
            if len(named) > 1:  # who is meant is not certain
                found = [replace(one, match=False) for one in found]
            return Answer(entities=tuple(named), how="name", candidates=_best(found, count))
        written = name or text
        alike = names.alike(written, 3)
        found = [
            replace(one, match=False, score=min(one.score, 100) * likeness)
            for entity, likeness in alike
            for one in self._of(entity, aligned)
        ]
        other = self.names[opposite(side)].alike(written, count)
        found += [Candidate(entity=entity, score=100 * likeness, found=entity) for entity, likeness in other]
        return Answer(
            entities=tuple(entity for entity, _ in alike),
            how="letters" if found else "",
            candidates=_best(found, count),
        )

    def described(self, entity: int) -> dict[str, str]:
        """Id, name and type of an entity."""
        run = self.run
        return {"id": str(run.uris[entity]), "name": str(run.labels[entity]), "type": str(run.types[entity])}

    def pair_id(self, one: Candidate) -> str:
        """Id of the pair that a candidate is one end of; "" of one that was found by its own name."""
        if one.entity == one.found:
            return ""
        source, target = sorted((one.entity, one.found))
        return pair_id(str(self.run.uris[source]), str(self.run.uris[target]))

    def _of(self, entity: int, aligned: dict[Key, list[AlignedPair]]) -> list[Candidate]:
        """The candidates of one entity; none where people say that it has no counterpart."""
        run = self.run
        side = "source" if run.is_source(entity) else "target"
        other = self.names[opposite(side)]
        known: dict[int, Candidate] = {}
        denied: set[int] = set()
        for pair in aligned.get((side, str(run.uris[entity])), ()):
            uri = pair.target if side == "source" else pair.source
            if not uri and pair.state == "accepted":
                return []
            if (end := other.by_id(uri)) is None:
                continue
            if pair.state == "rejected":
                denied.add(end)
            known[end] = Candidate(entity=end, score=0, state=pair.state, probability=pair.probability, found=entity)
        for end in self._given.get(entity, ()):
            if end not in known or known[end].state == "proposed":
                known[end] = Candidate(entity=end, score=0, state=GIVEN, found=entity)
        ranked = self._ranked(entity)
        top = max([100.0, *(score for _, score in ranked)])
        confirmed = [one for one in known.values() if one.state in (*ACCEPTED, GIVEN)]
        certain = len(confirmed) == 1 and confirmed[0].state != "changed"
        found = [replace(one, score=top, match=certain) for one in confirmed]
        first = {one.entity for one in found}
        found += [
            replace(known.get(end, Candidate(entity=end, score=0, found=entity)), score=score)
            for end, score in ranked
            if end not in denied and end not in first
        ]
        listed = {one.entity for one in found} | denied
        return found + [
            replace(one, score=100 * (one.probability or 0)) for end, one in known.items() if end not in listed
        ]

    def _ranked(self, entity: int) -> list[tuple[int, float]]:
        """What the run says of an entity: candidates and 100 times their similarity, the best first."""
        run = self.run
        if run.predictions is not None and entity in run.predictions.index:
            row = run.predictions.loc[entity]
            ids, similarity = row["candidates"], row["similarity"]
        elif run.reader.embedding("fused") is not None:
            ids, similarity = nearest(run, entity, MOST)
        else:
            return []
        scores = (float(value) for value in similarity)
        return [
            (int(end), 100 * value if math.isfinite(value) else 0.0) for end, value in zip(ids, scores, strict=True)
        ]

    def _read(self) -> dict[Key, list[AlignedPair]]:
        """The pairs of each entity as they stand."""
        if not self.run.fingerprint:
            return {}
        revision = self._store.revision()
        if self._alignment is None or self._alignment[0] != revision:
            pairs: dict[Key, list[AlignedPair]] = {}
            for one in self._store.alignment(self.run.fingerprint):
                for end in (("source", one.source), ("target", one.target)):
                    pairs.setdefault(end, []).append(one)
            self._alignment = revision, pairs
        return self._alignment[1]


def _best(found: list[Candidate], count: int) -> tuple[Candidate, ...]:
    """Each entity once, the best first: what is certain, then by score."""
    best: dict[int, Candidate] = {}
    for one in sorted(found, key=lambda one: (not one.match, -one.score)):
        best.setdefault(one.entity, one)
    return tuple(best.values())[:count]


def features(one: Candidate) -> list[dict[str, Any]]:
    """What a candidate's score and certainty come from, as a list of ids and values."""
    values = {"confirmed": one.state in ("accepted", GIVEN), "probability": one.probability}
    return [{"id": name, "value": value} for name, value in values.items() if value is not None]
