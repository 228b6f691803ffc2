"""What a training would take, from a few batches of it, trained in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pmf.processes import ask
from pmf.progress import step
from pmf.projection.project import MOST_COMPARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a training would take.

    Args:
        setup_seconds: until its first epoch: the process starts, the data are read, features are built.
        epochs: of all stages.
        epoch_seconds: of one of them on average, with what is evaluated and written.
        ending_seconds: figures and predictions where stages end.
        projection_seconds: of the 2-d maps, 0 where none are asked for.
        total_seconds: of all that.
        peak_memory_bytes: of the process, or of the GPU where one trains; maps left out.
        device: where it would train.
        calibration_seconds: what this estimate took.
    """

    setup_seconds: float
    epochs: int
    epoch_seconds: float
    ending_seconds: float
    projection_seconds: float
    total_seconds: float
    peak_memory_bytes: int
    device: str
    calibration_seconds: float


# Measured on one core: any way to measure UMAP where it is asked for would first have to compile it, and that alone is
# most of what maps of small data take. Above 10,000 points it makes fewer rounds, and where it searches neighbours
# itself it compiles that search, too.
_COMPILE_SECONDS, _SEARCH_COMPILE_SECONDS = 6.0, 30.0
_POINT_SECONDS, _LARGE_POINT_SECONDS, _SNAPSHOT_POINT_SECONDS = 1.3e-3, 0.7e-3, 5e-3


def projection_seconds(entities: int, modalities: int) -> float:
    """Seconds for the 2-d maps of every modality and the fused embedding, and of the snapshots' sample."""
    start = _COMPILE_SECONDS + (_SEARCH_COMPILE_SECONDS if entities > MOST_COMPARED else 0.0)
    each = entities * (_POINT_SECONDS if entities <= 10_000 else _LARGE_POINT_SECONDS)
    return start + (modalities + 1) * each + min(entities, 1000) * _SNAPSHOT_POINT_SECONDS


def measure(settings: Mapping[str, str], preset: str, seconds: float = 1800) -> Estimate:
    """Calibrate in a new process, so that its peak memory is its own and a crash is its own too.

    Args:
        settings: by name, as text, `data` among them; they win over the preset.
        preset: its name.
        seconds: the longest it may take.

    Raises:
        UnfinishedError: it took longer, or ended without an answer.
        PMFError: what is wrong with the settings or the data.
    """
    start = time.perf_counter()
    request = {"preset": preset, "settings": dict(settings)}
    with step("training a few batches"):
        estimate = Estimate(**ask("pmf.training.cost.dry_run", request, "the estimate", seconds))
    starting = max(0.0, time.perf_counter() - start - estimate.calibration_seconds)
    return replace(
        estimate,
        setup_seconds=estimate.setup_seconds + starting,
        total_seconds=estimate.total_seconds + starting,
        calibration_seconds=estimate.calibration_seconds + starting,
    )
