"""The lesson in the browser: whatever is dragged is answered there, from numbers that the server packs once.

    lesson.js    what the server packed; a step
    math.js      formulas
    draw.js      charts
    controls.js  sliders and choices
    graphs.js    step 1: two graphs, and what is known
    senses.js    step 2: one modality, what was learned and what labels say
    loss.js      step 3: the loss and its temperature
    freeze.js    step 4: pictures and a threshold
    fusing.js    similarities and ranks of all test links
    fusion.js    step 5: weights of the modalities
    moving.js    entities that move through the epochs
    film.js      step 6: the training, recorded and live
    keys.js      a presenter's keys
    stage.js     one step at a time
    mount.js     where the server's messages arrive

It is mounted three times: with the lesson, with pictures, and with a live training, so that each is sent only when new.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app.learn.services.live_lesson import CHANGES
from app.shared.services.for_browser import Json
from app.shared.widgets.browser import component

SCRIPTS = (
    *("lesson", "math", "draw", "controls", "graphs", "senses", "loss", "freeze", "fusing", "fusion", "moving", "film"),
    *("keys", "stage", "mount"),
)
LESSON, PICTURES, LIVE = "learn-stage", "learn-pictures", "learn-live"

_mount = component("learn_stage", Path(__file__).parent, SCRIPTS, css="stage.css")


def show_lesson(lesson: Json) -> None:
    """The lesson, as `packed` packs it."""
    with st.container(key=f"{LESSON}-place"):
        _mount(key=LESSON, data={"kind": "lesson", **lesson})


def send_pictures(pictures: dict[str, str]) -> None:
    """The pictures of the entities, which come after everything else."""
    with st.container(key="unseen.learn.pictures"):
        _mount(key=PICTURES, data={"kind": "pictures", "pictures": pictures})


def live(training: Json | None, why: str, notice: str) -> tuple[str | None, bool]:
    """Tell the browser how a live training stands.

    Args:
        training: from `live_lesson.as_json`; None where there is none.
        why: why none can be started, a sentence; "" where one can.
        notice: what else there is to say of it.

    Returns:
        The change that was asked for just now, None for none; and whether to stop the training, or to put it away
        once it has ended.
    """
    with st.container(key="unseen.learn.live"):
        asked = _mount(
            key=LIVE,
            data={"kind": "live", "training": training, "why": why, "notice": notice},
            on_start_change=lambda: None,
            on_stop_change=lambda: None,
        )
    change: Any = asked.get("start")
    return change if isinstance(change, str) and change in CHANGES else None, asked.get("stop") is not None
