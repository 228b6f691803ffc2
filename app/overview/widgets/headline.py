"""The figures of a run as tiles, and published ones beside them."""

from __future__ import annotations

import streamlit as st

from app.shared.services.glossary import meaning
from app.shared.services.headline import DIRECTIONS, METRICS, Headline
from app.shared.services.published import Published
from app.shared.widgets.text import plain


def tiles(figures: Headline) -> None:
    """A bordered row of metrics per direction, and the sentence that says of what."""
    for column, (direction, metrics) in zip(st.columns(2), figures.metrics.items(), strict=False):
        with column.container(border=True):
            st.caption(f"**{DIRECTIONS[direction]}**" + ("" if figures.final else " · so far"))
            for place, (name, title) in zip(st.columns(len(METRICS)), METRICS.items(), strict=True):
                place.metric(title, written(name, metrics.get(name)), help=meaning(title))
    st.caption(f"Measured on: {plain(figures.scope, 400)}")


def written(name: str, value: float | None) -> str:
    """A metric as people write it: percent for Hits@k, three digits for MRR, one for a mean rank."""
    if value is None:
        return "–"
    return f"{value:.1%}" if name.startswith("hits") else f"{value:.3f}" if name == "mrr" else f"{value:,.1f}"


def published_figures(figures: list[Published]) -> None:
    """Each published figure, with the reason where it cannot be compared."""
    if not figures:
        st.caption("No published figures: this data set is no public benchmark.")
    for figure in figures:
        st.markdown(
            f"**{figure.title}**  \nHits@1 {figure.hits_at_1:.1%} · MRR {figure.mrr:.3f} (closed, source → target)"
        )
        if figure.differs:
            st.caption(f":material/block: Not comparable: {plain('; '.join(figure.differs), 400)}.")
        else:
            st.caption(
                ":material/check: Comparable with this run's figures after stage 1: same links, modalities, decoding."
            )
