"""Which deck this session has on the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from app.review.services import desk, groups, settling
from app.review.services.chance import chance
from app.review.services.consensus import accepted
from app.review.services.deck import Deck
from app.review.services.groups import Group
from app.review.services.queue import USEFUL, Queue, ReviewFilter, ordered, queue
from app.review.services.sources import Conflicts, Groups, Pairs, Source, Table
from app.review.widgets import controls as review_controls
from app.review.widgets.deck import show_deck
from app.shared.services import catalog
from app.shared.services.access import User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.pair_reasons import run_reasons
from app.shared.widgets.pair_step import pair_in_url
from app.shared.widgets.text import plain
from app.store import shared_store
from app.store.consensus import consensus
from pmf.data.notes import counted

MEMORY = "review.deck"


def review_deck(user: User, run: RunView, data: Dataset, mode: str, controls: review_controls.Controls) -> None:
    """The cards of a mode, "pairs", "conflicts" or "adjudicate", under somebody's hands."""
    key = (user, run.run_id, catalog.stamp(run.reader.folder), mode, controls)
    kept: tuple[object, Deck] | None = st.session_state.get(MEMORY)
    if kept is None or kept[0] != key:
        store = shared_store()
        desk.let_go(user, store, run)
        can_say = data.pair is not None and (controls.blind or run.predictions is not None)
        rules = run_reasons(run, data, seeds_alone=controls.blind) if can_say else None
        table = Table(user=user, store=store, run=run, data=data, blind=controls.blind, rules=rules)
        confirmed = accepted(run, consensus(store.current(desk.fingerprint(run))))
        source = _source(table, mode, controls)
        kept = (key, Deck(table=table, source=source, accepted=confirmed, more=_left_out(run, source, controls.wanted)))
        st.session_state[MEMORY] = kept
    deck = kept[1]
    query, other = pair_in_url(run)
    if query is not None and mode == "pairs":
        deck.jump.append((query, other))
        url.put(pair=None)  # a reload goes on with the queue
    if mode == "adjudicate":
        _contradictions(run)
    show_deck(deck, repr(key))


def _left_out(run: RunView, source: Source, wanted: ReviewFilter) -> int:
    """Ranked queries of a slice that its queue of what training can use does not ask."""
    if not isinstance(source, Pairs) or wanted.split != USEFUL:
        return 0
    return int((~np.isin(ordered(run, replace(wanted, split="all", order="margin")), source.queue.queries)).sum())


def _contradictions(run: RunView) -> None:
    """Those across pairs, by name; each comes as a card after the conflicts between annotators."""
    contradictions = settling.contradictions(shared_store(), run)
    if not contradictions:
        return
    with st.expander(f"{counted(len(contradictions), 'contradiction')} between verdicts", icon=":material/alt_route:"):
        for one in contradictions[:50]:
            others = ", ".join(plain(run.labels[claimant], 60) for claimant in one.claimants)
            st.markdown(f"**{plain(run.labels[one.claimed], 60)}** {one.words}: {others}")


def _source(table: Table, mode: str, controls: review_controls.Controls) -> Source:
    run, folder = table.run, str(table.run.reader.folder)
    stamp = catalog.stamp(run.reader.folder)
    if mode == "conflicts":
        return Groups(groups=_groups(folder, stamp, controls.wanted.direction, run))
    if mode == "adjudicate":
        return Conflicts()
    queue = _queue(folder, stamp, controls.wanted, run, table.data)
    return Pairs(
        queue=queue,
        overlap=controls.overlap,
        chance=_chance(folder, stamp, run),
        keys=frozenset(desk.key(run, query) for query in queue.queries.tolist()),
        direction=controls.wanted.direction,
        others={} if controls.blind else desk.others(table.user, table.store, run),
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _chance(folder: str, stamp: object, _run: RunView) -> npt.NDArray[np.float64]:
    return chance(_run)


@st.cache_resource(max_entries=16, show_spinner="Sorting the queue …")
def _queue(folder: str, stamp: object, wanted: ReviewFilter, _run: RunView, _data: Dataset) -> Queue:
    return queue(_run, wanted, _data)


@st.cache_resource(max_entries=8, show_spinner="Looking for conflicts …")
def _groups(folder: str, stamp: object, direction: str, _run: RunView) -> list[Group]:
    return groups.groups(_run, direction)
