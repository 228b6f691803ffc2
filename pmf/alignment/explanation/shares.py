"""What each modality gives to a pair's score, and what candidates can be ranked by. NumPy only, for the pages.

Everything here is about the plain fused similarity, before CSLS or any other decoding. Cosines are summed in
float64, which is exact for the stored float16 rows (no product of two is finer than 2⁻⁴⁸, no sum exceeds 2; those of
adopted runs are float32 and no finer):
equal features tie to the last bit, in whatever order and in whatever blocks they are compared.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from pmf.alignment.evaluation.of_scores import scores_only, similarities_that_came
from pmf.data.split import candidate_ids
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader

if TYPE_CHECKING:
    from torch import Tensor

Ids = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Scores = TypeVar("Scores", Floats, "Tensor")


def share(cosine: Scores, left: Scores, right: Scores) -> Scores:
    """One modality's part of the fused similarity; the parts sum to it (paper eq. 8).

    Args:
        cosine: of the two entities' embeddings.
        left: `weight` of the one entity.
        right: `weight` of the other.
    """
    return left * right * cosine


def variants(
    modalities: Sequence[str], cosines: Sequence[Scores], shares: Sequence[Scores], thawed: Mapping[int, Scores]
) -> Iterator[tuple[str, Scores]]:
    """What candidates can be ranked by, named as in `pmf.runs.layout.COUNTERFACTUAL_COLUMNS`.

    Args:
        modalities: their names.
        cosines: one a modality.
        shares: one a modality.
        thawed: share of a modality, by its place, had it frozen nothing; of those that are asked for.

    Yields:
        "rank" and the fused similarity, then per modality "alone_MODALITY" and its cosine, frozen or not, and
        "without_MODALITY" and the fused similarity less its share, which is 0 where nothing else is left; and
        "thawed_MODALITY" and the fused similarity with its thawed share, where there is one.
    """
    yield "rank", reduce(operator.add, shares)
    for m, modality in enumerate(modalities):
        others = [part for i, part in enumerate(shares) if i != m]
        yield f"alone_{modality}", cosines[m]
        yield f"without_{modality}", reduce(operator.add, others) if others else 0 * shares[m]
        if m in thawed:
            parts = [thawed[m] if i == m else part for i, part in enumerate(shares)]
            yield f"thawed_{modality}", reduce(operator.add, parts)


def thawed_weight(weight: Floats, frozen_at: npt.NDArray[np.int16]) -> dict[int, Floats]:
    """The weights of each modality had it frozen nothing: a frozen feature's is the mean of the active ones'.

    Args:
        weight: `[modalities, n]`, as stored.
        frozen_at: `[modalities, n]`.

    Returns:
        `[n]` by place of the modality; none where nothing is frozen, or nothing active to take a weight from.
    """
    weights = {}
    for m, (own, at) in enumerate(zip(weight, frozen_at, strict=True)):
        frozen, active = at >= 0, at == layout.NEVER_FROZEN
        if frozen.any() and active.any():
            weights[m] = np.where(frozen, own[active].mean(), own)
    return weights


def shares(run: RunReader, left: Ids, right: Ids) -> Floats:
    """Each modality's part of the fused similarity of some pairs.

    Args:
        run: a run with embeddings.
        left: entity ids, any shape that broadcasts against `right`.
        right: entity ids.

    Returns:
        `[modalities, …]` over the broadcast shape; NaN where scores were adopted and the pair is not among them.

    Raises:
        RunFormatError: the run has no embeddings yet.
    """
    left, right = np.broadcast_arrays(left, right)
    if scores_only(run):
        return similarities_that_came(run, left, right)[None]
    weight = stored_weight(run)
    return share(cosines(run, left, right), weight[:, left], weight[:, right])


def cosines(run: RunReader, left: Ids, right: Ids) -> Floats:
    """Cosine of each modality's embeddings, frozen or not, `[modalities, …]`; 0 where one is missing.

    NaN where scores were adopted without embeddings.
    """
    left, right = np.broadcast_arrays(left, right)
    if scores_only(run):
        return np.full((1, *left.shape), np.nan)
    tables = stored_embeddings(run)
    return np.stack([np.einsum("...d,...d->...", t[left], t[right], dtype=np.float64) for t in tables])


def stored_embeddings(run: RunReader) -> list[npt.NDArray[np.float16]]:
    """A memory-mapped table `[n, d]` per modality.

    Raises:
        RunFormatError: one is not there, or is damaged.
    """
    tables = {modality: run.embedding(modality) for modality in run.modalities}
    absent = ", ".join(modality for modality, table in tables.items() if table is None)
    if absent:
        why = run.facts.why_missing("embeddings are")
        which = "" if scores_only(run) else f" of {absent}"
        raise RunFormatError(f"{run.folder} has no embeddings{which}: {why}")
    return [table for table in tables.values() if table is not None]


def stored_weight(run: RunReader) -> Floats:
    """The factor of each modality in the fused embedding, `[modalities, n]`; 0 where frozen or missing.

    Raises:
        RunFormatError: it is not there, or is damaged.
    """
    weight = run.weight()
    if weight is None:
        why = run.facts.why_missing("embeddings are")
        raise RunFormatError(f"{run.folder} has no weights of its embeddings: {why}")
    return weight.astype(np.float64)


def candidate_pools(run: RunReader, scope: str) -> tuple[Ids, Ids]:
    """Source and target candidates, sorted: those among which test links are ranked, see `candidate_ids`.

    Raises:
        RunFormatError: a link names an entity that the run does not have.
    """
    source, target = run.links["source"].to_numpy(np.int64), run.links["target"].to_numpy(np.int64)
    if ((source < 0) | (source >= run.n_source) | (target < run.n_source) | (target >= run.n_entities)).any():
        raise RunFormatError(f"{run.folder / layout.LINKS} links an entity that the run does not have")
    return candidate_ids(stored_split(run), scope, run.n_source, run.n_entities)
