"""Whether a run finds more than a blind guess would, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scipy.special import bdtrc  # `scipy.stats` has this too, but takes a second to import

from pmf.config.features import NAMED
from pmf.modalities import MODALITIES

FEWEST_LINKS = 5
"""Fewer links tell nothing either way."""
LIKELY = 0.01
"""Probability of finding so many by blind guesses from which on a run is not told from one."""

Figures = Mapping[str, float]


def at_chance(figures: Iterable[tuple[Figures, int]], links: int) -> bool:
    """Whether the truths are found no more often than by blind guesses, in no direction.

    Args:
        figures: of each direction, with the number of candidates that each query has.
        links: how many they are of.
    """
    if links < FEWEST_LINKS:
        return False
    tests = [
        bdtrc(round(hits[f"hits@{k}"] * links) - 1, links, min(1.0, k / candidates))
        for hits, candidates in figures
        for k in (1, 10)
    ]
    return bool(tests) and bool(min(tests) * len(tests) > LIKELY)


def is_at_chance(results: Mapping[str, Any] | None) -> bool:
    """Whether a run's results say that it finds no more than blind guesses."""
    chance = (results or {}).get("chance")
    return isinstance(chance, Mapping) and chance.get("at_chance") is True


def chance_in_words(results: Mapping[str, Any], account: Mapping[str, Any] | None) -> str:
    """What a run at chance has to say for itself, and why it is.

    Args:
        results: of a run, with "chance".
        account: of the run, as `Account.to_dict` gives it; None of one that an older version has written.
    """
    chance = results["chance"]
    what = f"At chance: of its {chance['links']:,} {chance['split']} links it finds no more than blind guesses would."
    return f"{what} {why_at_chance(account)}".strip()


def why_at_chance(account: Mapping[str, Any] | None) -> str:
    """What the account of a run gives as the reason, in one sentence; "" where it gives none."""
    uses = [use for use in (account or {}).get("modalities", ()) if use.get("modality") in MODALITIES]
    used = [use for use in uses if use.get("used")]
    title = {name: "names" if name in NAMED else MODALITIES[name].title for name in (use["modality"] for use in uses)}
    there = [use for use in uses if use.get("source") and use.get("target")]
    unused = (title[use["modality"]] for use in there if not use.get("used") and not use.get("alike"))
    in_use = [title[use["modality"]] for use in used]
    left_out = [name for name in dict.fromkeys(unused) if name not in in_use]  # names are of two modalities
    parts = []
    if used and all(use.get("alike") for use in used):
        parts.append("every feature in use is the same for everybody")
    elif used:
        parts.append(f"what it uses ({_listed(list(dict.fromkeys(in_use)))}) tells too little")
    if left_out:
        parts.append(f"{_listed(left_out)} were not used")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
