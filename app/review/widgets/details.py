"""Everything else about a pair, worked out only when it is opened."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.review.services.card import Card
from app.review.services.linked import LinkedPair
from app.review.services.precision import Precision
from app.review.widgets.deck import Deck
from app.shared.services import pictures
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.comparison import attributes, both_neighbours
from app.shared.widgets.pair_evidence import what_if
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short

LARGE = 1024


def details(deck: Deck, card: Card, shown: int) -> None:
    """Full names and attributes, neighbours, what other people said, and the run's own view of the pair."""
    other = card.candidates[shown].entity
    source, target = sorted((card.query, other))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            "Pictures large", key="review_details.zoom", icon=":material/zoom_in:", shortcut="Z", type="tertiary"
        ):
            _large(deck, source, target)
        if not card.blind:
            url.link("matches", "Open in Matches", {"pair": f"{card.query}-{other}"}, icon=":material/compare_arrows:")
        if deck.precision:
            st.markdown(_audit(deck.precision), width="content")
    opened = st.expander("Details", key="review_details.open", on_change="rerun", icon=":material/unfold_more:")
    if not opened.open:
        return
    with opened, boundary():
        for title, entity in (("Source", source), ("Target", target)):
            st.markdown(f"**{title}**: {plain(deck.run.labels[entity], 10_000)}")
            st.text(short(deck.run.uris[entity], 2_000))
        for event in card.others:
            st.markdown(f"**{plain(event.annotator)}** said {event.verdict}: {plain(event.reason or 'no reason', 500)}")
        if card.truth is not None and deck.run.reader.weight() is not None:
            what_if(deck.run, card.query, other, "shown pair")
        if deck.data.problem:
            st.info(plain(deck.data.problem, 400))
            return
        attributes(deck.data, source, target)
        _linked(deck, deck.pair_evidence(card.query, other).linked)
        both_neighbours(deck.run, deck.data, source, target)


def _linked(deck: Deck, pairs: Sequence[LinkedPair]) -> None:
    """Neighbours that are matched with each other, each with its relation to the entity of its side."""
    if not pairs:
        return
    st.markdown("**Neighbours matched with each other**")
    rows = [
        (
            ", ".join(p.source_relations),
            deck.run.labels[p.source],
            p.known,
            deck.run.labels[p.target],
            ", ".join(p.target_relations),
        )
        for p in pairs
    ]
    columns = ["Relation to source", "Source neighbour", "Matched by", "Target neighbour", "Relation to target"]
    table(pd.DataFrame(rows, columns=columns), name="linked_neighbours", alt="Neighbours matched with each other")


def _audit(found: Precision) -> str:
    """What the random audit says of the whole run so far."""
    share, of = found.share, f"{found.population:,} queries"
    if not share.n:
        return f":small[The random audit has not begun; it will say how many of the {of} are matched right.]"
    between = f"{share.low:.0%} to {share.high:.0%}, n = {share.n:,}"
    unclear = f"; {found.unclear:,} left unclear" if found.unclear else ""
    return f":small[Random audit: **{share.share:.0%}** of the {of} are matched right ({between}{unclear}).]"


@st.dialog("Pictures", width="large")
def _large(deck: Deck, source: int, target: int) -> None:
    for column, title, entity in zip(st.columns(2), ("Source", "Target"), (source, target), strict=True):
        with column:
            path = deck.data.picture(entity)
            image = pictures.thumbnail(path, LARGE) if path else None
            if image is None:
                st.caption(f"{title}: no picture that can be read.")
            else:
                st.image(image, alt=f"{title}: {short(deck.run.labels[entity])}")
                st.caption(f"{title}: {plain(deck.run.labels[entity])}")
