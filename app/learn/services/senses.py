"""What one modality says about a pair, and which entities it finds nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from pmf.alignment.explanation import shares as explain
from pmf.modalities import MODALITIES
from pmf.runs import layout

NEAREST, FACTS = 5, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """A pair as one modality sees it.

    Args:
        facts: of the source and of the target entity, in words; empty for pictures.
        nearest: entities of the target graph: `place, label, cosine, truth`, most alike first, and the counterpart
            at the end where it is not among them. The first cosine is the relevance α (paper eq. 3).
        candidates: entities of the target graph that have the modality.
    """

    facts: tuple[tuple[str, ...], tuple[str, ...]]
    nearest: pd.DataFrame
    candidates: int


def sense(run: RunView, data: Dataset, modality: str, source: int, target: int) -> Sense:
    """Look at a pair through one modality.

    Raises:
        RunFormatError: the run has no embeddings.
    """
    row = run.modalities.index(modality)
    others = np.arange(run.n_source, run.n)
    if run.frozen_at is not None:
        others = others[run.frozen_at[row, others] != layout.MISSING]
    cosines = explain.cosines(run.reader, np.array(source), others)[row]
    order = np.argsort(-cosines, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(1, len(order) + 1)
    shown = order[:NEAREST]
    truth = np.flatnonzero(others == target)
    shown = np.append(shown, truth[~np.isin(truth, shown)])
    nearest = pd.DataFrame(
        {
            "place": place[shown],
            "label": run.labels[others[shown]],
            "cosine": cosines[shown],
            "truth": others[shown] == target,
        }
    )
    facts = tuple(_facts(data, modality, entity) for entity in (source, target))
    return Sense(facts=(facts[0], facts[1]), nearest=nearest, candidates=len(others))


def _facts(data: Dataset, modality: str, entity: int) -> tuple[str, ...]:
    """What the encoder of a modality is given of an entity, in words."""
    if data.pair is None or modality not in MODALITIES:
        return ()
    return tuple(dict.fromkeys(MODALITIES[modality].words(data.pair, entity)))
