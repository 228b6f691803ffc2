"""Which modality and epoch the Freezing page is about, and the button that plays the epochs."""

from __future__ import annotations

import time

import streamlit as st

from app.shared.services import freezing_record as freezing
from app.shared.services.run_view import RunView
from app.shared.widgets import url

STEPPED = "freezing.stepped"  # when the last step was made; absent while it stands still
USUAL, PACES = "normal", {"slow": 4.0, "normal": 2.0, "fast": 1.0}
"""Seconds an epoch; slow is for a projector and somebody who explains."""
FORGOTTEN = 10  # seconds without a step: the page was left while it played


def pause_between_steps() -> float | None:
    """Seconds from one step to the next, None while it stands still."""
    stepped = st.session_state.get(STEPPED)
    if stepped is None or time.monotonic() - stepped > FORGOTTEN:
        st.session_state.pop(STEPPED, None)
        return None
    return PACES.get(url.get("pace") or USUAL, PACES[USUAL])


def player(run: RunView) -> tuple[str, int]:
    """The controls; returns modality and epoch, both in the address bar."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        default = freezing.liveliest(run) if run.frozen_at is not None else run.modalities[0]
        modality = url.choose(
            st.segmented_control, "Modality", run.modalities, "modality", default=default, required=True
        )
        epochs, default_epoch = [report["epoch"] for report in run.reports], freezing.busiest(run, modality)
        if len(epochs) < 2:
            return modality, default_epoch
        shown = url.integer("epoch", run.reader.epochs)
        _step(run, default_epoch if shown is None else shown)
        _buttons(run, default_epoch if shown is None else shown)
    return modality, url.choose(st.select_slider, "Epoch", epochs, "epoch", default=default_epoch)


def _step(run: RunView, shown: int) -> None:
    """Go on to the next epoch when it is time; stop after the last measurement."""
    pause = pause_between_steps()
    if pause is None or time.monotonic() - st.session_state[STEPPED] < 0.7 * pause:
        return
    if shown >= _range(run)[1]:
        del st.session_state[STEPPED]
        st.rerun()
    url.put(epoch=shown + 1)
    st.session_state[STEPPED] = time.monotonic()


def _buttons(run: RunView, epoch: int) -> None:
    playing = STEPPED in st.session_state
    with st.container(horizontal=True, vertical_alignment="bottom", width="content"):
        label, icon = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
        if st.button(label, icon=icon, key="freezing.play", help="Let the epochs pass, one after the other"):
            if playing:
                del st.session_state[STEPPED]
            else:
                first, last = _range(run)
                if not first <= epoch < last:
                    url.put(epoch=first)
                st.session_state[STEPPED] = time.monotonic()
            st.rerun()
        pace = st.segmented_control
        url.choose(pace, "Pace", list(PACES), "pace", default=USUAL, required=True, label_visibility="collapsed")


def _range(run: RunView) -> tuple[int, int]:
    """From the epoch before the first measurement to the last one; nothing moves outside."""
    measured = run.reader.measured_epochs()
    last = run.reports[-1]["epoch"]
    return (max(0, measured[0] - 1), min(last, measured[-1] + 1)) if measured else (0, last)
