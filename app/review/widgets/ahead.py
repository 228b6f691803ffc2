"""What the next cards will need, made while the annotator looks at this one."""

from __future__ import annotations

import streamlit as st

from app.review.widgets.deck import Deck
from app.review.widgets.pair import PICTURE
from app.shared.widgets import picture


def ahead(deck: Deck) -> None:
    """Lease, work out, and draw out of sight: the browser has the next cards' pictures when they are turned up."""
    deck.fill()
    with st.container(key="review-ahead"):
        for item in deck.items[1:]:
            card = deck.card(item)
            for entity in (card.query, *(candidate.entity for candidate in card.candidates[:1])):
                picture.show(deck.run, deck.data, entity, width=PICTURE)
            if card.candidates:
                deck.pair_evidence(card.query, card.candidates[0].entity)
    deck.estimate()
