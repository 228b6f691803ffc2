"""Step 4: the training, played epoch by epoch, or live."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.learn.figures import freezing as figures
from app.learn.services import live_lesson
from app.learn.services import training as learn_training
from app.learn.services.training import Contrast
from app.learn.widgets import formulas as learn_formulas
from app.learn.widgets.frame import sides
from app.shared.services import catalog, headline
from app.shared.services import freezing_record as freezing
from app.shared.services.access import Role
from app.shared.services.dataset import Dataset
from app.shared.services.live_training import Standing
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain
from app.shared.widgets.user import current
from pmf.errors import RunFormatError
from pmf.runs import layout

PLAYING, EPOCH, TRAIN = "learn.playing", "learn.epoch", "learn.train"
TICK, FOLLOW = "0.5s", "1s"
LIVE = "training"
WORDS = (
    "Every epoch the **loss** pulls seed pairs together and pushes all others away. From epoch {start} on relevance "
    "is measured, and what is frozen leaves loss and fusion. Here held-out links say when δ may rise; in the paper it "
    "rises by the calendar."
)


def play(run: RunView, data: Dataset) -> None:
    """The recorded run at any epoch, or the training that was started here."""
    run_id = url.get(LIVE)
    now = _standing(run_id) if run_id else None
    if now is not None and now.moves:
        st.fragment(_follow, run_every=FOLLOW)(now.run_id)
    else:
        shown = now.run if now is not None and now.run is not None and now.run.reports else run
        st.fragment(_player, run_every=TICK if st.session_state.get(PLAYING) else None)(shown, data)
        if run_id and now is None:
            st.info("The training of that lesson is no longer kept. This is the recorded run.")
        if now is not None and now.message:
            st.warning(plain(now.message, 300), icon=":material/info:")


def _standing(run_id: str) -> Standing | None:
    """The training in the address; None for one that has been swept, as an old link names it."""
    try:
        return live_lesson.standing(run_id)
    except RunFormatError:
        url.put(**{LIVE: None})
        return None


def _player(run: RunView, data: Dataset) -> None:
    """One picture of the film; while it plays, every run of this fragment is the next."""
    last = int(run.reports[-1]["epoch"])
    epoch = min(st.session_state.get(EPOCH, last), last)
    playing = bool(st.session_state.get(PLAYING))
    if playing:
        epoch = min(epoch + 1, last)
    st.session_state[EPOCH] = epoch
    right = _sides(run, epoch)
    with right:
        one, two, three = st.columns([2, 6, 4], vertical_alignment="bottom")
        with one:
            label = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
            if st.button(label[0], icon=label[1], key="learn.play", on_click=_toggle, args=(last,)):
                st.rerun()
        two.slider(f"Epoch of {plain(run.run_id)}", 0, last, key=EPOCH)
        with three:
            _live(data)
        _chart(run, epoch)
    if playing and epoch == last:
        st.session_state[PLAYING] = False
        st.rerun()


def _toggle(last: int) -> None:
    st.session_state[PLAYING] = not st.session_state.get(PLAYING)
    if st.session_state[PLAYING] and st.session_state.get(EPOCH, last) >= last:
        st.session_state[EPOCH] = 0


def _live(data: Dataset) -> None:
    """Train now, or go back to the recorded run; why not, where one may not."""
    if url.get(LIVE):
        st.button("Recorded run", icon=":material/movie:", on_click=url.put, kwargs={LIVE: None}, key="learn.recorded")
    elif current().role < Role.ADMIN:
        st.caption("Training live is for admins of this server.")
    elif data.pair is None:
        st.caption("Training live needs the bundled data.")
    elif st.button("Train it live", icon=":material/bolt:", key=TRAIN, help="About a minute, in the background."):
        with boundary():
            url.put(**{LIVE: live_lesson.start(current(), data.pair)})
            st.session_state[PLAYING] = False
            st.rerun()


def _follow(run_id: str) -> None:
    """The training as it stands; once it has ended it can be played."""
    with boundary():
        now = live_lesson.standing(run_id)
        if not now.moves:
            st.session_state.pop(EPOCH, None)
            st.rerun()
        if now.run is None or not now.run.reports:
            sides("The training takes its turn in the queue, and then reads the data.")[1].progress(0.0, text=now.state)
            return
        epoch = int(now.run.reports[-1]["epoch"])
        with _sides(now.run, epoch):
            st.progress((epoch + 1) / now.run.reader.epochs, text=f"Training live: epoch {epoch}")
            if st.button("Stop", icon=":material/stop_circle:", key="learn.stop"):
                live_lesson.stop(current(), run_id)
            _chart(now.run, epoch)


def _sides(run: RunView, epoch: int) -> st.delta_generator.DeltaGenerator:
    contrast = learn_training.latest(_contrasts(str(run.reader.folder), catalog.stamp(run.reader.folder), run), epoch)
    start = run.reader.facts.settings["freezing.start_epoch"]
    left, right = sides(WORDS.format(start=start), *([learn_formulas.loss(contrast)] if contrast else []))
    with left:
        if contrast:
            names = " and ".join(plain(run.labels[e], 30) for e in (contrast.source, contrast.target))
            st.caption(f"Seed link {names} against {contrast.negatives} negatives, as of epoch {contrast.epoch}.")
        report = next((one for one in run.reports if one["epoch"] >= epoch), run.reports[-1])  # a log may have gaps
        one, two = st.columns(2)
        if "image" in report.get("frozen_share", {}):
            one.metric("Pictures frozen", f"{report['frozen_share']['image']:.0%}")
        hits = _hits(run)
        hits = hits[hits["epoch"] <= epoch]
        two.metric("Hits@1", f"{hits['hits'].iloc[-1]:.0%}" if len(hits) else "–")
        st.caption("Of all entities; Hits@1 source → target, held-out links.")
    return right


def _chart(run: RunView, epoch: int) -> None:
    shares, hits = freezing.shares(run), _hits(run)
    chart(
        figures.timeline(shares, hits, epoch, run.reader.epochs),
        alt=f"Share of entities frozen per modality and Hits@1, up to epoch {epoch}",
        reading="★ Hits@1, source → target, on links held out for validation, never the test links.",
        key="learn.timeline",
        data=shares.merge(hits[["epoch", "hits"]], on="epoch", how="left"),
    )


def _hits(run: RunView) -> pd.DataFrame:
    """Hits@1 of the split that training looks at, source to target."""
    points = headline.curve(run)
    forward = points[points["direction"] == layout.SOURCE_TO_TARGET]
    return forward[forward["split"] == "validation"] if "validation" in set(forward["split"]) else forward


@st.cache_resource(max_entries=4, show_spinner=False)
def _contrasts(folder: str, stamp: object, _run: RunView) -> list[Contrast]:
    return learn_training.contrasts(_run)
