"""The deck in the browser: cards that lie there already, and the verdicts on what was on screen.

    dom.js      what a card is made of, ids
    outbox.js   verdicts that are not known to be saved; they outlive the tab
    talk.js     one message at a time to the server
    card.js     a card as it is drawn
    overlay.js  help, large pictures, search
    screen.js   the card on screen, the buttons, and where its verdicts are
    hands.js    keys, buttons, swipes, and what they do to the card on screen
    deck.js     the cards in the browser, and what the server says of them

The page is drawn by the browser; the server draws no card.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

from app.review.services.deck import Deck
from app.review.services.desk import fingerprint
from app.review.services.message import message
from app.shared.widgets.boundary import boundary
from app.shared.widgets.browser import component

KEY, SENT = "review-deck", "sent"
HERE = Path(__file__).parent
SCRIPTS = ("dom", "outbox", "talk", "card", "overlay", "screen", "hands", "deck")

_mount = component("review_deck", HERE, SCRIPTS, css="deck.css")


@st.fragment
def show_deck(deck: Deck, scope: str) -> None:
    """The deck; it is drawn anew by itself with every message of the browser, and nothing else of the page is.

    Args:
        deck: the server's half.
        scope: what the deck is of: with another one, the browser lets go of its cards.
    """
    with boundary():
        state: Any = st.session_state.get(KEY) or {}
        sent = message(state.get(SENT))
        owner = _digest(deck.table.user.name, fingerprint(deck.table.run))
        data = {"owner": owner, "scope": _digest(owner, scope), "reply": deck.receive(sent) if sent else None}
        with st.container(key="review-deck-place"):
            _mount(key=KEY, data=data, on_sent_change=lambda: None)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]
