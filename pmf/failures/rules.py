"""The rules that find the cause of an error: each a pure function on the evidence, for all errors at once.

Ranks here are by plain similarity, before CSLS or any other decoding, unless a rule says otherwise. Where that already
ranks the truth first, the decoding has lost it, and is the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmf.failures.evidence import VECTORS, Evidence, Floats, Mask
from pmf.failures.neighbours import Common

Ids = npt.NDArray[np.integer]

FAR = 10
"""A rank beyond it is out of sight: who looks at candidates is shown ten, and Hits@10 counts no more."""

SAME_VECTOR = 0.95
"""Cosine of pictures or names that are the same for the eye: recoloured, cut, respelled."""

SAME_SETS = 0.5
"""Jaccard index of triples or attributes at which two entities share more than they differ in each."""

TRAP_NAME = 0.9
"""Cosine of two names that read as one: it leaves room for a year or a word in brackets."""

WORTH = 0.01
"""Hits@1 that a modality must add before its absence explains anything: a point, what tables differ by."""

FEW_TRIPLES = 2
"""One or two neighbours fit many entities."""

_LATE = np.iinfo(np.int16).max  # later than any epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of e errors.

    Args:
        holds: bool `[e]`.
        modality: int `[e]`, place of the modality it is about, -1 for none.
        gain: `[e]`, rank of the truth after the repair, NaN without one.
        epoch: int `[e]`, when it began, -1 where unknown.
    """

    holds: Mask
    modality: Ids
    gain: Floats
    epoch: Ids


def chance(seen: Evidence) -> Verdict:
    """The whole run is at chance."""
    return _verdict(np.full(len(seen.ranks), seen.at_chance))


def no_candidate(seen: Evidence) -> Verdict:
    """The scores that the run was made from do not have the truth."""
    return _verdict(np.asarray(np.isnan(seen.share["truth"]).any(axis=0)))


def over_frozen(seen: Evidence) -> Verdict:
    """A frozen feature, of the query or the truth, would have found the truth: thawed with the rest, or alone."""
    at = np.stack([seen.frozen_at["query"], seen.frozen_at["truth"]])  # [2, m, e]
    thawed, alone = seen.rank("thawed"), seen.rank("alone")
    knows = (_lost(seen) & (thawed <= 1) & (alone <= FAR)) | (alone <= 1)
    holds = (at >= 0).any(axis=0) & seen.present("query", "truth") & knows
    began = np.where(at >= 0, at, _LATE).min(axis=0)
    return _best(holds, cost=np.where(np.isnan(thawed), alone, thawed), gain=thawed, epoch=began)


def picture(seen: Evidence) -> Verdict:
    """The pictures mislead: one is wrong, or the truth's and the prediction's are the same."""
    if "image" not in seen.modalities:
        return _nowhere(seen)
    m = seen.modalities.index("image")
    shown = seen.active("query", "truth")[m]
    wrong = _decided(seen)[m] & (seen.rank("alone")[m] > FAR)
    ambiguous = seen.present("prediction")[m] & (seen.alike[m] >= SAME_VECTOR)
    return _about(seen, m, shown & (wrong | ambiguous), "without")


def name_trap(seen: Evidence) -> Verdict:
    """The prediction has nearly the query's name, and that decided."""
    named = np.isin(seen.modalities, ("name", "char"))[:, None]
    alike = seen.cosine["prediction"]
    return _best(named & _decided(seen) & (alike >= TRAP_NAME), cost=-alike, gain=seen.rank("without"))


def imbalance(seen: Evidence) -> Verdict:
    """The rest of the modalities rank the truth first, decoded as the run does where that is known."""
    decoded = seen.rank("repaired_without")
    without = np.where(np.isnan(decoded), seen.rank("without"), decoded)
    return _best(_lost(seen) & (without <= 1), cost=-_lead(seen), gain=without)


def inconsistent(seen: Evidence) -> Verdict:
    """One modality ranks the truth first."""
    alone = seen.rank("alone")
    holds = _lost(seen) & seen.active("query", "truth") & (alone <= 1)
    return _best(holds, cost=-seen.cosine["truth"], gain=alone)


def decoding(seen: Evidence) -> Verdict:
    """Plain similarity ranks the truth first."""
    return _verdict(~_lost(seen), gain=seen.ranks["similarity_rank"].to_numpy(np.float64))


def suspicious_link(seen: Evidence) -> Verdict:
    """Nothing has the truth in sight, two modalities at least, and the prediction looks like a right one."""
    present = seen.present("query", "truth")
    far = np.asarray((seen.ranks["similarity_rank"] > FAR) & (seen.ranks["rank"] > FAR))
    besides = far & seen.mutual & seen.likely & ~seen.namesakes & (present.sum(axis=0) >= 2)
    return _all(present, seen.rank("alone") > FAR, besides)


def near_duplicate(seen: Evidence) -> Verdict:
    """Truth and prediction are alike in everything that the run looks at."""
    limit = np.array([SAME_VECTOR if name in VECTORS else SAME_SETS for name in seen.modalities])[:, None]
    compared = ~np.isnan(seen.alike)
    return _all(compared, seen.alike >= limit, np.full(compared.shape[1], seen.common is not None))


def unconnected(seen: Evidence) -> Verdict:
    """The graphs connect the query and the truth to nothing in common."""
    return _of_neighbours(seen, lambda common: common.linked == 0)


def lost_neighbours(seen: Evidence) -> Verdict:
    """The run has matched none of the neighbours that speak for the truth."""
    return _of_neighbours(seen, lambda common: (common.linked > 0) & (common.found == 0))


def misled(seen: Evidence) -> Verdict:
    """By the run's own matches, the prediction shares more neighbours with the query than the truth."""
    return _of_neighbours(seen, lambda common: common.for_prediction > common.for_truth)


def same_neighbours(seen: Evidence) -> Verdict:
    """Every neighbour known to speak for the truth speaks for the prediction too."""
    return _of_neighbours(seen, lambda common: (common.found > 0) & (common.of_both == common.found))


def missing(seen: Evidence) -> Verdict:
    """The query or the truth has nothing in a modality that helps others."""
    holds = ~seen.present("query", "truth") & (seen.worth >= WORTH)[:, None]
    return _best(holds, cost=np.broadcast_to(-seen.worth[:, None], holds.shape))


def hub(seen: Evidence) -> Verdict:
    """The prediction is a candidate of unusually many queries."""
    return _verdict(seen.occurrence > seen.hub_limit)


def sparse(seen: Evidence) -> Verdict:
    """Hardly any triples on one side, and they do not find the truth."""
    if "structure" not in seen.modalities:
        return _nowhere(seen)
    m = seen.modalities.index("structure")
    degree = np.minimum(seen.degree["query"], seen.degree["truth"])
    return _about(seen, m, (degree >= 1) & (degree <= FEW_TRIPLES) & (seen.rank("alone")[m] > 1))


RULES: dict[str, Callable[[Evidence], Verdict]] = {
    "chance": chance,
    "no-candidate": no_candidate,
    "over-frozen": over_frozen,
    "picture": picture,
    "name-trap": name_trap,
    "imbalance": imbalance,
    "inconsistent": inconsistent,
    "decoding": decoding,
    "suspicious-link": suspicious_link,
    "near-duplicate": near_duplicate,
    "unconnected": unconnected,
    "lost-neighbours": lost_neighbours,
    "misled": misled,
    "sparse": sparse,
    "same-neighbours": same_neighbours,
    "missing": missing,
    "hub": hub,
}
"""By name of the cause, in order of precedence."""


def _lost(seen: Evidence) -> Mask:
    """`[e]`, plain similarity ranks another candidate at least as high as the truth."""
    return np.asarray(seen.ranks["similarity_rank"] > 1)


def _lead(seen: Evidence) -> Floats:
    """`[m, e]`, how much more a modality gave to the prediction than to the truth."""
    return seen.share["prediction"] - seen.share["truth"]


def _decided(seen: Evidence) -> Mask:
    """`[m, e]`, the prediction is ahead of the truth, and would be behind it without that modality."""
    lead = _lead(seen)
    whole = lead.sum(axis=0)
    return np.asarray((whole > 0) & (whole - lead < 0))


def _best(candidates: Mask, *, cost: Floats, gain: Floats | None = None, epoch: Ids | None = None) -> Verdict:
    """Of the modalities found `[m, e]` the one of least cost, with its gain and epoch, all `[m, e]`."""
    chosen = np.where(candidates, cost, np.inf).argmin(axis=0)
    holds = candidates[chosen, np.arange(candidates.shape[1])]
    return _verdict(
        holds,
        modality=np.where(holds, chosen, -1),
        gain=None if gain is None else gain[chosen, np.arange(len(holds))],
        epoch=None if epoch is None else epoch[chosen, np.arange(len(holds))],
    )


def _about(seen: Evidence, m: int, holds: Mask, repair: str | None = None) -> Verdict:
    """A verdict about one modality, whose repair is a kind of rank."""
    return _verdict(holds, modality=np.where(holds, m, -1), gain=seen.rank(repair)[m] if repair else None)


def _of_neighbours(seen: Evidence, holds: Callable[[Common], Mask]) -> Verdict:
    """A verdict about structure, where the query and the truth have it and the run looks at it."""
    if seen.common is None or "structure" not in seen.modalities:
        return _nowhere(seen)
    m = seen.modalities.index("structure")
    return _about(seen, m, holds(seen.common) & seen.active("query", "truth")[m])


def _all(judged: Mask, true: Mask, besides: Mask) -> Verdict:
    """Where all modalities that are known `[m, e]` say so, at least one, and something else `[e]` holds too."""
    return _verdict(np.asarray((true | ~judged).all(axis=0) & judged.any(axis=0) & besides))


def _nowhere(seen: Evidence) -> Verdict:
    return _verdict(np.zeros(len(seen.ranks), np.bool_))


def _verdict(
    holds: Mask, *, modality: Ids | None = None, gain: Floats | None = None, epoch: Ids | None = None
) -> Verdict:
    return Verdict(
        holds=holds,
        modality=np.full(len(holds), -1) if modality is None else modality,
        gain=np.full(len(holds), np.nan) if gain is None else np.where(holds, gain, np.nan),
        epoch=np.full(len(holds), -1) if epoch is None else np.where(holds, epoch, -1),
    )
