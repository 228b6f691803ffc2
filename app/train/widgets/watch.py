"""A training as it goes on: what it has frozen so far, its losses, what it finds, and what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.shared.figures import freezing as freezing_figures
from app.shared.figures import headline as overview_figures
from app.shared.services import catalog, headline, phases
from app.shared.services import freezing_record as freezing
from app.shared.services import live_training as live
from app.shared.services.live_training import Standing
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, picture, url
from app.shared.widgets.account import show_account
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.text import duration, plain, short
from app.train.figures import training as figures
from app.train.widgets.expectation import expectation
from app.train.widgets.queue import controls, state_badge
from app.train.widgets.result import result
from pmf.queue.job import Job
from pmf.runs.phases import PHASES

EVERY = "2s"
PICTURES = 8
SPLITS = {"validation": "links held back from training.", "test": "test links, not trained on."}


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
    if now.state == "finished" and now.run is not None:
        result(now.run)
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
                with st.expander("Data used", icon=":material/fact_check:"):
                    show_account(account)
            _charts(now.run)
        with st.expander("Training log", icon=":material/terminal:"):
            st.code(now.log or "nothing yet", language=None, wrap_lines=True)


def _progress(now: Standing) -> None:
    if now.run is None and now.state == "running":
        _reading(now.job)
        return
    if now.run is None:
        waits = now.state == "waiting"
        st.progress(0.0, text="Waits for a free place." if waits else "It ended before its first epoch.")
        return
    state, pace = now.run.state, live.pace(now.run)
    words = [f"epoch **{state.epoch + 1}** of {state.epochs}", f"stage {live.stage(now.run)}"]
    if pace is not None:
        words.append(f"{duration(pace.epoch_seconds)} an epoch")
    if now.state == "running":
        course = phases.course(now.run, expectation(phases.size_of_run(now.run)), time.time())
        share = course.share
        left = "longer than expected" if course.overdue else f"about {duration(course.remaining)} left"
        words = [f"**{PHASES[course.phase].capitalize()}**", *words, left]
    else:
        share = 1.0 if now.state == "finished" else (state.epoch + 1) / max(1, state.epochs)
    if now.moves and now.message:
        words.append(plain(now.message, 200))
    st.progress(min(1.0, share), text=" · ".join(words))
    if now.state == "running":
        st.caption(" · ".join(_part(phase, seconds, course.phase) for phase, seconds in course.seconds.items()))
    st.caption(_cost(now.run))


def _part(phase: str, seconds: float, current: str) -> str:
    """A phase with its seconds: ✓ where it is over, bold where it is under way."""
    order = list(PHASES)
    words = f"{PHASES[phase]} {duration(seconds)}"
    if phase == current:
        return f"**{words}**"
    return f"✓ {words}" if order.index(phase) < order.index(current) else words


def _reading(job: Job | None) -> None:
    """The bar before the run has a folder: what reading took in a run like it is all there is to say."""
    spent = time.time() - job.started if job and job.started else 0.0
    size = phases.Size(data=Path(job.data).name if job else "", entities=0, modalities=1, epochs=1, project=True)
    guess = expectation(size)
    usual = guess.seconds.get("read", 0.0) if guess and guess.same_data else 0.0
    about = f", about {duration(usual)} for these data" if usual else ""
    share = min(1.0, spent / usual) * usual / guess.total if guess and usual else 0.0
    st.progress(share, text=f"**Reading data** and building features · {duration(spent)} so far{about}")


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
            reading="lower is better. Compare a line only with itself.",
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
