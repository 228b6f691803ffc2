"""Everything a run says about one pair, from its folder alone. NumPy only, so that a page can call it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from pmf.alignment.explanation.neighbours import first_candidates, matched_neighbours
from pmf.alignment.explanation.records import Direction, Entity, Evidence, Explanation, Feature, NeighbourPair, Ranks
from pmf.alignment.explanation.shares import (
    Floats,
    Ids,
    candidate_pools,
    cosines,
    share,
    stored_embeddings,
    stored_weight,
    thawed_weight,
    variants,
)
from pmf.alignment.explanation.values import value_pairs
from pmf.alignment.metrics import realistic_rank
from pmf.data.graph_pair import GraphPair
from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from pmf.runs.reader import RunReader

KEEP_BYTES = 640 * 2**20
"""Candidates' embeddings up to this size stay in memory; larger ones are read again for every pair."""

_ROWS = 1024


class Explainer:
    """Explains one pair of a run after the other, from its folder alone.

    Args:
        run: a run with embeddings.
        scope: candidates are the "closed" set of linked non-seed entities, or "open": every entity.

    Raises:
        RunFormatError: the run has no embeddings yet, or is damaged.
    """

    def __init__(self, run: RunReader, scope: str = "closed") -> None:
        self.run, self.scope = run, scope
        self.tables, self.weight = stored_embeddings(run), stored_weight(run)
        self.pools = candidate_pools(run, scope)
        frozen_at = run.frozen_at()
        if frozen_at is None or frozen_at.max() >= run.epochs or len(run.entities) != run.n_entities:
            raise RunFormatError(f"{run.folder} is damaged: its arrays, entities and epochs do not fit together")
        self.frozen_at, self.relevance = frozen_at, run.relevance()
        self._thawed_weight = thawed_weight(self.weight, frozen_at)
        self.thresholds = {report["epoch"]: report.get("threshold") or {} for report in run.epoch_reports()}
        size = sum(8 * table.shape[1] * len(pool) for table in self.tables for pool in self.pools)
        self._keep = size <= KEEP_BYTES
        self._kept: dict[tuple[int, bool], Floats] = {}

    def explain(self, source: int, target: int, graphs: GraphPair | None = None) -> Explanation:
        """Everything about a pair.

        Args:
            source: source entity id.
            target: target entity id.
            graphs: the graphs that the run was trained on, where values and neighbours are wanted too.

        Raises:
            ConfigError: an id is none, or is of the other side.
            RunFormatError: the run is damaged.
        """
        self._check(source, target)
        alike = cosines(self.run, np.array(source), np.array(target))
        parts = share(alike, self.weight[:, source], self.weight[:, target])
        evidence = tuple(
            Evidence(
                modality=modality,
                share=float(parts[m]),
                cosine=float(alike[m]),
                source=self.feature(m, source),
                target=self.feature(m, target),
            )
            for m, modality in enumerate(self.run.modalities)
        )
        return Explanation(
            run=self.run.run_id,
            scope=self.scope,
            decode="similarity",
            source=self._entity(source),
            target=self._entity(target),
            similarity=float(parts.sum()),
            evidence=evidence,
            source_to_target=self.direction(source, target),
            target_to_source=self.direction(target, source),
            values=None if graphs is None else value_pairs(graphs, source, target),
            neighbours=None if graphs is None else self._neighbours(graphs, source, target),
        )

    def direction(self, query: int, candidate: int) -> Direction:
        """Ranks of a candidate, and of the truth, by all modalities, by each alone, and without each.

        Args:
            query: entity id.
            candidate: entity id of the other side.

        Raises:
            ConfigError: an id is none, or both are of one side.
            RunFormatError: the embeddings hold what is no finite number.
        """
        self._check(*sorted((query, candidate)))
        pool = self.pools[query < self.run.n_source]
        shown = np.array([candidate, *self._truths(query)])
        inside = np.isin(shown, pool)
        ranks = {name: _ranks(scores, inside) for name, scores in self._scores(query, shown).items()}
        best = 1 + int(np.argmin(ranks["rank"][1:])) if len(shown) > 1 else None
        truth = None if best is None else int(shown[best])

        def pick(name: str) -> Ranks:
            ranking = ranks[name]
            return Ranks(candidate=float(ranking[0]), truth=None if best is None else float(ranking[best]))

        def by_modality(kind: str) -> dict[str, Ranks]:
            return {m: pick(f"{kind}_{m}") for m in self.run.modalities if f"{kind}_{m}" in ranks}

        return Direction(
            query=query,
            candidate=candidate,
            truth=truth,
            candidates=len(pool),
            outside=tuple(sorted({int(e) for e in shown[~inside]} & {candidate, truth})),
            fused=pick("rank"),
            alone=by_modality("alone"),
            without=by_modality("without"),
            thawed=by_modality("thawed"),
        )

    def feature(self, m: int, entity: int) -> Feature:
        """What freezing has decided on the feature of an entity in the modality at place `m`."""
        frozen_at = int(self.frozen_at[m, entity])
        if frozen_at == layout.MISSING:
            return Feature(state="missing")
        relevance = np.asarray(self.relevance[:, m, entity], np.float64)
        scored = np.flatnonzero(~np.isnan(relevance))
        if frozen_at == layout.NEVER_FROZEN and len(scored) == 0:
            return Feature(state="active")
        epoch = int(scored[-1]) if frozen_at == layout.NEVER_FROZEN else frozen_at
        return Feature(
            state="active" if frozen_at == layout.NEVER_FROZEN else "frozen",
            epoch=epoch,
            relevance=None if np.isnan(relevance[epoch]) else float(relevance[epoch]),
            threshold=self.thresholds.get(epoch, {}).get(self.run.modalities[m]),
        )

    def _scores(self, query: int, candidates: Ids) -> dict[str, Floats]:
        """What ranks are by, by name: scores of the query's candidates and then of `asked`."""
        forward = query < self.run.n_source
        ids = np.concatenate([self.pools[forward], candidates])
        alike = self._cosines(query, forward, candidates)
        parts = [share(cosine, w[query], w[ids]) for cosine, w in zip(alike, self.weight, strict=True)]
        if not np.isfinite(parts).all():
            raise RunFormatError(f"{self.run.folder} has embeddings that are not finite numbers")
        thawed = {
            m: share(alike[m], weight[query], weight[ids])
            for m, weight in self._thawed_weight.items()
            if (self.frozen_at[m, [query, *candidates]] >= 0).any()
        }
        return dict(variants(self.run.modalities, alike, parts, thawed))

    def _cosines(self, query: int, forward: bool, candidates: Ids) -> list[Floats]:
        """Per modality the cosines of the query with its candidates and then with `asked`."""
        by_modality = []
        for m, table in enumerate(self.tables):
            own = table[query].astype(np.float64)
            parts = [block @ own for block in self._candidates(m, forward)]
            by_modality.append(np.concatenate([*parts, table[candidates].astype(np.float64) @ own]))
        return by_modality

    def _candidates(self, m: int, forward: bool) -> Iterator[Floats]:
        """The candidates' embeddings in float64, in blocks where they are too large to keep."""
        table, pool = self.tables[m], self.pools[forward]
        if not self._keep:
            yield from (table[pool[i : i + _ROWS]].astype(np.float64) for i in range(0, len(pool), _ROWS))
            return
        if (m, forward) not in self._kept:
            self._kept[m, forward] = table[pool].astype(np.float64)
        yield self._kept[m, forward]

    def _truths(self, query: int) -> Ids:
        links = self.run.links
        own, other = ("source", "target") if query < self.run.n_source else ("target", "source")
        truths: Ids = links.loc[links[own] == query, other].to_numpy(np.int64)
        return truths

    def _neighbours(self, graphs: GraphPair, source: int, target: int) -> tuple[NeighbourPair, ...]:
        links = self.run.links
        seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy(np.int64)
        matched = matched_neighbours(graphs, source, target, seeds=seeds, best=first_candidates(self.run))
        return tuple(
            NeighbourPair(source=self._entity(a), target=self._entity(b), known=known) for a, b, known in matched
        )

    def _entity(self, entity: int) -> Entity:
        row = self.run.entities.iloc[entity]
        return Entity(id=entity, uri=str(row["uri"]), label=str(row["label"]))

    def _check(self, source: int, target: int) -> None:
        if not 0 <= source < self.run.n_source <= target < self.run.n_entities:
            raise ConfigError(
                f"there is no pair {source}, {target} in {self.run.run_id}: its source entities are "
                f"0 … {self.run.n_source - 1}, its target entities {self.run.n_source} … {self.run.n_entities - 1}"
            )


def entity_named(run: RunReader, name: str | int, *, source_side: bool) -> int:
    """The id of an entity of one side.

    Args:
        run: the run.
        name: its URI, or its number in the run.
        source_side: whether it is a source entity.

    Raises:
        ConfigError: there is none.
    """
    first, end = (0, run.n_source) if source_side else (run.n_source, run.n_entities)
    rows = (run.entities["uri"].iloc[first:end] == name).to_numpy().nonzero()[0]
    if len(rows):
        return first + int(rows[0])
    text = str(name)
    if text.isascii() and text.isdigit() and first <= int(text) < end:
        return int(text)
    side = "source" if source_side else "target"
    side_table = run.entities.iloc[first:end]
    called = dict(zip(side_table["label"].str.casefold(), side_table["uri"], strict=True))
    called |= {re.split("[/#]", uri.rstrip("/"))[-1].casefold().replace("_", " "): uri for uri in side_table["uri"]}
    near = get_close_matches(re.split("[/#]", text)[-1].casefold().replace("_", " "), called)
    meant = f"; did you mean {' or '.join(dict.fromkeys(called[word] for word in near))}?" if near else ""
    raise ConfigError(f"no {side} entity of {run.run_id} has the URI or the number ({first} … {end - 1}) {text}{meant}")


def _ranks(scores: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Ranks of the last entities among the candidates before them; those `inside` are among these too."""
    candidates, own = np.split(scores, [len(scores) - len(inside)])
    return realistic_rank((candidates > own[:, None]).sum(1), (candidates == own[:, None]).sum(1) - inside)
