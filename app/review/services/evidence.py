"""What each modality says of a pair under review, for a card that must be there at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.shared.services import matches
from app.shared.services.run_view import RunView
from pmf.alignment.explanation import shares as explain
from pmf.alignment.explanation.explainer import Explainer


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalityEvidence:
    """What one modality says of a pair.

    Args:
        modality: its name.
        share: its part of the similarity; the parts sum to it.
        state: "used", "frozen 12" (epoch) or "missing", see `matches.state_of_pair`.
        alone: rank of the candidate by this modality alone, frozen or not.
        without: rank of the candidate without this modality.
    """

    modality: str
    share: float
    state: str
    alone: float
    without: float


def modality_evidence(run: RunView, explainer: Explainer, query: int, other: int) -> tuple[ModalityEvidence, ...]:
    """What each modality says of a query and one of its candidates, in the run's order.

    Args:
        run: a run with embeddings.
        explainer: of the same run.
        query: entity id.
        other: entity id of the other side.

    Raises:
        RunFormatError: the run has no embeddings yet, or is damaged.
    """
    shares = explain.shares(run.reader, np.array([query]), np.array([other]))[:, 0]
    ranks = explainer.direction(query, other)
    return tuple(
        ModalityEvidence(
            modality=modality,
            share=float(share),
            state=matches.state_of_pair(run, modality, query, other),
            alone=ranks.alone[modality].candidate,
            without=ranks.without[modality].candidate,
        )
        for modality, share in zip(run.modalities, shares, strict=True)
    )
