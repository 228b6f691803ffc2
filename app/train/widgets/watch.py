"""A training as it goes on: what it has frozen so far, its losses, what it finds, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.figures import freezing as freezing_figures
from app.shared.figures import headline as overview_figures
from app.shared.services import catalog, headline
from app.shared.services import freezing_record as freezing
from app.shared.services import live_training as live
from app.shared.services.live_training import Standing
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, picture, url
from app.shared.widgets.account import show_account
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short
from app.train.figures import training as figures
from app.train.widgets.queue import controls, state_badge

EVERY = "2s"
PICTURES = 8
SPLITS = {"validation": "links held out of the seeds.", "test": "test links, only looked at."}


def watch(run_id: str) -> None:
    """A training's head, which is drawn once a state, and below it what moves."""
    now = live.standing(run_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(now.title, 60), anchor=False, width="content")
        state_badge(now.state)
        controls(run_id, now.state, "watch")
        if now.run is not None:
            url.link("freezing", "Freezing", {"run": run_id}, icon=":material/ac_unit:")
            url.link("embeddings", "Embeddings", {"run": run_id}, icon=":material/scatter_plot:")
            url.link("overview", "Overview", {"run": run_id}, icon=":material/dashboard:")
    if not now.moves and now.message:
        kind = st.error if now.state == "failed" else st.warning
        kind(plain(now.message, 600), icon=":material/info:")
    st.fragment(_moving, run_every=EVERY if now.moves else None)(run_id, (now.state, now.run is None))


def _moving(run_id: str, drawn: tuple[str, bool]) -> None:
    """What changes from epoch to epoch; once what is drawn above has changed, the page is drawn anew."""
    with boundary():
        now = live.standing(run_id)
        if (now.state, now.run is None) != drawn:
            st.rerun()
        _progress(now)
        if now.run is not None:
            if account := now.run.reader.facts.account:
                with st.expander("What is used, what not and why", icon=":material/fact_check:"):
                    show_account(account)
            _charts(now.run)
        with st.expander("What its process printed", icon=":material/terminal:"):
            st.code(now.log or "nothing yet", language=None, wrap_lines=True)


def _progress(now: Standing) -> None:
    if now.run is None:
        text = {
            "waiting": "Waiting: it starts when a place is free.",
            "running": "Reading the data and building features …",
        }.get(now.state, "It ended before its first epoch.")
        st.progress(0.0, text=text)
        return
    state, pace = now.run.state, live.pace(now.run)
    done = min(1.0, (state.epoch + 1) / max(1, state.epochs))
    words = [f"epoch **{state.epoch + 1}** of {state.epochs}", f"stage {live.stage(now.run)}"]
    if now.state == "running" and done == 1:
        words.append("evaluating and drawing maps …")
    elif pace is not None:
        words.append(f"{duration(pace.epoch_seconds)} an epoch")
        if now.state == "running":
            words.append(f"about {duration(pace.remaining_seconds)} of epochs left")
    if now.moves and now.message:
        words.append(plain(now.message, 200))
    st.progress(done, text=" · ".join(words))
    st.caption(_cost(now.run))


def _cost(run: RunView) -> str:
    """What it runs on, and what that takes."""
    memory = live.peak_memory(run)
    needed = f" · at most {memory / 1e9:.2f} GB of memory so far" if memory else ""
    facts = run.reader.facts
    data, preset, device = facts.data_name, facts.settings["preset"], facts.device or "?"
    return f"{plain(data)} · preset {plain(preset)} · {', '.join(run.modalities)} · device {plain(device)}{needed}"


def _charts(run: RunView) -> None:
    drawn = _drawn(run.run_id, catalog.stamp(run.reader.folder), run)
    if drawn is None:
        st.info("The curves begin when the first epoch has ended.")
        return
    chart(
        drawn.shares,
        alt="Per modality: share of entities missing and frozen over the epochs so far, with the threshold: "
        + "; ".join(f"{name} {share:.0%} frozen" for name, (share, _) in live.frozen_share(run).items()),
        reading="hatched = frozen for good, once relevance fell to the dashed threshold δ (0 = it freezes nothing); "
        "dotted grey = the feature was never there.",
        key="train.shares",
        data=drawn.frozen,
    )
    _frozen_last(run)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            drawn.losses,
            alt="Lines: each part of the training loss per epoch so far",
            reading="lower is better within one line; lines of different parts cannot be compared.",
            key="train.losses",
            data=drawn.parts,
        )
    with right:
        if drawn.found is None:
            st.info("The first evaluation has not come yet.")
            return
        chart(
            drawn.found,
            alt=f"Lines: Hits@1 on {drawn.split} links per evaluated epoch so far, in both directions",
            reading="higher is better; " + SPLITS.get(drawn.split, ""),
            key="train.found",
            data=drawn.points,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """Figures of a run as it stood, and the tables behind them; `found` is None before the first evaluation."""

    shares: Any
    losses: Any
    found: Any
    split: str
    frozen: pd.DataFrame
    parts: pd.DataFrame
    points: pd.DataFrame


@st.cache_resource(max_entries=4, show_spinner=False)
def _drawn(run_id: str, stamp: object, _run: RunView) -> _Drawn | None:
    """The figures, drawn anew only when the run has written something: a training needs the processor more."""
    shares, points = freezing.shares(_run), headline.curve(_run)
    if shares.empty:
        return None
    epochs, stage_2 = _run.reader.epochs, freezing.stage_boundary(_run)
    split = "" if points.empty else points["split"].iloc[-1]
    points, losses = points[points["split"] == split], live.losses(_run)
    curve = None if points.empty else overview_figures.curve(points, split, stage_2)
    return _Drawn(
        shares=figures.whole_run(freezing_figures.shares(shares, stage_2), epochs),
        losses=figures.whole_run(figures.losses(losses, stage_2), epochs),
        found=curve and figures.whole_run(curve, epochs),
        split=split,
        frozen=shares,
        parts=losses,
        points=points,
    )


def _frozen_last(run: RunView) -> None:
    """The pictures that froze last, as soon as any has."""
    frozen = live.frozen_last(run, PICTURES)
    if frozen is None:
        st.caption("Nothing has been frozen yet; what freezes first will appear here.")
        return
    modality, epoch, ids = frozen
    data = loading.open_data(run)
    st.markdown(f"**Frozen last:** {modality} of these, in epoch {epoch}, the least relevant first")
    for column, entity in zip(st.columns(PICTURES), ids, strict=False):
        with column:
            if data.has_pictures:
                picture.show(run, data, int(entity), square=True)
            st.caption(plain(short(run.labels[entity], 40)))


def duration(seconds: float) -> str:
    """Seconds as people say them: "0.4 s", "12 s", "3 min", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
