"""The phases of a training: how long each took in runs that have finished, and how far one that goes on has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log

from app.shared.services.live_training import pace
from app.shared.services.run_view import RunView
from pmf.config.config import Config
from pmf.runs.phases import PHASES, begun, measured

NEARLY = 0.95
"""How full a phase is shown at most that takes longer than expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What decides how long a training takes.

    Args:
        data: fingerprint of the data set, or its name where it has not been read yet.
        entities: of both graphs, 0 where that is not known yet.
        modalities: how many.
        epochs: of all stages.
        project: whether maps are drawn and causes found at the end.
    """

    data: str
    entities: int
    modalities: int
    epochs: int
    project: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Seconds of each phase, taken over from a run that has finished.

    Args:
        seconds: by phase.
        title: of that run.
        same_data: whether it was trained on the same data.
    """

    seconds: Mapping[str, float]
    title: str
    same_data: bool

    @property
    def total(self) -> float:
        """Of all phases."""
        return sum(self.seconds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a training has come.

    Args:
        phase: the one under way.
        share: of the whole time that has passed, in [0, 1].
        remaining: seconds until everything is done.
        seconds: of each phase, measured where it is over, expected else.
        overdue: whether the phase under way takes longer than expected, so that `remaining` is too short.
    """

    phase: str
    share: float
    remaining: float
    seconds: Mapping[str, float]
    overdue: bool


def size_of_plan(config: Config, data: str, entities: int) -> Size:
    """Of a training that has not begun."""
    train = config.train
    return Size(
        data=data,
        entities=entities,
        modalities=len(config.modalities),
        epochs=train.total_epochs,
        project=train.project,
    )


def size_of_run(run: RunView) -> Size:
    """Of a run that has."""
    project = bool(run.reader.facts.settings["train.project"])
    return Size(
        data=run.fingerprint, entities=run.n, modalities=len(run.modalities), epochs=run.reader.epochs, project=project
    )


def expected(plan: Size, past: Iterable[RunView]) -> Expected | None:
    """What a training will take, from the finished run that is most like it; None where none has finished.

    Args:
        plan: of the training.
        past: runs to look among.
    """
    runs = [(size_of_run(run), run) for run in past if measured(run.reader)]
    if not runs:
        return None

    def unlike(one: tuple[Size, RunView]) -> tuple[bool, float]:
        return not _same_data(plan, *one), abs(log(_ratio(plan, one[0], "train")))

    size, run = min(runs, key=unlike)
    seconds = {phase: took * _ratio(plan, size, phase) for phase, took in measured(run.reader).items()}
    if not plan.project:
        seconds = {phase: took for phase, took in seconds.items() if phase not in ("maps", "causes")}
    return Expected(seconds=seconds, title=run.title, same_data=_same_data(plan, size, run))


def course(run: RunView, expectation: Expected | None, now: float) -> Course:
    """How far a training has come, by the time that its phases take.

    What is to come is expected to be as much slower, or faster, as what was has been.

    Args:
        run: as it stands, its log begun.
        expectation: for the phases that are to come.
        now: unix time.
    """
    times = begun(run.reader)
    phases = list(PHASES)
    marks = sorted(times, key=phases.index)
    current = marks[-1] if marks else phases[0]
    seconds = {over: times[following] - times[over] for over, following in pairwise(marks)}
    spent = max(0.0, now - times.get(current, now))
    passed = sum(seconds.values()) + spent
    pacing = pace(run, now) if current == "train" else None
    if pacing:
        seconds[current] = spent + pacing.remaining_seconds
    guesses = _at_this_pace(expectation.seconds if expectation else {}, seconds)
    overdue = pacing is None and spent > guesses.get(current, 0.0)
    if not pacing:
        seconds[current] = max(guesses.get(current, 0.0), spent / NEARLY)
    seconds |= {phase: guesses.get(phase, 0.0) for phase in phases[phases.index(current) + 1 :]}
    total = sum(seconds.values())
    share = min(1.0, passed / total) if total else 0.0
    return Course(phase=current, share=share, remaining=max(0.0, total - passed), seconds=seconds, overdue=overdue)


def _at_this_pace(expected_seconds: Mapping[str, float], measured_seconds: Mapping[str, float]) -> dict[str, float]:
    """What was expected of each phase, times how much longer than expected those took that are measured."""
    both = measured_seconds.keys() & expected_seconds.keys()
    guessed = sum(expected_seconds[phase] for phase in both)
    took = sum(measured_seconds[phase] for phase in both)
    factor = took / guessed if took and guessed else 1.0
    return {phase: factor * seconds for phase, seconds in expected_seconds.items()}


def _same_data(plan: Size, size: Size, run: RunView) -> bool:
    return plan.data in (size.data, run.reader.facts.data_name)


def _ratio(plan: Size, size: Size, phase: str) -> float:
    """How many times as long a phase takes, by what it goes through: entities, modalities, epochs."""
    entities = plan.entities / size.entities if plan.entities and size.entities else 1.0
    modalities = plan.modalities / max(1, size.modalities)
    epochs = plan.epochs / max(1, size.epochs)
    return {"read": entities, "evaluate": entities, "train": entities * modalities * epochs}.get(
        phase, entities * modalities
    )
