"""The runs to compare: chosen by name, called A to E from there on."""

from __future__ import annotations

import streamlit as st

from app.compare.services import runs as compare
from app.shared.services import catalog
from app.shared.services.catalog import Card
from app.shared.services.run_view import RunView
from app.shared.widgets import loading, remembered, url
from app.shared.widgets.run_picker import MEMORY, NO_RUNS
from app.shared.widgets.text import plain, short
from pmf.errors import RunFormatError

REMEMBERED = "compare.runs"


def compare_picker() -> list[RunView]:
    """The chosen runs, those that cannot be compared with the first one named and left out."""
    cards = {card.run_id: card for card in catalog.cards()}
    if not cards:
        st.info(NO_RUNS)
        st.stop()
    remembered = st.session_state.get(REMEMBERED) or _suggested(list(cards.values()))
    chosen = url.several(
        st.multiselect,
        "Runs",
        list(cards),
        "runs",
        default=[name for name in remembered if name in cards],
        format_func=lambda name: _title(cards[name]),
        help="The first is the baseline: the others are compared with it.",
    )
    st.session_state[REMEMBERED] = chosen
    url.put(runs=",".join(chosen))
    return _comparable([run for name in chosen if (run := _open(cards[name])) is not None])


def titles(runs: list[RunView]) -> dict[str, str]:
    """Letter → what a run is called on screen."""
    title_of = {card.folder: card.title for card in catalog.cards()}
    return {letter: short(title_of[run.reader.folder], 40) for letter, run in zip(compare.NAMES, runs, strict=False)}


def _suggested(cards: list[Card]) -> list[str]:
    """The run last looked at, or the usual one, and the newest other one of the same data."""
    wanted = url.get("run") or remembered.recall(MEMORY)
    usual = catalog.usual(catalog.run_folders())
    first = next((card for card in cards if card.run_id == wanted), None)
    first = first or next((card for card in cards if card.run_id == usual), cards[0])
    others = [card for card in cards if card is not first and card.data == first.data and card.hits_at_1 is not None]
    return [first.run_id, *(card.run_id for card in others[:1])]


def _title(card: Card) -> str:
    name = short(card.title, 60) + (f" ({card.run_id})" if card.about.name else "")
    hits = "" if card.hits_at_1 is None else f" · {card.hits_at_1:.1%} on {card.split} links"
    return f"{name} · {short(card.data or 'unreadable', 40)}{hits}"


def _open(card: Card) -> RunView | None:
    try:
        return loading.open_run(card.folder)
    except RunFormatError as error:
        st.warning(plain(error, 400), icon=":material/info:")
        return None


def _comparable(runs: list[RunView]) -> list[RunView]:
    """Those of the first one's data."""
    alike = [run for run in runs if compare.same_data(run, runs[0])]
    for run in runs:
        if run not in alike:
            here, there = (plain(compare.data_name(one), 60) for one in (run, runs[0]))
            also = ", but not the same files" if here == there else ""
            st.warning(
                f"{plain(run.run_id, 60)} is left out: it was trained on {here}, {plain(runs[0].run_id, 60)} on {there}"
                f"{also}, so there is no query to compare them on.",
                icon=":material/block:",
            )
    return alike
