"""What a training will take, as the runs before it tell at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from app.shared.services import catalog, phases
from app.shared.services.phases import Expected, Size
from app.shared.services.run_view import RunView
from app.shared.widgets import loading
from pmf.errors import PMFError

MOST = 20
"""The newest finished runs that are looked at, beside the bundled ones."""


def expectation(plan: Size) -> Expected | None:
    """Taken over from the finished run that is most like the plan."""
    cards = [card for card in catalog.cards() if card.state is not None and card.state.name == "finished"]
    own, bundled = [card for card in cards if card.own][:MOST], [card for card in cards if not card.own]
    return _expected(plan, tuple(str(card.folder) for card in own + bundled))


@st.cache_data(max_entries=64, show_spinner=False)
def _expected(plan: Size, folders: tuple[str, ...]) -> Expected | None:
    return phases.expected(plan, _readable(folders))


def _readable(folders: tuple[str, ...]) -> Iterator[RunView]:
    for folder in folders:
        try:
            yield loading.open_run(Path(folder))
        except PMFError:  # damaged since it was listed: it tells nothing
            continue
