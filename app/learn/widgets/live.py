"""A training that a lesson starts, followed while it goes on."""

from __future__ import annotations

import streamlit as st

from app.learn.services import live_lesson
from app.learn.widgets import stage
from app.shared.services.access import Role
from app.shared.services.dataset import Dataset
from app.shared.services.live_training import Standing
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.user import current
from pmf.errors import RunFormatError

TRAINING, FOLLOW = "training", "1s"


def live_training(run: RunView, data: Dataset) -> None:
    """Tell the browser of the training in the address, and start or stop one as it asks.

    Args:
        run: the recorded run that it is compared with.
        data: of it.
    """
    now = _standing()
    moves = now is not None and now.moves
    gone = "That live training is no longer kept." if now is None and url.get(TRAINING) else ""
    if gone:
        url.put(**{TRAINING: None})
    st.fragment(_follow, run_every=FOLLOW if moves else None)(run, data, moves, gone)


def _follow(run: RunView, data: Dataset, moved: bool, gone: str) -> None:
    with boundary():
        now = _standing()
        change, stop = stage.live(None if now is None else live_lesson.as_json(now), _why_not(data), gone)
        if stop and now is not None and now.moves:
            live_lesson.stop(current(), now.run_id)
        elif stop:
            url.put(**{TRAINING: None})
            st.rerun()
        if change and data.pair is not None:
            url.put(**{TRAINING: live_lesson.start(current(), run, data.pair, change)})
        if change or (moved and not (now is not None and now.moves)):
            st.rerun()


def _standing() -> Standing | None:
    """The training in the address; None without one, or for one that has been swept, as an old link names it."""
    run_id = url.get(TRAINING)
    try:
        return live_lesson.standing(run_id) if run_id else None
    except RunFormatError:
        return None


def _why_not(data: Dataset) -> str:
    if current().role < Role.ADMIN:
        return "Training live is for admins of this server."
    return "" if data.pair is not None else "Training live needs the bundled data."
