"""Train on the data set: choose, start in the background, and see how it gets on."""

from __future__ import annotations

import streamlit as st

from app.shared.services import trainings as training
from app.shared.services.access import Role
from app.shared.services.data_view import DataView
from app.shared.services.training_plan import with_epochs
from app.shared.widgets import url
from app.shared.widgets.run_picker import state_badge
from app.shared.widgets.text import count, plain, short
from app.shared.widgets.user import current
from pmf.config.presets import PRESETS
from pmf.modalities import MODALITIES, available

PRESET_TITLES = {
    "default": "default: ours",
    "paper": "paper: the paper's formulas",
    "published": "published: the authors' code",
}
START, SHARE = "start_training.start", "start_training.share"
RATIO = "ratio"


def start_training(view: DataView) -> None:
    """The form, why it cannot start where it cannot, and the trainings that live."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Train on this data set", anchor=False)
        plan = _plan(view)
        why_not = training.problem(plan, view.pair)
        if why_not:
            st.warning(plain(why_not, 400), icon=":material/block:")
        user = current()
        off = bool(why_not) or user.role < Role.ADMIN
        if st.button("Start training", type="primary", icon=":material/play_arrow:", disabled=off, key=START):
            url.put(training=training.start(user, plan, view.pair))
        st.caption("It goes on when this page is closed.")
        url.link("train", "All settings, each with its meaning", {"data": url.get("data")}, icon=":material/tune:")
    with right:
        st.subheader("In the background", anchor=False)
        _running(url.get("training"))


def _plan(view: DataView) -> training.Plan:
    has = available(view.pair)
    first, second = st.columns(2)
    with first:
        preset = st.selectbox(
            "Preset",
            list(PRESETS),
            index=list(PRESETS).index("default"),
            format_func=lambda name: PRESET_TITLES.get(name, name),
            key="start_training.preset",
        )
    with second:
        usual = training.config_of(preset).train.epochs
        epochs = st.number_input("Epochs", 2, 2000, usual, key=f"start_training.epochs.{preset}")
    offered = [m for m in MODALITIES if m in has or m == "char"]
    modalities = st.pills(
        "Modalities",
        offered,
        selection_mode="multi",
        default=has,
        key=f"start_training.modalities.{view.pair.path}",
        help="What both graphs have. char = letters of the names: it makes most benchmarks trivial. "
        "name needs word vectors and is for the command line.",
    )
    third, fourth = st.columns(2)
    with third:
        split, share = _seeds(view)
    with fourth:
        seed = st.number_input("Seed of chance", 0, 2**31 - 1, 0, key="start_training.seed")
    train = with_epochs(training.config_of(preset), str(epochs)).train
    settings = {
        "modalities": ",".join(modalities),
        "split": split,
        "seed_ratio": str(share),
        "seed": str(seed),
        "train.epochs": str(train.epochs),
        "train.freeze_epochs": str(train.freeze_epochs),
    }
    return training.Plan(preset=preset, settings=settings)


def _seeds(view: DataView) -> tuple[str, float]:
    """The split, and the seed share where there is none."""
    split = RATIO
    if view.pair.splits:
        split = st.selectbox(
            "Links to learn from",
            [RATIO, *view.pair.splits],
            format_func=lambda name: "a share of them, by chance" if name == RATIO else f"split {short(name, 40)}",
            key=f"start_training.split.{view.pair.path}",
        )
    share: int = st.slider("Seed share", 1, 90, 30, format="%d %%", key=SHARE, disabled=split != RATIO)
    links = len(view.pair.links)
    if split == RATIO:
        seeds = count(round(links * share / 100), "link")
        st.caption(f"About {seeds} of {links:,} to learn from; the others are for testing only.")
    return split, share / 100


@st.fragment(run_every="2s")
def _running(chosen: str | None) -> None:
    """The training of the address bar, and every other one that lives."""
    runs = list(dict.fromkeys([*([chosen] if chosen else []), *training.started()]))
    if not runs:
        st.caption("No training runs. One that you start here shows its epochs here.")
    for run_id in runs:
        _run(run_id)


def _run(run_id: str) -> None:
    found = training.progress(run_id)
    if found is None:
        st.caption("The training in the address bar was not started here.")
        return
    with st.container(border=True):
        st.markdown(f"**{plain(run_id)}**")
        if found.phase == "waiting":
            st.progress(0.0, text="Waiting until the trainings before it have ended …")
        elif found.phase == "starting":
            st.progress(0.0, text="Reading the data and building features …")
        elif found.phase == "ended":
            st.error(f"{plain(found.job.state)}: {plain(found.job.message, 600)}", icon=":material/error:")
        elif found.state:
            state = found.state
            state_badge(state)
            done = min(1.0, (state.epoch + 1) / max(1, state.epochs))
            last = "evaluating and drawing maps …" if state.name == "running" and done == 1 else ""
            st.progress(done, text=f"epoch {state.epoch + 1} of {state.epochs} {plain(state.message, 300) or last}")
            url.link("overview", "Open the run", {"run": run_id}, icon=":material/dashboard:")
