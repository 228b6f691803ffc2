"""The page's answer in a few sentences: what froze, when, and what that did to the matches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.freezing.services.effect import Effect, effects
from app.freezing.services.relevance import relevance_at
from app.shared.services import freezing_record as freezing
from app.shared.services import headline
from app.shared.services.run_view import RunView
from pmf.runs import layout


def answer(run: RunView) -> list[str]:
    """Sentences in Markdown, the most telling first; modalities and numbers only, no text of the data."""
    early = _nothing_measured(run)
    if early:
        return [early]
    frozen = {m: sum(freezing.freezing_epochs(run, m).values()) for m in run.modalities}
    told = [m for m in sorted(run.modalities, key=lambda m: -frozen[m]) if frozen[m]]
    quiet = [m for m in run.modalities if not frozen[m]]
    undone = _undone(run)
    if not told:
        return [f"**Nothing is frozen.** {undone or _why_nothing(run)}"]
    by_modality = effects(run)
    parts = [f"{_one(run, m, frozen[m])} {_effect(by_modality.get(m))}" for m in told]
    if quiet:
        parts.append(f"Nothing of {_listed(quiet)} is frozen.")
    if undone:
        parts.append(undone)
    if by_modality:
        parts.append(
            f"These are {headline.undecoded(run)}, test links of both directions, {_scope(run)} candidates; so they "
            "differ from the run's headline figure."
        )
    return parts


def summary(run: RunView) -> str:
    """The answer in a line, "" where nothing is frozen."""
    if _nothing_measured(run):
        return ""
    by_modality = effects(run)
    sure = {modality: effect for modality, effect in by_modality.items() if effect.certain}
    parts = []
    for modality in run.modalities:
        row = freezing.frozen_at(run, modality)
        frozen, there = int((row >= 0).sum()), int((row != layout.MISSING).sum())
        if frozen:
            effect = f", which {_points(sure[modality])} of Hits@1" if modality in sure else ""
            parts.append(f"{_share(frozen, there)} of {modality}{effect}")
    if not parts:
        return ""
    unsure = " None of it surely changed the matches." if by_modality and not sure else ""
    return f"**Frozen: {'; '.join(parts)}.**{unsure}"


def _nothing_measured(run: RunView) -> str:
    """Why there is nothing to tell yet, "" where there is."""
    facts = run.reader.facts
    if facts.adopted is not None and not facts.settings["freezing.enabled"]:
        return f"**Not known:** no relevance came with {facts.adopted.layout}, so nothing says what was frozen."
    if not facts.settings["freezing.enabled"]:
        return "**Freezing was switched off in this run**: every feature that is there counted to the end."
    if run.frozen_at is not None and run.reader.measured_epochs():
        return ""
    return f"**Nothing is frozen yet**: none of the {len(run.reports)} epochs that have ended measured relevance."


def _one(run: RunView, modality: str, frozen: int) -> str:
    """How much of a modality froze, and when."""
    counts = freezing.freezing_epochs(run, modality)
    there = int((freezing.frozen_at(run, modality) != layout.MISSING).sum())
    busiest = max(counts, key=lambda epoch: counts[epoch])
    when = (
        f"all in epoch {busiest}"
        if len(counts) == 1
        else f"epochs {min(counts)}–{max(counts)}, {counts[busiest]:,} of them in epoch {busiest}"
    )
    share = _share(frozen, there)
    return f"**{modality.capitalize()}: {share} frozen** ({frozen:,} of {there:,} features; {when})."


def _share(frozen: int, there: int) -> str:
    return "under 1%" if frozen < 0.01 * there else f"{frozen / there:.0%}"


def _effect(effect: Effect | None) -> str:
    """What it would change had the modality frozen nothing."""
    if effect is None:
        return "What that did to the matches is not known."
    verdict = f"**{_points(effect)}**" if effect.certain else "made no sure difference"
    return (
        f"For the matches that {verdict}: thawed now, Hits@1 by plain similarity would be {effect.hits_thawed:.1%} "
        f"instead of {effect.hits:.1%}."
    )


def _points(effect: Effect) -> str:
    points = 100 * (effect.hits_thawed - effect.hits)
    return f"{'cost' if points > 0 else 'gained'} {abs(points):.1f} points"


def _why_nothing(run: RunView) -> str:
    measured = run.reader.measured_epochs()
    times = f"{len(measured)} measurements" if len(measured) > 1 else "one measurement"
    limits = {m: max(freezing.thresholds(run, m).values(), default=0.0) for m in run.modalities}
    settings = run.reader.facts.settings
    rule = settings["freezing.rule"] or ("guard" if settings["freezing.guard"] else "schedule")
    if not any(limits.values()) and rule == "guard":
        return (
            f"At none of {times} did the validation links find a threshold δ at which leaving features out surely "
            "helped, although the schedule would have allowed one."
        )
    least = {m: float(values.min()) for m in run.modalities if len(values := _last(run, m, measured[-1]))}
    if not any(limits.values()) or not least:
        return f"The threshold δ was 0 at all of {times}."
    nearest = min(least, key=lambda m: least[m] - limits[m])
    return (
        f"The threshold δ came no nearer than in {nearest}: it rose to {limits[nearest]:.2f} there, and the least "
        f"relevance measured last is {least[nearest]:.2f}."
    )


def _last(run: RunView, modality: str, epoch: int) -> npt.NDArray[np.float32]:
    """The relevances of one measurement, without the features that it left out."""
    values = relevance_at(run, modality, epoch)
    return values[np.isfinite(values)]


def _undone(run: RunView) -> str:
    """Says so where the model that was kept is from before some of the freezing."""
    shares = freezing.shares(run)
    most = shares.groupby("modality")["frozen"].max()
    kept = shares.groupby("modality")["frozen"].last()
    lost = most[most - kept > 1e-6]
    if lost.empty:
        return ""
    parts = _listed([f"{share:.1%} of {modality}" for modality, share in lost.items()])
    return (
        f"During training {parts} froze, and that was undone: the model kept is from an earlier epoch, the chosen one."
    )


def _scope(run: RunView) -> str:
    table = run.failures
    return str(table.attrs.get("scope") or run.scope) if table is not None else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
