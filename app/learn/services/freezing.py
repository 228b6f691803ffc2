"""Freezing by hand: every picture's relevance at one epoch, and what a threshold that the learner chooses would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.learn.services.lesson import pictured
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import Ids, RunView
from pmf.data.planted import read_truth
from pmf.errors import MissingModalityError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All pictures of a run in order of relevance, the least first.

    Args:
        epoch: of these relevances: that in which most pictures froze.
        threshold: δ of the run in that epoch.
        ids: entities `[p]`.
        relevance: α in [0, 1], `[p]`.
        helpless: which of them cannot help, because they or the counterpart's show something else or the counterpart
            has none, `[p]`; None where the data does not say.
        alone: rank of the counterpart by the pictures alone, frozen or not, `[p]`; 0 where the entity is no test query.
        fused: the same by all that is in use.
        thawed: the same had no picture frozen.
    """

    epoch: int
    threshold: float
    ids: Ids
    relevance: npt.NDArray[np.float64]
    helpless: npt.NDArray[np.bool_] | None
    alone: npt.NDArray[np.float64]
    fused: npt.NDArray[np.float64]
    thawed: npt.NDArray[np.float64]

    def sample(self, count: int, also: int) -> Ids:
        """Places of `count` of them, evenly spaced from the least relevant to the most, `also` instead of the next."""
        places = np.linspace(0, len(self.ids) - 1, min(count, len(self.ids))).round().astype(np.int64)
        places[np.abs(places - also).argmin()] = also
        return places

    def some_frozen(self, count: int) -> Ids:
        """Entities whose picture the run froze, `count` of them, evenly spaced from the least relevant."""
        frozen = self.ids[: int(np.searchsorted(self.relevance, self.threshold, side="right"))]
        return frozen[np.unique(np.linspace(0, max(0, len(frozen) - 1), min(count, len(frozen))).astype(np.int64))]


def pictures(run: RunView, data: Dataset) -> Pictures:
    """The pictures of a run as they were when most of them froze.

    Raises:
        MissingModalityError: the run froze no pictures.
        DataFormatError: the ground truth is malformed.
    """
    epoch = freezing.busiest(run, "image")
    if run.frozen_at is None or epoch not in freezing.freezing_epochs(run, "image"):
        raise MissingModalityError(f"{run.run_id} froze no pictures")
    relevance = np.asarray(run.reader.relevance()[epoch, run.modalities.index("image")], np.float64)
    ids = pictured(run)
    ids = ids[~np.isnan(relevance[ids])]
    ids = ids[np.argsort(relevance[ids], kind="stable")]
    helps = None if data.pair is None else read_truth(data.pair)
    return Pictures(
        epoch=epoch,
        threshold=freezing.thresholds(run, "image")[epoch],
        ids=ids,
        relevance=relevance[ids],
        helpless=None if helps is None else ~helps[ids],
        alone=_ranks(run, "alone_image", ids),
        fused=_ranks(run, "similarity_rank", ids),
        thawed=_ranks(run, "thawed_image", ids),
    )


def _ranks(run: RunView, column: str, ids: Ids) -> npt.NDArray[np.float64]:
    if run.failures is None or column not in run.failures:
        return np.zeros(len(ids))
    return np.nan_to_num(run.failures[column].reindex(ids).to_numpy(np.float64))
