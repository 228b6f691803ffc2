"""From a slice, or from entities that were just chosen, to the pages that show what is in it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shared.services.access import Role
from app.shared.services.run_view import RunView
from app.shared.widgets import url, user
from app.shared.widgets.boundary import boundary
from app.shared.widgets.text import short
from app.slices.services import kept as saved_slices
from pmf.runs import layout

PAGES = {
    "matches": ("Matches", ":material/compare_arrows:"),
    "review": ("Review", ":material/fact_check:"),
    "failures": ("Failures", ":material/troubleshoot:"),
    "embeddings": ("Embeddings", ":material/scatter_plot:"),
}
LONGEST_TITLE = 80
ALL = {"matches": {"show": "all", "split": "all"}}  # a page opens with wrong test queries, which a list need not have


def slice_actions(
    run: RunView,
    *,
    slice_name: str | None = None,
    entities: Sequence[int] | None = None,
    title: str = "",
    key: str,
    pages: Sequence[str] = ("matches", "review", "failures"),
    direction: str | None = None,
) -> None:
    """A row of buttons, one a page; a list of entities is kept on the click, so that its address stays good.

    Args:
        run: the run that the slice is of.
        slice_name: a slice that has a name already.
        entities: or else ids of entities, at least one.
        title: what these are called unless the user says otherwise: "Fixed by atlas".
        key: of the widgets, unique on the page.
        pages: keys of `PAGES`.
        direction: from which graph the pages ask; that of the entities when left out.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key=key):
        if slice_name is not None:
            for page in pages:
                label, icon = PAGES[page]
                url.link(page, label, _parameters(run, page, slice_name, direction), icon=icon)
        elif entities is not None and len(entities):
            _keep_and_open(run, entities, title, key, pages, direction)


def _keep_and_open(
    run: RunView, entities: Sequence[int], title: str, key: str, pages: Sequence[str], direction: str | None
) -> None:
    who = user.current()
    denied = who.role < Role.ANNOTATOR
    named = st.text_input(
        "Name this selection",
        placeholder=short(title, LONGEST_TITLE),
        max_chars=LONGEST_TITLE,
        key=f"{key}.title",
        disabled=denied,
        width=280,
    )
    for page in pages:
        label, icon = PAGES[page]
        why = "Keeping a selection needs the role annotator." if denied else f"Keep it, and open it in {label}"
        if st.button(label, icon=icon, key=f"{key}.{page}", disabled=denied, help=why):
            with boundary():
                name = saved_slices.save(who, run, named or title or "Selection", entities)
                if direction is None and all(entity >= run.n_source for entity in entities):
                    direction = layout.TARGET_TO_SOURCE
                url.open_page(page, _parameters(run, page, name, direction))


def _parameters(run: RunView, page: str, name: str, direction: str | None) -> dict[str, str | None]:
    kept = saved_slices.PREFIX in name
    return {"run": run.run_id, "slice": name or None, "direction": direction, **(ALL.get(page, {}) if kept else {})}
