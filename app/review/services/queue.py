"""What to ask next: the ranked queries in the chosen order, with a random audit and gold probes mixed in.

The audit is one fixed random order of all ranked queries of a direction, the same for every annotator and
whatever the filter: only so do its first verdicts say something of the whole run (`precision`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView, not_yet
from app.slices.services import names as slices
from app.store.consensus import PROBE
from pmf.alignment.confidence import margin
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]

ORDERS = {
    "margin": "Least margin first",
    "disagreement": "Modalities disagree most",
    "frozen": "Most frozen features first",
    "gain": "Most to gain first",
}
USEFUL = "useful"
SPLITS = {
    USEFUL: "What training can use",
    "all": "All ranked queries",
    "test": "Test links",
    "validation": "Validation links",
    "unlinked": "Unlinked",
}
AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """What an annotator wants to go through.

    Args:
        direction: `layout.SOURCE_TO_TARGET` or its opposite.
        order: a name of `ORDERS`.
        split: a name of `SPLITS`.
        slice_name: a slice of `app.slices.services.names`, "" for everything.
        audit: share of the cards that are drawn at random from the whole direction.
        probes: share of the cards whose answer is known beforehand, from seed links.

    Raises:
        ConfigError: a name that there is not, or shares that leave less than half to the order.
    """

    direction: str = layout.SOURCE_TO_TARGET
    order: str = "margin"
    split: str = "all"
    slice_name: str = ""
    audit: float = 0.1
    probes: float = 0.05

    def __post_init__(self) -> None:
        for name, choices in (("direction", layout.DIRECTIONS), ("order", ORDERS), ("split", SPLITS)):
            if getattr(self, name) not in choices:
                raise ConfigError(f"There is no {name} “{getattr(self, name)}”; there are {', '.join(choices)}.")
        if min(self.audit, self.probes) < 0 or self.audit + self.probes > 0.5:
            raise ConfigError("Audit and probes may take half of the cards at most, and neither can be negative.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Queries `[n]` in the order in which to ask, and what brought each: its order, "audit" or "probe" `[n]`."""

    queries: Ids
    orders: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.queries)


def queue(run: RunView, wanted: ReviewFilter, data: Dataset | None = None) -> Queue:
    """What an annotator is asked, first things first; always the same for the same run and filter.

    Args:
        run: a run with predictions.
        wanted: the filter.
        data: its data set, for the order "gain"; without one an entity's relation triples count as its neighbours.

    Raises:
        RunFormatError: the run has no predictions yet.
        ConfigError: there is no such slice.
    """
    main = ordered(run, wanted, data)
    turns = {wanted.order: np.arange(len(main)) / (1 - wanted.audit - wanted.probes)}
    end, rng = turns[wanted.order].max(initial=-1), _rng(run, "turns", wanted.direction)
    turns |= {PROBE: _turns(rng, wanted.probes, end), AUDIT: _turns(rng, wanted.audit, end)}
    names = np.repeat(np.array(list(turns), object), [len(turn) for turn in turns.values()])
    left = {
        wanted.order: iter(main.tolist()),
        PROBE: iter(probe_order(run, wanted.direction).tolist()),
        AUDIT: iter(audit_order(run, wanted.direction).tolist()),
    }
    order_of: dict[int, str] = {}
    for name in names[np.argsort(np.concatenate(list(turns.values())), kind="stable")]:
        query = next((query for query in left[name] if query not in order_of), None)
        if query is not None:
            order_of[query] = name
        elif name == wanted.order:
            break
    return Queue(queries=np.array(list(order_of), np.int64), orders=np.array(list(order_of.values()), object))


def _turns(rng: np.random.Generator, share: float, end: float) -> Floats:
    """One turn at random in every 1 / share, up to an end: evenly spread, and yet nobody can count along."""
    blocks = np.arange(int(end * share) + 1) if share else np.zeros(0)
    turns = (blocks + rng.random(len(blocks))) / max(share, 1e-9)
    return turns[turns <= end]


def audit_order(run: RunView, direction: str) -> Ids:
    """The ranked queries of a direction in one random order, the same in every run over the same data."""
    shuffled = _rng(run, AUDIT).permutation(run.n)
    table = ranked(run, direction)
    return shuffled[np.isin(shuffled, table.index.to_numpy())]


def probe_order(run: RunView, direction: str) -> Ids:
    """The seed entities of a direction's query side in random order: what they match is known.

    None without embeddings, which alone find candidates for a seed.
    """
    if run.reader.embedding("fused") is None:
        return np.zeros(0, np.int64)
    shuffled = _rng(run, PROBE).permutation(run.n)
    own_side = (shuffled < run.n_source) == (direction == layout.SOURCE_TO_TARGET)
    return shuffled[own_side & (run.split[shuffled] == "seed")]


def _rng(run: RunView, *purpose: str) -> np.random.Generator:
    text = "\x1f".join((run.fingerprint, *purpose))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def ranked(run: RunView, direction: str) -> pd.DataFrame:
    """The predictions of one direction that have a candidate, by query.

    Raises:
        RunFormatError: there are none yet.
    """
    if run.predictions is None:
        raise RunFormatError(not_yet(run, "Predictions are"))
    table = run.predictions[run.predictions["direction"] == direction]
    return table[run.best[table.index.to_numpy()] >= 0]


def ordered(run: RunView, wanted: ReviewFilter, data: Dataset | None = None) -> Ids:
    """The queries that pass the filter, best first; equal ones by least margin."""
    table = ranked(run, wanted.direction)
    first = np.zeros(0, np.int64)
    if wanted.split == USEFUL:
        table = table[run.split[table.index.to_numpy()] != "test"]
        first = unranked(run, wanted.direction)
        if wanted.slice_name:
            first = first[slices.members(run, wanted.slice_name)[first]]
    elif wanted.split != "all":
        table = table[table["split"] == wanted.split]
    if wanted.slice_name:
        table = table[slices.members(run, wanted.slice_name)[table.index.to_numpy()]]
    ids = table.index.to_numpy()
    lead = margins(table)
    if wanted.order == "margin":
        return np.concatenate([first, ids[np.argsort(lead, kind="stable")]])
    if wanted.order == "disagreement":
        key = disagreement(run, table)
    else:
        key = frozen_features(run, ids) if wanted.order == "frozen" else gain(run, ids, lead, data)
    return np.concatenate([first, ids[np.lexsort((lead, -key))]])


def unranked(run: RunView, direction: str) -> Ids:
    """Entities of a direction's query side that have no link, so that the run ranked nothing for them.

    The two nearest entities of the other graph tell how unsure each is; the least sure comes first. () without
    embeddings, and of an updated run: it asks about what is new alone, which it ranks.
    """
    fused = run.reader.embedding("fused")
    own = np.arange(run.n_source) if direction == layout.SOURCE_TO_TARGET else np.arange(run.n_source, run.n)
    queries = own[(run.split[own] == "") & (run.best[own] < 0)]
    others = slice(run.n_source, run.n) if direction == layout.SOURCE_TO_TARGET else slice(0, run.n_source)
    updated = run.reader.facts.updated is not None
    if fused is None or updated or not len(queries) or others.stop - others.start < 2:
        return np.zeros(0, np.int64)
    targets = fused[others].astype(np.float32)
    lead = np.concatenate([_lead(fused[part].astype(np.float32) @ targets.T) for part in _blocks(queries)])
    return queries[np.argsort(lead, kind="stable")]


def _blocks(queries: Ids) -> list[Ids]:
    return np.array_split(queries, max(1, len(queries) // 256))


def _lead(similarity: Floats) -> Floats:
    """The largest of each row minus the second largest, `[q]`."""
    best = np.partition(similarity, -2, axis=1)[:, -2:]
    return best[:, 1] - best[:, 0]


def used_by_training(run: RunView, dealt: Queue) -> int:
    """How many queries of a queue give verdicts that training uses unless told otherwise: no test links, no probes."""
    return int(((run.split[dealt.queries] != "test") & (dealt.orders != PROBE)).sum())


def margins(table: pd.DataFrame) -> Floats:
    """Score of the first candidate minus that of the second, `[q]`; infinite where there is no contest.

    There is none with a single candidate, nor where everything known of the query is frozen or missing.
    """
    blind = [not np.any(similarity) for similarity in table["similarity"]]
    return margin.margins(table["score"], blind)


def disagreement(run: RunView, table: pd.DataFrame) -> Floats:
    """Entropy, in nats, of the modalities' votes for their own best among a query's candidates, `[q]`.

    A modality that is frozen or missing for the query has no vote.
    """
    if not len(table):
        return np.zeros(0)
    shares = [_square(table[f"share_{m}"]) for m in run.modalities]  # each [q, k]
    votes = np.stack([np.where(share.any(1), share.argmax(1), -1) for share in shares], axis=1)  # [q, m]
    voters = (votes >= 0).sum(1, keepdims=True)
    same = (votes[:, :, None] == votes[:, None, :]).sum(2) / np.maximum(voters, 1)  # each vote's share of the votes
    return -np.where(votes >= 0, np.log(np.where(votes >= 0, same, 1)), 0).sum(1) / np.maximum(voters[:, 0], 1)


def _square(lists: Iterable[npt.NDArray[np.floating]]) -> Floats:
    """Lists as `[q, k]`, the shorter ones with zeros: not all queries need have as many candidates."""
    rows = list(lists)
    table = np.zeros((len(rows), max(map(len, rows))), np.float32)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def frozen_features(run: RunView, ids: Ids) -> Floats:
    """How many features of a query and of its best candidate are frozen, `[q]`."""
    if run.frozen_at is None:
        return np.zeros(len(ids))
    frozen = (run.frozen_at >= 0).sum(0)
    return (frozen[ids] + frozen[run.best[ids]]).astype(float)


def gain(run: RunView, ids: Ids, margin: Floats, data: Dataset | None) -> Floats:
    """How much an answer is expected to bring: how unsure the match is, times how many neighbours profit, `[q]`.

    Unsure is exp(-margin / median margin); what profits are the neighbours without a seed link of both entities,
    whose own match the answer supports, and the pair itself.
    """
    if not np.isfinite(margin).any():
        return np.zeros(len(ids))
    scale = max(float(np.median(margin[np.isfinite(margin)])), 1e-9)
    waiting = run.degree if data is None or data.pair is None else _waiting_neighbours(run, data.pair)
    return np.exp(-margin / scale) * (1 + waiting[ids] + waiting[run.best[ids]])


def _waiting_neighbours(run: RunView, pair: GraphPair) -> Ids:
    """Neighbours of each entity that have no seed link, `[n]`."""
    ends = np.concatenate([graph.relation_triples[:, [0, 2]] + offset for graph, offset in pair.sides()])
    both_ways = np.concatenate([ends[:, 0] * run.n + ends[:, 1], ends[:, 1] * run.n + ends[:, 0]])
    entity, neighbour = np.divmod(pd.unique(both_ways), run.n)
    waits = run.split != "seed"
    return np.bincount(entity[(entity != neighbour) & waits[neighbour]], minlength=run.n)
