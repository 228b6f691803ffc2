"""Settings of a training as widgets whose values live in the address bar under the settings' own names."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.shared.services import training_plan as plan
from app.shared.widgets import url
from pmf.config.config import Config
from pmf.errors import ConfigError

TABS = {
    "": "Run",
    "train": "Training",
    "rules": "Rules",
    "freezing": "Freezing",
    "model": "Model",
    "loss": "Loss",
    "features": "Features",
    "evaluation": "Evaluation",
}


def option(name: str, start: Config, label: str | None = None, *, spelled: bool = False, **limits: Any) -> str:
    """A widget for one setting.

    Args:
        name: of the setting.
        start: what it stands on until it is changed.
        label: instead of its name.
        spelled: write its meaning beside it, not only behind the question mark.
        limits: passed on to the widget.

    Returns:
        Its value as text.
    """
    about = plan.OPTIONS[name]
    usual = plan.value(start, name)
    key = f"url.{name}"
    st.session_state[key] = _state(about, _given(name, start, limits))
    place = st.container()
    if spelled:
        place, right = st.columns([2, 3], vertical_alignment="center")
        right.caption(f"{about.meaning} To begin with: {plan.as_text(usual)}.")
    settings = {
        "key": key,
        "help": None if spelled else about.meaning,
        "on_change": _write,
        "args": (name, plan.as_text(usual)),
    }
    with place:
        return _text(about, _widget(about, usual, label or about.title.capitalize(), settings | limits))


def advanced(start: Config, shown: Mapping[str, str]) -> dict[str, str]:
    """Every setting that has no widget elsewhere, by section, each with its meaning; their values as text."""
    rest = [about for name, about in plan.offered().items() if name not in shown]
    chosen = {}
    for tab, section in zip(st.tabs(list(TABS.values())), TABS, strict=True):
        with tab:
            for about in rest:
                if about.section == section:
                    chosen[about.name] = option(about.name, start, spelled=True)
    return chosen


def _given(name: str, start: Config, limits: Mapping[str, Any]) -> Any:
    """The value of the address bar, and where its widget cannot show that, the one to start from."""
    text = url.get(name)
    if text is not None:
        with contextlib.suppress(ConfigError):
            value = plan.parse(plan.OPTIONS[name], text)
            if "min_value" not in limits or limits["min_value"] <= value <= limits["max_value"]:
                return value
    return plan.value(start, name)


def _widget(about: plan.Option, usual: Any, label: str, settings: dict[str, Any]) -> Any:
    if about.kind == "switch":
        return st.toggle(label, **settings)
    if about.kind == "choice":
        return st.selectbox(label, about.choices, **settings)
    if about.kind == "integer":
        return st.number_input(label, step=1, **settings)
    if about.kind == "number" and "max_value" in settings:
        return st.slider(label, step=0.01, **settings)
    if about.kind == "number":
        placeholder = "none" if about.optional else None
        return st.number_input(label, step=_step(usual), format="%g", placeholder=placeholder, **settings)
    return st.text_input(label, placeholder="none" if about.optional else None, **settings)


def _state(about: plan.Option, value: Any) -> Any:
    """A setting's value as its widget keeps it."""
    return value if about.kind in ("switch", "choice", "integer", "number") else "" if value is None else str(value)


def _text(about: plan.Option, kept: Any) -> str:
    """What a widget holds, as a setting; an emptied field is none."""
    return plan.as_text(None if kept == "" else round(kept, 10) if isinstance(kept, float) else kept)


def _write(name: str, usual: str) -> None:
    text = _text(plan.OPTIONS[name], st.session_state[f"url.{name}"])
    url.put(**{name: None if text == usual else text})


def _step(usual: float | None) -> float:
    """A tenth of a number's size: 0.0001 for a learning rate of 0.001."""
    return 10.0 ** (math.floor(math.log10(usual)) - 1) if usual else 0.01
