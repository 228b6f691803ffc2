"""What of the verdicts on a run's data goes into a training, what stays out, and the links that come of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.review.services.consensus import ids
from app.review.services.desk import fingerprint
from app.shared.services import relation_verdicts
from app.shared.services.run_view import RunView
from app.store import ReviewStore
from app.store.consensus import ABSTAIN, Key, Outcome, consensus
from pmf.data.split import LinkSplit
from pmf.runs.links import stored_split
from pmf.training.links.verdicts import Verdicts, apply_verdicts

ON_TEST, IN_CONFLICT, ABSTAINED, CONTRADICTING, GONE = (
    "on test links",
    "in conflict between annotators",
    "unsure or flagged",
    "at odds with another verdict",
    "about entities that are gone",
)
RELATIONS_IN_CONFLICT, RELATIONS_UNUSED = (
    "on relations that people disagree about",
    "on relations, because this run trains without rules and spread labels",
)

Row = tuple[str, str, str]
"""Source uri, target uri, and match, not or none; with none, one uri is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What goes into a training.

    Args:
        rows: of the verdict file, sorted.
        left_out: why → how many queries' verdicts stay out, and how many pairs of relations.
        relations: what is said of pairs of relations: source, target, inverse, verdict.
    """

    rows: tuple[Row, ...]
    left_out: Mapping[str, int]
    relations: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """match, not and none → how many go in."""
        return {kind: sum(row[2] == kind for row in self.rows) for kind in ("match", "not", "none")}


def harvest(store: ReviewStore, run: RunView, *, test_links: bool = False) -> Harvest:
    """The verdicts on a run's data that everybody agrees on, or that were adjudicated, and those on its relations.

    Probes stay out altogether: their links are seeds already.

    Args:
        store: the review store.
        run: the run to go on from; its split says what a test link is.
        test_links: whether verdicts on entities of test links go in.
    """
    left_out: Counter[str] = Counter()
    rows: list[Row] = []
    id_of, tested = ids(run), _tested(run)
    for key, outcome in consensus(store.current(fingerprint(run))).items():
        if outcome.conflict or outcome.verdict in ABSTAIN:
            left_out[IN_CONFLICT if outcome.conflict else ABSTAINED] += 1
            continue
        for row in _rows(key, outcome):
            touched = {id_of.get(named) for named in _ends(row) if named[1]}
            if None in touched:
                left_out[GONE] += 1
            elif not test_links and touched & tested:
                left_out[ON_TEST] += 1
            else:
                rows.append(row)
    contradicting = _contradicting(rows)
    left_out[CONTRADICTING] = sum(row in contradicting for row in rows)
    judged = relation_verdicts.verdicts(store, run)
    relations = tuple(relation_verdicts.as_table(judged.items()).itertuples(index=False, name=None))
    left_out[RELATIONS_IN_CONFLICT] = len(judged) - len(relations)
    if not _heeds_relations(run):
        left_out[RELATIONS_UNUSED], relations = len(relations), ()
    return Harvest(rows=tuple(sorted(set(rows) - contradicting)), left_out=+left_out, relations=relations)


def _heeds_relations(run: RunView) -> bool:
    settings = run.reader.facts.settings
    return bool(settings["rules.rounds"] or settings["model.propagation"])


def _tested(run: RunView) -> set[int]:
    links = run.reader.links
    return set(np.unique(links.loc[links["split"] == "test", ["source", "target"]]).tolist())


def _rows(key: Key, outcome: Outcome) -> list[Row]:
    """What an outcome says: of its counterpart, and of each candidate that was rejected."""
    (side, query), verdicts = key, [(other, "not") for other in outcome.rejected]
    if outcome.verdict != "not":
        verdicts.append((outcome.other, outcome.verdict))
    return [(query, other, verdict) if side == "source" else (other, query, verdict) for other, verdict in verdicts]


def _contradicting(rows: list[Row]) -> set[Row]:
    """Rows that give an entity two counterparts, or one and none, and pairs both confirmed and rejected."""
    counterparts: dict[Key, set[str]] = defaultdict(set)
    for source, target, verdict in rows:
        if verdict != "not":
            counterparts["source", source].add(target)
            counterparts["target", target].add(source)
    pairs = set(rows)
    return {
        row
        for row in pairs
        if (row[2] == "match" and (*row[:2], "not") in pairs)
        or (row[2] == "not" and (*row[:2], "match") in pairs)
        or (row[2] != "not" and any(uri and len(counterparts[side, uri]) > 1 for side, uri in _ends(row)))
    }


def _ends(row: Row) -> tuple[Key, Key]:
    return ("source", row[0]), ("target", row[1])


def links_after(run: RunView, harvested: Harvest, *, test_links: bool = False) -> LinkSplit:
    """The links of a run once the verdicts that go in have spoken.

    Raises:
        ConfigError: a part would be left without a link.
    """
    id_of = ids(run)

    def pairs(kind: str) -> np.ndarray:
        rows = [[id_of.get(end) for end in _ends(row)] for row in harvested.rows if row[2] == kind]
        return np.array([ends for ends in rows if None not in ends], np.int64).reshape(-1, 2)

    alone = [id_of[end] for row in harvested.rows if row[2] == "none" for end in _ends(row) if end in id_of]
    verdicts = Verdicts(matched=pairs("match"), rejected=pairs("not"), alone=np.array(alone, np.int64))
    return apply_verdicts(stored_split(run.reader), verdicts, may_use_test_links=test_links)[0]


def tally_in_words(harvested: Harvest) -> str:
    """How many verdicts so far a training would use, and how many not and why; "" before the first one."""
    used, left_out = len(harvested.rows) + len(harvested.relations), sum(harvested.left_out.values())
    if not (used or left_out):
        return ""
    why = ", ".join(f"{number:,} {reason}" for reason, number in harvested.left_out.items())
    return f"So far training would use {used:,}" + (f" and leave out {left_out:,} ({why})." if left_out else ".")
