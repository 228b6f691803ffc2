"""What is reviewed, in which order and how; all of it in the address bar."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.review.services.queue import ORDERS, SPLITS, USEFUL, ReviewFilter
from app.shared.services.access import Role, User
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.slices.widgets.picker import slice_picker
from pmf.errors import ConfigError

MODES = {
    "pairs": "Pairs",
    "conflicts": "Shared targets",
    "adjudicate": "Adjudicate",
    "history": "My verdicts",
    "bulk": "Many at once",
    "links": "Wrong links?",
    "agreement": "Agreement",
    "alignment": "Alignment",
    "files": "Export and train",
}
OVERLAPS = (1, 2, 3, 4, 5)
SHARES = (0, 5, 10, 20, 30)


def mode() -> str:
    """Which part of the page is open."""
    chosen = url.choose(
        st.segmented_control,
        "Review",
        list(MODES),
        "mode",
        default="pairs",
        format_func=MODES.get,
        required=True,
        label_visibility="collapsed",
    )
    return str(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What is reviewed, whether blind, and by how many annotators each query."""

    wanted: ReviewFilter
    blind: bool
    overlap: int


def controls(run: RunView, user: User) -> Controls:
    """All of it.

    Raises:
        ConfigError: audit and probes together take more than half of the cards.
    """
    return Controls(wanted=_filter(run), blind=_blind(user), overlap=_overlap())


def _direction() -> str:
    """From which graph queries come."""
    chosen = url.choose(
        st.selectbox,
        "Direction",
        list(DIRECTIONS),
        "direction",
        default=next(iter(DIRECTIONS)),
        format_func=DIRECTIONS.get,
    )
    return str(chosen)


def _blind(user: User) -> bool:
    """Whether score, truth and others' verdicts are hidden; only who researches the model may see them."""
    if user.role < Role.ADMIN:
        return True
    shown = url.choose(
        st.segmented_control,
        "What the model thinks",
        ["hidden", "shown"],
        "model",
        default="hidden",
        required=True,
        help="Shown: similarity, the linked counterpart, what each modality goes by, others' verdicts, best candidate "
        "first. It is kept with each verdict which it was.",
    )
    return shown != "shown"


def _overlap() -> int:
    """How many annotators judge each query."""
    return int(url.choose(st.selectbox, "Annotators for each query", OVERLAPS, "overlap", default=1))


def _filter(run: RunView) -> ReviewFilter:
    order = url.choose(st.selectbox, "Order", list(ORDERS), "order", default="margin", format_func=ORDERS.get)
    way = _direction()
    part = slice_picker(run)
    # who comes with a slice wants all of it, and what another system has trained does not train on here
    usual = "all" if part or run.reader.facts.adopted is not None else USEFUL
    split = url.choose(st.selectbox, "Links", list(SPLITS), "split", default=usual, format_func=SPLITS.get)
    audit = _share("Random audit", "audit", 10, "Drawn at random from all queries, so that precision can be estimated.")
    probes = _share("Probes", "probes", 5, "Seed links, whose answer is known: they show how careful the verdicts are.")
    if audit + probes > 50:
        raise ConfigError("Audit and probes may take half of the cards together; choose less of one.")
    return ReviewFilter(
        direction=way, order=order, split=split, slice_name=part, audit=audit / 100, probes=probes / 100
    )


def _share(label: str, name: str, default: int, why: str) -> int:
    return int(url.choose(st.selectbox, label, SHARES, name, default=default, format_func="{} %".format, help=why))
