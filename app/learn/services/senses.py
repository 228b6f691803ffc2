"""What each modality says of one entity: what was learned of it, and what the seed links' labels say, apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import Ids, RunView
from pmf.alignment.explanation import shares as explain
from pmf.modalities import MODALITIES
from pmf.runs import layout

FACTS = 6
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """An entity and the candidates of the other graph by one modality.

    The run's own cosine is `((1 - p) · learned + p · spread) / (n · n_k)`, p being `share` and n the length of a row:
    `√((1 - p) + p · has_labels)`.

    Args:
        modality: its name.
        share: p, what spread labels count in the run.
        learned: cosines of the learned parts, `[candidates]`.
        spread: of the labels that the seeds spread, `[candidates]`; 0 where either has none.
        has_labels: which candidates have labels, `[candidates]`.
        labelled: whether the entity itself has.
        candidates: entities of the target graph that have the modality, `[candidates]`.
        facts: what the encoder is given, in words, of the entity and of its counterpart; empty for pictures.
    """

    modality: str
    share: float
    learned: Floats
    spread: Floats
    has_labels: npt.NDArray[np.bool_]
    labelled: bool
    candidates: Ids
    facts: tuple[tuple[str, ...], tuple[str, ...]]


def senses(run: RunView, data: Dataset, source: int, target: int) -> list[Sense]:
    """A source entity by each modality, among all of the target graph.

    Raises:
        RunFormatError: the run has no embeddings.
    """
    width = int(run.reader.facts.settings["model.width"])
    shares = label_shares(run)
    made = []
    for m, (modality, table) in enumerate(zip(run.modalities, explain.stored_embeddings(run.reader), strict=True)):
        others = np.arange(run.n_source, run.n)
        if run.frozen_at is not None:
            others = others[run.frozen_at[m, others] != layout.MISSING]
        own, theirs = np.asarray(table[source], np.float64), np.asarray(table[others], np.float64)
        made.append(
            Sense(
                modality=modality,
                share=shares[modality],
                learned=_unit(theirs[:, :width]) @ _unit(own[:width]),
                spread=_unit(theirs[:, width:]) @ _unit(own[width:]),
                has_labels=theirs[:, width:].any(axis=1),
                labelled=bool(own[width:].any()),
                candidates=others,
                facts=(_facts(data, modality, source), _facts(data, modality, target)),
            )
        )
    return made


def label_shares(run: RunView) -> dict[str, float]:
    """What spread labels count in each modality's cosine, as the run fitted it, or as it was set."""
    fitted = (run.reader.results() or {}).get("label_share", {})
    usual = float(run.reader.facts.settings["model.propagation"])
    return {modality: float(fitted.get(modality, usual)) for modality in run.modalities}


def _facts(data: Dataset, modality: str, entity: int) -> tuple[str, ...]:
    """What the encoder of a modality is given of an entity, in words."""
    if data.pair is None or modality not in MODALITIES:
        return ()
    return tuple(dict.fromkeys(MODALITIES[modality].words(data.pair, entity)))


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
