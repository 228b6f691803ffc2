"""The phases of a training, as its log has them: when each began, and how long it took."""

from __future__ import annotations

from pmf.runs.reader import RunReader

PHASES = {
    "read": "reading data",
    "features": "building features",
    "train": "training",
    "evaluate": "evaluating",
    "predictions": "writing predictions",
    "maps": "drawing maps",
    "causes": "finding causes",
}
"""Phase, as the log of a run names it, in the order of time → what is being done."""


def begun(run: RunReader) -> dict[str, float]:
    """Phase → when its latest process began it, unix time; runs of older versions did not log all of them."""
    times: dict[str, float] = {}
    for event in run.events():
        time = float(event["time"])
        if event["kind"] == "phase":
            if event["phase"] == "read":
                times = {}
            times[str(event["phase"])] = float(event.get("began", time))
        elif event["kind"] == "state" and event.get("state") == "running" and "read" not in times:
            times = {"train": time}
        elif event["kind"] == "results" and event.get("at") == "end" and "evaluate" not in times:
            times["maps"] = time  # an older run: with its figures, evaluation is over
    return times


def finished(run: RunReader) -> float | None:
    """When it was finished, unix time; None for a run that is not."""
    ends = [float(e["time"]) for e in run.events() if e["kind"] == "state" and e.get("state") == "finished"]
    return ends[-1] if ends else None


def measured(run: RunReader) -> dict[str, float]:
    """Phase → seconds that it took; empty for a run that has not finished."""
    end, times = finished(run), begun(run)
    if end is None or "train" not in times:
        return {}
    marks = [*times.values(), end]
    return {phase: max(0.0, marks[at + 1] - marks[at]) for at, phase in enumerate(times)}
