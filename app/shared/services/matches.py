"""Everything that a run says about one query and its candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.run_view import RunView, not_yet
from pmf.alignment.confidence import margin
from pmf.alignment.explanation import shares as explain
from pmf.alignment.explanation.records import Direction, Feature, Ranks
from pmf.errors import RunFormatError
from pmf.runs import layout

Ids = npt.NDArray[np.int64]


def margins(run: RunView, ids: Ids) -> npt.NDArray[np.float32]:
    """Score of the first candidate minus that of the second; infinite where there is no contest.

    There is none with a single candidate, nor where everything known of the query is frozen or missing.
    """
    rows = ranked(run).loc[ids, ["score", "similarity"]]
    return margin.margins(rows["score"], [not similarity.any() for similarity in rows["similarity"]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the run says about one query; `blind` where all its features are frozen or missing, so that all tie."""

    query: int
    split: str
    truth: int
    rank: float
    best: int
    margin: float
    blind: bool

    @property
    def right(self) -> bool:
        return self.rank <= 1


def verdict(run: RunView, query: int) -> Verdict | None:
    """The prediction for a query; None for one that was not ranked."""
    if run.predictions is None or query not in run.predictions.index:
        return None
    row = run.predictions.loc[query]
    return Verdict(
        query=query,
        split=row["split"],
        truth=int(row["truth"]),
        rank=float(row["rank"]),
        best=int(run.best[query]),
        margin=float(margins(run, np.array([query]))[0]),
        blind=not np.asarray(row["similarity"]).any(),
    )


def candidates(run: RunView, query: int) -> pd.DataFrame:
    """The stored candidates, best first, and the truth below them where it is not one.

    Returns:
        Columns `place, entity, label, truth, score, similarity` and one per modality, whose values sum to
        `similarity`; `place` and `score` are NaN for a truth that is no candidate.
    """
    row = ranked(run).loc[query]
    shares = np.stack([np.asarray(row[f"share_{m}"], np.float32) for m in run.modalities])
    ids = np.asarray(row["candidates"], np.int64)
    place = np.arange(1, len(ids) + 1, dtype=np.float64)
    score = np.asarray(row["score"], np.float64)
    truth = int(row["truth"])
    if truth >= 0 and truth not in ids and run.reader.embedding("fused") is not None:
        missed = explain.shares(run.reader, np.array([query]), np.array([truth]))
        ids, shares = np.append(ids, truth), np.hstack([shares, missed])
        place, score = np.append(place, np.nan), np.append(score, np.nan)
    table = pd.DataFrame({"place": place, "entity": ids, "label": run.labels[ids], "truth": ids == truth})
    table["score"], table["similarity"] = score, shares.sum(axis=0)
    return table.assign(**dict(zip(run.modalities, shares, strict=True)))


def decoded_rank(run: RunView, query: int, entity: int) -> float | None:
    """The rank of a candidate as the run decodes; None where it is neither the truth nor among the stored ones."""
    judged = verdict(run, query)
    if judged is None:
        return None
    if entity == judged.truth:
        return judged.rank
    places = np.flatnonzero(np.asarray(ranked(run).loc[query, "candidates"]) == entity)
    return float(places[0] + 1) if len(places) else None


def evidence(run: RunView, query: int, others: dict[str, int]) -> pd.DataFrame:
    """What each modality gives to some pairs: columns `modality, pair, share, cosine, frozen_at`.

    Args:
        run: a run with embeddings.
        query: the entity that is matched.
        others: name on screen → entity of the other side.
    """
    right = np.array(list(others.values()))
    left = np.full_like(right, query)
    shares, cosines = explain.shares(run.reader, left, right), explain.cosines(run.reader, left, right)
    rows = [
        {
            "modality": modality,
            "pair": name,
            "share": float(shares[m, i]),
            "cosine": float(cosines[m, i]),
            "state": state_of_pair(run, modality, query, int(right[i])),
        }
        for m, modality in enumerate(run.modalities)
        for i, name in enumerate(others)
    ]
    return pd.DataFrame(rows)


def state_of_pair(run: RunView, modality: str, query: int, other: int) -> str:
    """One or two words on a modality in a pair: "used", "frozen 12" (epoch), or "missing"."""
    epochs = [run.frozen_epoch(modality, entity) for entity in (query, other)]
    if layout.MISSING in epochs:
        return "missing"
    frozen = [epoch for epoch in epochs if epoch >= 0]
    return f"frozen {min(frozen)}" if frozen else "used"


def what_if(direction: Direction) -> dict[str, Ranks]:
    """Ranks "without image", "with image not frozen", …, where they are others; the truth's best rank first."""
    kinds = (("without {}", direction.without), ("with {} not frozen", direction.thawed))
    ranks_of = {words.format(m): ranks for words, by_modality in kinds for m, ranks in by_modality.items()}
    changed = {what: ranks for what, ranks in ranks_of.items() if ranks != direction.fused}
    return dict(sorted(changed.items(), key=lambda item: item[1].truth or item[1].candidate))


def why_frozen(feature: Feature) -> str:
    """When and why a feature froze, in a few words; "" where it did not."""
    if feature.state != "frozen":
        return ""
    when = f"froze in epoch {feature.epoch}"
    if feature.relevance is None or feature.threshold is None:
        return when
    return f"{when}, its relevance α {feature.relevance:.3f} not above δ {feature.threshold:.3f}"


def ranked(run: RunView) -> pd.DataFrame:
    """One row a ranked query, indexed by it.

    Raises:
        RunFormatError: the run has no predictions, or not yet.
    """
    if run.predictions is None:
        raise RunFormatError(not_yet(run, "Predictions are"))
    return run.predictions
