"""A grid of linked pairs as two pictures with their names, each leading to Matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import NOT_RANKED, RIGHT, RunView
from app.shared.widgets import picture, url
from app.shared.widgets.text import plain, short

A_ROW = 4


def entity_pairs(
    run: RunView, data: Dataset, entities: Sequence[int], caption: Callable[[int], str], *, a_row: int = A_ROW
) -> None:
    """Draw each entity beside its linked counterpart, source left.

    Args:
        run: the run.
        data: its data set.
        entities: one of each pair.
        caption: makes the line under a pair, given its entity.
        a_row: pairs in a row.
    """
    for start in range(0, len(entities), a_row):
        columns = st.columns(a_row)
        for column, entity in zip(columns, entities[start : start + a_row], strict=False):
            with column.container(border=True, height="stretch"):
                _pair(run, data, int(entity))
                st.caption(plain(caption(int(entity))))


def _pair(run: RunView, data: Dataset, entity: int) -> None:
    partner = int(run.partner[entity])
    sides = sorted(e for e in (entity, partner) if e >= 0)
    for place, side in zip(st.columns(2, vertical_alignment="top"), (True, False), strict=True):
        shown = [e for e in sides if run.is_source(e) == side]
        with place:
            for e in shown:
                picture.show(run, data, e, square=True)
                st.text(short(run.labels[e], 40))
            if not shown:
                st.caption("no known counterpart")
    outcome = run.outcome[entity]
    word = "not ranked" if outcome == NOT_RANKED else "● right" if outcome == RIGHT else "✕ wrong"
    url.link("matches", plain(word), {"pair": entity}, icon=":material/compare_arrows:")
