"""Where the truth of a query stands by each modality alone and by all together, and queries that tell a story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.shared.services.run_view import RunView
from pmf.alignment.explanation import shares as explain
from pmf.errors import RunFormatError
from pmf.runs import layout

FUSED = "fused"


def ranks(run: RunView) -> pd.DataFrame:
    """One row a test query, indexed by its entity id: ranks of the truth by plain similarity, see `FAILURE_COLUMNS`.

    Raises:
        RunFormatError: they have not been computed.
    """
    if run.failures is None:
        raise RunFormatError(
            f"{run.run_id} has no table of failures yet: python -m pmf failures {run.run_id} writes it"
        )
    return run.failures


def of_query(run: RunView, query: int) -> pd.DataFrame:
    """Ranks of one query's truth: `name, rank, state`, each modality alone and then fused.

    The state is "missing" where the query or its truth lacks the modality, so that all candidates tie; "frozen"
    where it has no part in the fused rank; else "in use".
    """
    row = ranks(run).loc[query]
    pair = [query, int(row["truth"])]
    rows = [(m, float(row[f"alone_{m}"]), _state(run, m, pair)) for m in run.modalities]
    rows.append((FUSED, float(row["similarity_rank"]), "in use"))
    return pd.DataFrame(rows, columns=["name", "rank", "state"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one modality gives to the similarity of a pair: weight of either feature, and their cosine."""

    modality: str
    query: float
    truth: float
    cosine: float

    @property
    def share(self) -> float:
        return self.query * self.truth * self.cosine


def parts(run: RunView, query: int, truth: int) -> list[Part]:
    """The modalities that neither of a pair has frozen or lacks.

    Raises:
        RunFormatError: the run has no embeddings.
    """
    weight = explain.stored_weight(run.reader)[:, [query, truth]]
    cosines = explain.cosines(run.reader, np.array(query), np.array(truth))
    return [
        Part(modality=m, query=float(a), truth=float(b), cosine=float(c))
        for m, (a, b), c in zip(run.modalities, weight, cosines, strict=True)
        if a * b > 0
    ]


def telling(run: RunView) -> dict[int, str]:
    """A source entity for each way in which fused and single ranks can differ, and that way in a few words.

    Ways that no test query shows are left out. Of several the clearest, with two pictures to show if there is one.
    """
    table = ranks(run)
    table = table[table["direction"] == layout.SOURCE_TO_TARGET]
    alone = table[[f"alone_{m}" for m in run.modalities]].set_axis(run.modalities, axis=1)
    for modality in run.modalities:
        missing = [bool(run.frozen_epoch(modality, q) == layout.MISSING) for q in table["query"]]
        alone.loc[missing, modality] = np.nan
    pictured = _pictured(run, table)
    reasons: dict[int, str] = {}
    for words, clearness in _stories(table, alone):
        clear = clearness.drop(list(reasons), errors="ignore")
        clear = clear[clear > 0]
        shown = clear[pictured.loc[clear.index]]
        if len(clear):
            reasons[int((shown if len(shown) else clear).idxmax())] = words
    return reasons


def _stories(table: pd.DataFrame, alone: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """How clearly each query shows each story: above 0 where it does; by orders of magnitude of a rank."""
    fused, best = table["similarity_rank"], alone.min(axis=1)
    right = fused.eq(1)
    yield "no modality finds it alone, together they do", np.log(best).where(right)
    for modality in alone:
        others = alone.drop(columns=modality).min(axis=1)
        yield f"{modality} alone finds it, and wins", np.log(others).where(right & alone[modality].eq(1))
    yield "one modality finds it alone, the others outvote it", np.log(fused).where(best.eq(1))


def _pictured(run: RunView, table: pd.DataFrame) -> pd.Series:
    """Which queries have a picture, and their truths too."""
    if "image" not in run.modalities or run.frozen_at is None:
        return pd.Series(data=False, index=table.index)
    there = run.frozen_at[run.modalities.index("image")] != layout.MISSING
    return pd.Series(there[table["query"]] & there[table["truth"]], index=table.index)


def _state(run: RunView, modality: str, pair: list[int]) -> str:
    epochs = [run.frozen_epoch(modality, entity) for entity in pair]
    if layout.MISSING in epochs:
        return "missing"
    return "frozen" if max(epochs) >= 0 else "in use"
