"""What to train: the choices, the threshold they draw, and how they depart from the preset."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from app.shared.services import training_plan as plan
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import short
from app.train.figures import training as figures
from app.train.widgets import options as train_options
from app.train.widgets.options import option
from pmf.audit.account import usual_seeds, usual_split
from pmf.config.config import Config
from pmf.config.presets import PRESETS
from pmf.data.notes import counted
from pmf.errors import ConfigError
from pmf.modalities import MODALITIES

PRESET_TITLES = {
    "default": "default: ours",
    "paper": "paper: the paper's formulas",
    "published": "published: the authors' code",
}
RATIO = "ratio"
CURVE = {
    "freezing.start_epoch": ("from epoch", 0, 200),
    "freezing.initial": ("δ begins at", 0.0, 1.0),
    "freezing.growth_rate": ("grows by ×", 1.0, 2.0),
    "freezing.cap": ("cap", 0.0, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form holds.

    Args:
        preset: its name.
        settings: what is set beyond the preset, by name, as text.
        config: all settings together, None where they cannot be used together.
        problem: why not, in a sentence.
        name: what to call the run, "" for its id.
    """

    preset: str
    settings: dict[str, str]
    config: Config | None
    problem: str = ""
    name: str = ""


def train_form(view: DataView, data: str) -> Draft:
    """Draw the form for a data set."""
    left, right = st.columns(2, gap="large")
    with left:
        preset = url.choose(
            st.selectbox,
            "Preset",
            list(PRESETS),
            "preset",
            default="default",
            format_func=lambda name: PRESET_TITLES.get(name, name),
        )
        usual = plan.usual(preset, data)
        if not len(view.pair.links):
            usual = {**usual, "seeds": usual_seeds(view.pair, view.usual.used)}
        start = Config(data=data, preset=preset).with_settings(usual)
        chosen, start = _schedule(start)
        chosen |= _modalities(view) | _links(view, start)
        first, second = st.columns(2)
        with first:
            chosen["seed"] = option("seed", start, "Random seed")
        name = second.text_input("Run name", key="train_form.name", max_chars=80, placeholder="made of its data")
    with right:
        place = st.container()
        chosen |= _threshold_settings(start)
    with st.expander("All other settings", icon=":material/tune:"):
        chosen |= train_options.advanced(start, chosen)
    draft = replace(_draft(data, preset, usual, chosen), name=name.strip())
    with place:
        _threshold(draft)
    return draft


def _schedule(start: Config) -> tuple[dict[str, str], Config]:
    """Epochs of the run and of its first stage, and what the form starts from once the former are known."""
    first, second = st.columns(2)
    with first:
        epochs = option("train.epochs", start, "Epochs", min_value=1, max_value=10_000)
    start = plan.with_epochs(start, epochs)
    with second:
        stage = option("train.freeze_epochs", start, "of them freezing (stage 1)", min_value=1, max_value=10_000)
    return {"train.epochs": epochs, "train.freeze_epochs": stage}, start


def _modalities(view: DataView) -> dict[str, str]:
    has = list(view.usual.used)
    there = {use.modality for use in view.usual.modalities if use.source and use.target}
    offered = [m for m in MODALITIES if m in has or m in there or MODALITIES[m].on_request]
    given = url.get("modalities")
    key = "url.modalities"
    st.session_state[key] = has if given is None else [m for m in offered if m in given.split(",")]

    def write() -> None:
        now = ",".join(m for m in offered if m in st.session_state[key])
        url.put(modalities=None if now == ",".join(has) else now or "none")

    chosen = st.pills(
        "Modalities",
        offered,
        selection_mode="multi",
        key=key,
        on_change=write,
        help="What tells entities apart in both graphs is chosen already; why the others are not is said above.",
    )
    return {"modalities": ",".join(chosen)}


def _links(view: DataView, start: Config) -> dict[str, str]:
    """The split, and the seed share where there is none."""
    split = RATIO
    if not len(view.pair.links):
        alike = {"image": "pictures", "value": "values"}.get(usual_seeds(view.pair, view.usual.used), "names")
        st.caption(f"No links are known: training starts from {alike} that are alike. Nothing can be measured then.")
        return {"split": split, "seed_ratio": str(start.seed_ratio)}
    if view.pair.splits:
        split = url.choose(
            st.selectbox,
            "Training links",
            [RATIO, *view.pair.splits],
            "split",
            default=usual_split(view.pair),
            format_func=lambda name: "a share of them, by chance" if name == RATIO else f"split {short(name, 40)}",
        )
    limits = {"min_value": 0.01, "max_value": 1.0, "format": "percent"}
    share = option("seed_ratio", start, "Seed share", **limits) if split == RATIO else str(start.seed_ratio)
    if split == RATIO:
        seeds = counted(round(len(view.pair.links) * float(share)), "link")
        st.caption(f"About {seeds} of {len(view.pair.links):,} to learn from; the others are for testing only.")
    return {"split": split, "seed_ratio": share}


def _threshold_settings(start: Config) -> dict[str, str]:
    settings = {"freezing.enabled": option("freezing.enabled", start, "Freeze irrelevant features")}
    for column, (name, (label, least, most)) in zip(st.columns(len(CURVE)), CURVE.items(), strict=True):
        with column:
            settings[name] = option(name, start, label, min_value=least, max_value=most)
    return settings


def _draft(data: str, preset: str, usual: dict[str, str], chosen: dict[str, str]) -> Draft:
    """What is chosen, less what the preset says anyway."""
    base = Config(data=data, preset=preset).with_settings(PRESETS[preset])
    everything = {**usual, **chosen}
    settings = {name: text for name, text in everything.items() if text != plan.as_text(plan.value(base, name))}
    if not everything["modalities"]:
        return Draft(preset=preset, settings=settings, config=None, problem="Choose at least one modality.")
    try:
        return Draft(preset=preset, settings=settings, config=plan.planned(base, settings))
    except ConfigError as error:
        return Draft(preset=preset, settings=settings, config=None, problem=f"{error}.")


def _threshold(draft: Draft) -> None:
    config = draft.config
    if config is None:
        st.info("The threshold is drawn here once the settings can be used together.")
        return
    table = plan.threshold_curve(config)
    if table.empty:
        st.info("No threshold: nothing will freeze with these settings.")
        return
    last = table.groupby("modalities", sort=False)["threshold"].last()
    chart(
        figures.threshold(table, config.train.freeze_epochs, config.train.total_epochs),
        alt="Line of the threshold over the epochs: "
        + "; ".join(f"{name} from {config.freezing.initial:g} to {value:.2f}" for name, value in last.items()),
        reading="a feature whose relevance α lies in the hatched part when it is measured (●) freezes for good. "
        + plan.threshold_note(config),
        key="train.threshold",
        data=table,
    )
