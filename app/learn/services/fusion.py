"""All test links at once, by each modality: what the browser fuses and ranks while weights are dragged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.shared.services.run_view import Ids, RunView
from pmf.alignment.explanation import shares as explain

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """Closed candidates of both graphs, and what makes up the similarity of each two.

    The run's own similarity is `Σ_m weight[m, i] · weight[m, k] · cosine[m, i, k]`. With other factors f of the
    modalities, `weight · √(f / reliability)` stands in its place, over its length again where scoring is "cosine".

    Args:
        source: entities `[s]`.
        target: entities `[t]`.
        truth: of each test link the places of its entities among them, `[l, 2]`.
        cosines: `[m, s, t]`; 0 where one is missing.
        weight: factor of each modality in the fused embedding, as stored, `[m, n]`.
        reliability: factor of each modality's share that validation links gave, `[m]`; 1 where all count alike.
        unit: whether scoring is "cosine", so that fused rows have length 1.
        csls: k and rounds of the scaling that ranks in the end; rounds 0 where similarity itself ranks.
    """

    source: Ids
    target: Ids
    truth: Ids
    cosines: Floats
    weight: Floats
    reliability: Floats
    unit: bool
    csls: tuple[int, int]


def fusion(run: RunView) -> Fusion:
    """What the test links of a run are ranked by, source to target.

    Raises:
        RunFormatError: the run has no embeddings.
    """
    settings = run.reader.facts.settings
    source, target = explain.candidate_pools(run.reader, run.scope)
    links = run.reader.links
    tests = links.loc[links["split"] == "test", ["source", "target"]].to_numpy(np.int64)
    truth = np.column_stack([np.searchsorted(source, tests[:, 0]), np.searchsorted(target, tests[:, 1])])
    cosines = [
        np.asarray(table[source], np.float64) @ np.asarray(table[target], np.float64).T
        for table in explain.stored_embeddings(run.reader)
    ]
    stored = (run.reader.results() or {}).get("reliability", {})
    scaled = settings["evaluation.decode"] != "cosine"
    return Fusion(
        source=source,
        target=target,
        truth=truth,
        cosines=np.stack(cosines),
        weight=explain.stored_weight(run.reader),
        reliability=np.array([float(stored.get(modality, 1.0)) for modality in run.modalities]),
        unit=settings["evaluation.scoring"] == "cosine",
        csls=(int(settings["evaluation.csls_k"]), int(settings["evaluation.csls_rounds"]) if scaled else 0),
    )


def alone(run: RunView, query: int) -> dict[str, float]:
    """Rank of a test query's counterpart by each modality alone; empty where that was never computed."""
    if run.failures is None or query not in run.failures.index:
        return {}
    row = run.failures.loc[query]
    return {modality: float(row[f"alone_{modality}"]) for modality in run.modalities}
