"""A run's health in plain sentences, each only where it is more than chance or above a limit of the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pmf.failures.freezing_harm import Harm
from pmf.modalities import MODALITIES

if TYPE_CHECKING:
    from pmf.failures.records import Hubness

MOST_TYPES = 3  # of a modality, of which there is a sentence on freezing
STRONG_HUBNESS = 2.0
"""Skewness of the k-occurrence: an exponential distribution has it, whose largest are many times its mean."""


def sentences(
    freezing: Sequence[Harm],
    known: float,
    fused: float,
    hubness: Sequence[Hubness],
    calibration: dict[str, Any] | None,
) -> tuple[str, ...]:
    """What `pmf.failures.health.Health` has, in words."""
    return (
        *_freezing(freezing),
        f"At least one modality alone ranks the truth first for {known:.1%} of the queries, all together for "
        f"{fused:.1%}, by plain similarity.",
        *_hubs(hubness),
        *_probabilities(calibration),
    )


def _freezing(harms: Sequence[Harm]) -> Iterator[str]:
    """The certain ones, all links before types, the largest first."""
    certain = sorted((harm for harm in harms if harm.certain), key=lambda harm: (harm.type != "", -abs(harm.cost)))
    counts: dict[str, int] = {}
    for harm in certain:
        counts[harm.modality] = counts.get(harm.modality, 0) + (harm.type != "")
        if counts[harm.modality] <= MOST_TYPES:
            yield _freezing_sentence(harm)


def _freezing_sentence(harm: Harm) -> str:
    ends = sorted((abs(harm.low), abs(harm.high)))
    verb = "cost" if harm.cost > 0 else "gained"
    where = f" on {harm.type}" if harm.type else ""
    title = MODALITIES[harm.modality].title if harm.modality in MODALITIES else harm.modality
    return (
        f"Freezing {title} {verb} {100 * abs(harm.cost):.1f} points of Hits@1"
        f"{where} (95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f}; {harm.links:,} test links, of which "
        f"{harm.frozen:.0%} have a frozen one; plain similarity)."
    )


def _hubs(hubness: Sequence[Hubness]) -> Iterator[str]:
    for hubs in hubness:
        if hubs.skewness > STRONG_HUBNESS:
            yield (
                f"Hubs draw queries away, {hubs.direction.replace('_', ' ')}: one candidate is among the ten best of "
                f"{hubs.most:,} queries, where ten would be even, and {hubs.never:.0%} of the candidates are "
                f"predicted for none (skewness {hubs.skewness:.1f})."
            )


def _probabilities(calibration: dict[str, Any] | None) -> Iterator[str]:
    """The mean gap between said and observed, weighted by how often it was said."""
    for direction, fit in (calibration or {}).items():
        curve = fit["curve"]
        n = sum(point["n"] for point in curve)
        gap = sum(point["n"] * abs(point["probability"] - point["observed"]) for point in curve) / n
        higher = sum(point["n"] * (point["probability"] - point["observed"]) for point in curve) / n
        yield (
            f"Probabilities of being right, {direction.replace('_', ' ')}, are {100 * gap:.1f} points off on average, "
            f"and {'too high' if higher > 0 else 'too low'} by {100 * abs(higher):.1f}."
        )
