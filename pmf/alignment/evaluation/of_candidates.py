"""The alignment among candidate pairs that were blocked elsewhere: only these are scored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from pmf.alignment.evaluation.align import Matching, denied, given_links, matchable, require_findings
from pmf.alignment.evaluation.of_run import require_embeddings
from pmf.alignment.matching.listed import first_of_each, greedy, listed_csls, mutual
from pmf.alignment.search.similarity import block_rows
from pmf.arrays import Ids
from pmf.config.build import require
from pmf.data.notes import counted
from pmf.data.readers.candidate_pairs import CandidatePairs, read_candidates
from pmf.progress import step, tell
from pmf.runs.reader import RunReader

DECIDED_BY = ("cosine", "csls", "mutual", "greedy")
"""Decodings that listed pairs allow; the others weigh every pair against all of its row."""

WHY_NO_PROBABILITIES = (
    "no probabilities: the run's are of the best of all pairs, and how far one stands out among candidates says less"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Candidate pairs of a run, and what blocking has left of it.

    Args:
        pairs: of all entities of the run.
        free: bool, which pairs may be findings: of the others an entity is in a link that is given.
        decode: one of `DECIDED_BY`.
        one_to_one: whether the target of a given link counts as taken.
        known: which links were looked for: "validation", or "seed" where a run has no validation links.
        links: how many of these there are.
        contained: how many of them are among the pairs.
        covered: how many source and target entities have a candidate.
        entities: how many there are.
    """

    pairs: CandidatePairs
    free: npt.NDArray[np.bool_]
    decode: str
    one_to_one: bool
    known: str
    links: int
    contained: int
    covered: tuple[int, int]
    entities: tuple[int, int]

    def facts(self) -> dict[str, Any]:
        """For programs."""
        source, target = self.covered
        counts = {"pairs": len(self.pairs.source), "rows": self.pairs.rows, "source": source, "target": target}
        counts["given"] = len(self.free) - int(self.free.sum())
        links = {"known": self.known, "links": self.links, "contained": self.contained}
        return counts | links | {"notes": [note.to_dict() for note in self.pairs.notes]}

    def lines(self) -> list[str]:
        """For people: how much there is, what share of the known links, the way on, and what was not taken as is."""
        (source, target), (n_source, n_target) = self.covered, self.entities
        size = f"candidates: {counted(len(self.pairs.source), 'pair')}, of {source:,} of {n_source:,} source "
        size += f"and {target:,} of {n_target:,} target entities"
        share = f"{self.contained:,} of {counted(self.links, f'{self.known} link')} are among them"
        if not self.links:
            share = "the run has no links by which to tell how many right pairs are among them"
        elif self.contained < self.links:
            share += f" ({self.contained / self.links:.0%}): what blocking leaves out is not found here. "
            share += "Loosen or add a blocking rule, or match without --candidates, which compares all pairs"
        given = len(self.free) - int(self.free.sum())
        no_findings = [f"{counted(given, 'pair')} with an entity of a link that is given: not scored"] if given else []
        return [size, share, *no_findings, *(str(note).removesuffix(".") for note in self.pairs.notes)]


def read_blocked(run: RunReader, path: Path, *, decode: str | None = None, one_to_one: bool = True) -> Blocked:
    """The candidates of a file, and what share of the links that are known, test links never, is among them.

    Args:
        run: a run with embeddings.
        path: the file, or a folder of Parquet files.
        decode: one of `DECIDED_BY`. cosine (None): pairs that are each other's best by the fused cosine. csls and
            mutual: by CSLS whose means are over each entity's own candidates, which says less of a hub the fewer these
            are. greedy: best first by that CSLS.
        one_to_one: False gives every source entity its best candidate, also one that another has.

    Raises:
        DataFormatError: see `read_candidates`.
        RunFormatError: there are no embeddings.
        ConfigError: the run is at chance and has found nobody, or there is no such decoding of listed pairs.
    """
    names = ", ".join(DECIDED_BY)
    require(decode in (None, *DECIDED_BY), f"of candidate pairs, decode must be one of {names}, got {decode}")
    require_findings(run)
    require_embeddings(run)
    uris, split = run.entities["uri"].astype(str).tolist(), given_links(run)
    given = np.concatenate([split.seed_links, split.val_links])
    pairs = read_candidates(path, uris[: run.n_source], uris[run.n_source :], given)
    name, links = ("validation", split.val_links) if len(split.val_links) else ("seed", split.seed_links)
    keys, wanted = pairs.source * run.n_entities + pairs.target, links @ [run.n_entities, 1]  # keys ascend
    contained = np.searchsorted(keys, wanted, side="right") - np.searchsorted(keys, wanted)
    free = matchable(run, one_to_one=one_to_one)
    return Blocked(
        pairs=pairs,
        free=free[pairs.source] & free[pairs.target],
        decode=decode or "cosine",
        one_to_one=one_to_one,
        known=name,
        links=len(links),
        contained=int(contained.sum()),
        covered=(_different(pairs.source), _different(pairs.target)),
        entities=(run.n_source, run.n_entities - run.n_source),
    )


def match_blocked(run: RunReader, blocked: Blocked) -> Matching:
    """The alignment among candidate pairs, as `match_run` makes it among all; similarities are the same.

    Args:
        run: a run with embeddings.
        blocked: its candidates.

    Returns:
        No probabilities (see `WHY_NO_PROBABILITIES`). `dangling` has those without any candidate first, with an empty
        best_candidate, then those whose candidate went to another or is not the same, the least similar first.
    """
    config = run.facts.config().evaluation
    source, target = blocked.pairs.source[blocked.free], blocked.pairs.target[blocked.free]
    similarity = _similarities(run, source, target, config.memory_mb * 2**20)
    with step("choosing partners"):
        score: npt.NDArray[np.floating] = similarity
        if blocked.decode != "cosine":
            score = listed_csls(source, target, similarity, config.csls_k, config.csls_rounds)
        best = first_of_each(source, score)
        decided = greedy if blocked.decode == "greedy" else mutual
        chosen = decided(source, target, score) if blocked.one_to_one else best
        no = denied(run, np.stack([source[chosen], target[chosen]], axis=1))
        kept = chosen[~no]
    uris = run.entities["uri"].to_numpy()
    pairs = {"source": uris[source[kept]], "target": uris[target[kept]], "similarity": similarity[kept]}
    aligned = pd.DataFrame(pairs).sort_values("similarity", ascending=False, kind="stable", ignore_index=True)
    sources = np.flatnonzero(matchable(run, one_to_one=blocked.one_to_one)[: run.n_source])
    alone = pd.DataFrame({"source": uris[sources], "best_candidate": "", "similarity": np.nan}, index=sources)
    alone.loc[source[best], "best_candidate"] = uris[target[best]]
    alone.loc[source[best], "similarity"] = similarity[best]
    alone = alone.loc[np.setdiff1d(sources, source[kept])]
    alone = alone.sort_values("similarity", kind="stable", na_position="first", ignore_index=True)
    return Matching(aligned, alone, "none", int(no.sum()), tuple(blocked.lines()))


def _different(ids: Ids) -> int:
    return int(np.count_nonzero(np.bincount(ids)))


def _similarities(run: RunReader, source: Ids, target: Ids, memory: int) -> npt.NDArray[np.float32]:
    """Fused cosine of pairs `[p]`, some at a time; of all entities only those that are in them are read."""
    fused = require_embeddings(run)
    result = np.empty(len(source), np.float32)
    rows = block_rows(2 * fused.shape[1], memory)
    tell("scoring pairs", 0, len(source))
    for begin in range(0, len(source), rows):
        part = slice(begin, begin + rows)
        one, other = (torch.from_numpy(fused[ids[part]]).float() for ids in (source, target))
        result[part] = torch.linalg.vecdot(one, other).numpy()
        tell("scoring pairs", min(begin + rows, len(source)), len(source))
    return result
