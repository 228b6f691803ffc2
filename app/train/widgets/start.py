"""The answer on top of the form: what would be trained, why it cannot be, what it would take, and the button."""

from __future__ import annotations

import streamlit as st

from app.shared.services import phases
from app.shared.services import training_plan as plan
from app.shared.services import trainings as training
from app.shared.services.access import Role
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.account import show_account
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import duration, plain
from app.shared.widgets.user import current
from app.train.widgets.expectation import expectation
from app.train.widgets.form import Draft
from pmf.config.config import Config
from pmf.data.notes import counted
from pmf.runs.phases import PHASES

ESTIMATES, ESTIMATE, START = "train_start.estimates", "train_start.estimate", "train_start.start"
KEPT = 50


def train_start(view: DataView, data: str, draft: Draft) -> None:
    """Say what the draft is, and offer to start it."""
    wanted = training.Plan(preset=draft.preset, settings=draft.settings, name=draft.name)
    problem = _problem(wanted, view, draft)
    admin = current().role >= Role.ADMIN
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            _summary(view, draft, problem)
        with right, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
            blocked = bool(problem) or not admin
            why = None if not blocked else plain(problem, 300) or "Training is for admins of this server."
            estimate = st.button("Estimate", icon=":material/timer:", disabled=blocked, key=ESTIMATE, help=why or ABOUT)
            start = st.button(
                "Train", type="primary", icon=":material/play_arrow:", disabled=blocked, key=START, help=why
            )
        if not admin:
            st.caption("Training is for admins of this server; you can watch what runs.")
        with boundary():
            _estimate(view, wanted, draft, pressed=estimate)
    if start:
        with boundary():
            url.put(run=training.start(current(), wanted, view.pair), tab="watch")
            st.rerun()


def _problem(wanted: training.Plan, view: DataView, draft: Draft) -> str:
    if draft.config is None:
        return draft.problem
    # pairs to start from are searched for by their features, for minutes: that is left to the training
    searched = draft.config.seeds != "links"
    return plan.lacking(draft.config) or ("" if searched else training.problem(wanted, view.pair))


def details(data: str, draft: Draft) -> None:
    """How the draft departs from its preset, and the same on the command line."""
    if draft.config is None:
        return
    with st.expander("Changes and command", icon=":material/difference:"):
        rows = plan.differences(draft.config)
        if rows.empty:
            st.caption(f"No difference: these are the settings of the preset {draft.preset}.")
        else:
            st.dataframe(rows, hide_index=True, alt="Settings that differ from the preset's")
        st.code(plan.command(data, draft.preset, draft.settings), language="bash", wrap_lines=True)


ABOUT = "Trains a few batches in a separate process, without test links, and measures time and memory."


def _summary(view: DataView, draft: Draft, problem: str) -> None:
    if draft.config is None or problem:
        st.markdown(f":material/block: **This cannot be trained.** {plain(problem, 400)}")
        return
    config = draft.config
    differences = len(plan.differences(config))
    departs = f"{counted(differences, 'setting')} changed" if differences else "no setting changed"
    st.markdown(
        f"**{config.train.total_epochs} epochs on {plain(view.pair.name)}**: {', '.join(config.modalities)}; "
        f"preset {config.preset}, {departs}."
    )
    account = view.account(config).to_dict()
    show_account(account, left_out=False)
    with st.expander("Data not used", icon=":material/remove_circle_outline:"):
        show_account(account, left_out=True)
    for remark in plan.remarks(config):
        st.caption(f":material/warning: {remark}")


def _estimate(view: DataView, wanted: training.Plan, draft: Draft, *, pressed: bool) -> None:
    """What training would take: as earlier runs tell at once, measured where somebody presses for that."""
    estimates = st.session_state.setdefault(ESTIMATES, {})
    key = (view.pair.fingerprint, wanted.preset, tuple(sorted(wanted.settings.items())))
    if pressed:
        with st.spinner("Training a few batches to see how long they take …", show_time=True):
            estimates[key] = training.estimate(current(), wanted, view.pair)
        while len(estimates) > KEPT:
            del estimates[next(iter(estimates))]
    if estimate := estimates.get(key):
        for_maps = estimate.projection_seconds
        maps = f", {duration(for_maps)} for the maps at its end" if for_maps else ""
        st.caption(
            f":material/timer: About **{duration(estimate.total_seconds)}** in all: "
            f"{duration(estimate.epoch_seconds)} an epoch{maps}; {estimate.peak_memory_bytes / 1e9:.1f} GB of memory, "
            f"device {plain(estimate.device)}."
        )
    elif draft.config is not None:
        _from_past(view, draft.config)


def _from_past(view: DataView, config: Config) -> None:
    size = phases.size_of_plan(config, view.pair.fingerprint, len(view.pair))
    if (guess := expectation(size)) is None:
        return
    parts = " · ".join(f"{PHASES[phase]} {duration(seconds)}" for phase, seconds in guess.seconds.items())
    like = "on these data" if guess.same_data else "on other data, scaled by size"
    st.caption(
        f":material/timer: About **{duration(guess.total)}**: {parts}. From the run {plain(guess.title, 60)} {like}; "
        "refined while it trains. **Estimate** measures it on this machine."
    )
