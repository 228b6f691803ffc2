"""What every step of the lesson has in common: the current step, the buttons, and text large enough for a projector."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.learn.services.lesson import STEPS
from app.shared.widgets import url

LOOK = Path(__file__).parent / "learn.html"
PARAMETER = "step"


def head() -> int:
    """Draw the title of the step, its place among the others and the buttons; return its number from 1."""
    st.html(LOOK)
    step = url.integer(PARAMETER, len(STEPS) + 1) or 1
    left, middle, right = st.columns([5, 3, 3], vertical_alignment="bottom")
    left.title(STEPS[step - 1], anchor=False)
    with middle:
        url.choose(
            st.segmented_control,
            f"Step {step} of {len(STEPS)}",
            range(1, len(STEPS) + 1),
            PARAMETER,
            default=1,
            required=True,
        )
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        _turn("Previous", "Left", step - 1)
        _turn("Next", "Right", step + 1)
    return step


def sides(words: str, *formulas: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Words and formulas on the left; where to go on below them, and the wide place on the right."""
    left, right = st.columns([4, 7], gap="large")
    with left, st.container(key="learn_say"):
        st.markdown(words)
        for formula in formulas:
            st.latex(formula)
    return left, right


def _turn(label: str, key: str, step: int) -> None:
    st.button(
        label,
        key=f"learn.{label}",
        shortcut=key,
        type="primary" if label == "Next" else "secondary",
        disabled=not 1 <= step <= len(STEPS),
        on_click=url.put,
        kwargs={PARAMETER: step},
    )
