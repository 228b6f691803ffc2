"""A simulated annotator who answers questions about a base run by the true links, and the runs that go on from there.

The links that are no seeds are cut in two: a pool, whose sources are asked about, and a held-out part, which is the
only one that figures are taken on. Neither a card nor a verdict ever has an entity of the held-out part in it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.alignment.confidence.margin import margins
from pmf.alignment.evaluation.evaluate import Candidates, top_candidates
from pmf.alignment.evaluation.of_run import stored_fused
from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair, PublishedSplit
from pmf.data.readers import read_graph_pair
from pmf.data.split import split_links, touching
from pmf.data.stored.writer import write
from pmf.files import replace_file
from pmf.runs.reader import RunReader
from pmf.training.links.verdicts import Review

ORDERS = ("random", "margin")
BUDGETS = (0.05, 0.1, 0.2, 0.4)
"""Shares of the pool that are asked about."""

ERROR = 0.05
"""Share of the answers that are wrong."""

SHOWN = 9
"""Candidates on a card, one a digit key."""

SPLIT = "review"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person makes of one card.

    Args:
        target: entity id that was judged.
        verdict: "match" or "not".
    """

    target: int
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """Everything that can be asked about a base run.

    Args:
        queries: int64 `[q]`, source entities of the pool.
        candidates: int64 `[q, c]`, target entities, best first.
        margin: float32 `[q]`, see `margins`.
    """

    queries: Ids
    candidates: Ids
    margin: npt.NDArray[np.float32]

    def order(self, name: str, seed: int) -> Ids:
        """Rows of the queries as they are asked, `[q]`."""
        if name == "margin":
            return np.argsort(self.margin, kind="stable")
        return np.random.default_rng(seed).permutation(len(self.queries))


def review_split(links: Ids, *, seed_ratio: float, seed: int) -> tuple[PublishedSplit, Ids]:
    """Seeds and held-out links as a split, and the pool between them, int64 `[p, 2]`.

    A link that shares an entity with a seed or a held-out link is in no pool.
    """
    cut = split_links(links, seed_ratio=seed_ratio, validation_share=0, seed=seed)
    half = len(cut.test_links) // 2
    pool, held_out = cut.test_links[:half], cut.test_links[half:]
    elsewhere = np.concatenate([cut.seed_links, held_out])
    split = PublishedSplit(train=cut.seed_links, valid=cut.val_links, test=held_out)
    return split, pool[~touching(pool, elsewhere.ravel())]


def write_review_data(pair: GraphPair, split: PublishedSplit, folder: Path) -> None:
    """Store the data set with this division of its links and no other."""
    write(replace(pair, splits={SPLIT: split}), folder)


def cards_of(run: RunReader, pool: Ids) -> Cards:
    """The pool's sources against every target that is neither trained on, selected on nor held out.

    Args:
        run: the base run.
        pool: int64 `[p, 2]`.
    """
    fused = stored_fused(run)
    taken = run.links["target"].to_numpy()
    candidates = Candidates(
        source=np.unique(pool[:, 0]),
        target=np.setdiff1d(np.arange(run.n_source, run.n_entities), taken),
        truth=np.empty((0, 2), np.int64),
    )
    setting = replace(run.facts.config().evaluation, top_k=SHOWN)
    ranking, _ = top_candidates(fused, candidates, setting)
    blind = ~fused[candidates.source].any(dim=1)
    return Cards(
        queries=candidates.source,
        candidates=candidates.target[ranking.candidates.numpy()],
        margin=margins(ranking.scores.tolist(), blind.tolist()),
    )


def answers(cards: Cards, pool: Ids, *, error: float, seed: int) -> list[Answer]:
    """One answer a card, right but for a share of them; which are wrong does not depend on the order.

    A right answer picks the counterpart where it is shown, else rejects the first candidate. A wrong one rejects a
    counterpart that comes first, and takes the first candidate where it is none.
    """
    wrong = np.random.default_rng(seed).random(len(cards.queries)) < error
    truth: dict[int, set[int]] = {}
    for source, target in pool.tolist():
        truth.setdefault(source, set()).add(target)
    given = []
    for query, shown, slip in zip(cards.queries.tolist(), cards.candidates.tolist(), wrong, strict=True):
        right = [target for target in shown if target in truth[query]]
        if slip:
            given.append(Answer(shown[0], "not" if right[:1] == shown[:1] else "match"))
        else:
            given.append(Answer(right[0], "match") if right else Answer(shown[0], "not"))
    return given


def write_answers(path: Path, uris: Sequence[str], cards: Cards, given: Sequence[Answer], queries: Ids) -> None:
    """The verdict file of the cards that were asked, in that order.

    A target that an earlier card gave away is not given twice: the later card ends without a verdict.
    """
    claimed: set[int] = set()
    rows = []
    for card in queries.tolist():
        answer = given[card]
        if answer.verdict == "match" and answer.target in claimed:
            continue
        if answer.verdict == "match":
            claimed.add(answer.target)
        rows.append((uris[cards.queries[card]], uris[answer.target], answer.verdict))

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([("source", "target", "verdict"), *rows])

    replace_file(path, fill)


def verdict_file(run: RunReader, pool: Ids, path: Path, *, order: str, budget: float, seed: int) -> None:
    """Ask about a share of the pool, in an order, and write down the answers.

    Args:
        run: the base run.
        pool: int64 `[p, 2]`.
        path: of the verdict file.
        order: one of `ORDERS`.
        budget: share of the cards that are asked.
        seed: of the random order, and of which answers are wrong.
    """
    cards = cards_of(run, pool)
    shown = cards.order(order, seed)[: round(budget * len(cards.queries))]
    write_answers(path, run.entities["uri"].tolist(), cards, answers(cards, pool, error=ERROR, seed=seed), shown)


def pool_found(run: RunReader) -> pd.Series | None:
    """Which links of the pool are right once the verdicts are in.

    Args:
        run: a finished run of the study.

    Returns:
        Bool, indexed by the source's URI: whether a verdict confirmed its counterpart, or else its first candidate that
        no verdict rejects is it. None for a run of another study.
    """
    if run.facts.settings["split"] != SPLIT:
        return None
    pair = read_graph_pair(run.facts.data_path)
    split = pair.splits[SPLIT]
    pool = pair.links[~touching(pair.links, np.concatenate([split.train, split.test]).ravel())]
    verdicts = Review.from_dict(run.facts.review).verdicts
    rejected = set(map(tuple, verdicts.rejected.tolist()))
    partner_of: dict[int, int] = dict(verdicts.matched.tolist())
    cards = cards_of(run, pool)
    for query, shown in zip(cards.queries.tolist(), cards.candidates.tolist(), strict=True):
        partner_of.setdefault(query, next((target for target in shown if (query, target) not in rejected), -1))
    right = [partner_of[source] == target for source, target in pool.tolist()]
    return pd.Series(right, index=[pair.source.entities[source] for source in pool[:, 0]])
