"""Frozen pictures against the ground truth, where the data has one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.shared.figures import freezing as figures
from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.freezing_quality import Quality, quality
from app.shared.services.run_view import RunView
from app.shared.widgets.chart import chart


def cached_quality(run: RunView, data: Dataset) -> list[Quality] | None:
    """See `app.shared.services.freezing_quality.quality`."""
    return _quality(str(run.reader.folder), catalog.stamp(run.reader.folder), data.problem, run, data)


@st.cache_resource(max_entries=8, show_spinner=False)
def _quality(folder: str, stamp: object, problem: str, _run: RunView, _data: Dataset) -> list[Quality] | None:
    return quality(_run, _data)


def freezing_quality(run: RunView, data: Dataset, epoch: int) -> None:
    """Precision and recall at an epoch and over all of them; draws nothing without ground truth."""
    quality = cached_quality(run, data)
    if not quality:
        return
    last, now = quality[-1], next((q for q in quality if q.epoch == epoch), quality[-1])
    if last.frozen == 0:
        st.info(f"No picture is frozen: all {last.helpless:,} that cannot help still count like the others.")
        return
    rows = pd.DataFrame(
        {"epoch": q.epoch, "precision": q.precision, "recall": q.recall, "base": q.base} for q in quality
    )
    chart(
        figures.quality(rows, epoch=epoch),
        alt="Precision and recall of frozen pictures against those that cannot help, per epoch",
        reading="precision = frozen ones that deserve it; recall = deserving ones that are frozen. "
        f"After epoch {now.epoch}: {_share(now.precision)} and {_share(now.recall)} ({now.frozen:,} of "
        f"{now.pictures:,} pictures are frozen, {now.helpless:,} cannot help, {now.both:,} are both). A picture cannot "
        "help when it shows something else, or its counterpart's does or is missing.",
        key="freezing.quality",
        data=rows,
    )


def _share(value: float) -> str:
    return f"{value:.0%}" if value == value else "–"
