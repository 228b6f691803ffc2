"""The alignment of a data set on screen: its pairs by state, what happened to one, what changed, and files."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable

import streamlit as st

from app.alignment.services.current import current, history_for, query_of, shown
from app.alignment.services.export import FORMS, content, select
from app.alignment.services.proposing import propose_run, why_not
from app.alignment.services.tables import alignment_table, diff_table, history_table
from app.shared.services.access import Role, User, require
from app.shared.services.run_view import RunView, fingerprint
from app.shared.widgets import url
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from app.store import ACCEPTED, STATES, AlignedPair, shared_store
from app.store.alignment_history import Happening, diff
from pmf.data.notes import counted
from pmf.errors import PMFError

TEXT, KINDS, LEAST, SAID, FORM, DAYS = (
    f"alignment.{name}" for name in ("text", "states", "least", "said", "form", "days")
)
COLUMNS = {
    "probability": st.column_config.NumberColumn(format="%.3f"),
    "when": st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm"),
}


def alignment_view(user: User, run: RunView) -> None:
    """The pairs with a filter, what can be done with them, and what changed."""
    pairs = current(shared_store(), run, user)
    _told()
    if not pairs:
        st.info("Nobody has decided on a pair of these data, and no run has proposed one.")
        if updated := run.reader.facts.updated:
            st.caption(f"Once this update is proposed, the alignment of {plain(updated.parent, 80)} goes on here.")
    else:
        _listed(user, run, pairs)
    _actions(user, run, pairs)
    if pairs:
        with st.expander("What changed between two days", icon=":material/difference:"):
            _changes(user, run)


def _told() -> None:
    """What the last button did."""
    if message := st.session_state.pop(SAID, ""):
        st.info(plain(message, 400))


def _listed(user: User, run: RunView, pairs: list[AlignedPair]) -> None:
    counts = Counter(one.state for one in pairs)
    left, right = st.columns([2, 3])
    text = left.text_input("Name or id", key=TEXT).strip().casefold()
    states = right.pills(
        "State", [state for state in STATES if counts[state]], selection_mode="multi", key=KINDS,
        format_func=lambda state: f"{state} {counts[state]:,}",
    )  # fmt: skip
    kept = [one for one in pairs if not states or one.state in states]
    rows = shown(run, kept)
    if text:
        ids = [f"{one.source} {one.target} {one.id}" for one in kept]
        holds = (rows["source"] + " " + rows["target"] + " " + ids).str.casefold().str.contains(text, regex=False)
        kept, rows = [one for one, hold in zip(kept, holds, strict=True) if hold], rows[holds].reset_index(drop=True)
    view = table(
        rows, name="alignment", alt="Pairs of the alignment, conflicts first", whole=lambda: alignment_table(kept),
        on_select="rerun", selection_mode="single-row", height=380,
        column_config=COLUMNS,
    )  # fmt: skip
    for row in view.selection.rows[:1]:
        _history(user, run, kept[row], rows.loc[row, "source"], rows.loc[row, "target"])


def _history(user: User, run: RunView, one: AlignedPair, source: str, target: str) -> None:
    st.subheader(f"{plain(source, 60)} – {plain(target, 60)}", anchor=False)
    happenings, hidden = history_for(shared_store().pair_history(fingerprint(run), *one.pair), user)
    listed = history_table(happenings)
    view = st.dataframe(
        listed.drop(columns=["id", "batch"]), hide_index=True, alt="What was said of this pair, oldest first",
        key=f"alignment.history.{one.id}", column_config=COLUMNS, on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    if hidden:
        st.caption(f"{counted(hidden, 'verdict')} of others: admins see them.")
    query = query_of(run, one)
    with st.container(horizontal=True, vertical_alignment="center"):
        if query is not None:
            url.link("review", "Open its card", {"mode": "pairs", "pair": query}, icon=":material/fact_check:")
        for row in view.selection.rows[:1]:
            _undo(user, happenings[row])
        st.caption(f"Pair {one.id}")


def _undo(user: User, chosen: Happening) -> None:
    """What takes the chosen line of a history back."""
    if not chosen.batch:
        url.link("review", "Take back your own verdicts", {"mode": "history"}, icon=":material/undo:")
    elif chosen.stands and user.role >= Role.ADMIN:
        for label, name in (("Take this back", chosen.id), ("Take back all that was written with it", chosen.batch)):
            st.button(label, icon=":material/undo:", key=f"alignment.undo.{name}", on_click=_do,
                      args=(user, lambda name=name: _take_back(user, name)))  # fmt: skip


def _actions(user: User, run: RunView, pairs: list[AlignedPair]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if user.role >= Role.ADMIN:
            with st.popover("Propose what this run finds", icon=":material/auto_awesome:"):
                _propose(user, run)
            if any(one.state == "proposed" for one in pairs):
                with st.popover("Accept by a rule", icon=":material/rule:"):
                    _accept(user, run, pairs)
        if pairs:
            with st.popover("Download", icon=":material/download:"):
                _download(run, pairs)


def _propose(user: User, run: RunView) -> None:
    if reason := why_not(run):
        st.caption(short(reason, 300))
        return
    st.caption("Its pairs become proposals; what earlier runs proposed and this one does not find is withdrawn.")

    def propose() -> str:
        found = propose_run(shared_store(), run)
        pairs = found.pairs
        said = f"{pairs.new:,} new, {pairs.again:,} proposed again, {pairs.withdrawn:,} withdrawn."
        return said + (f" {counted(found.changed, 'accepted pair')} changed." if found.follows else "")

    st.button("Propose", type="primary", key="alignment.propose", on_click=_do, args=(user, propose))


def _accept(user: User, run: RunView, pairs: list[AlignedPair]) -> None:
    least = st.number_input("Probability of at least", 0.0, 1.0, 0.95, 0.01, key=LEAST)
    likely = sum(one.state == "proposed" and (one.probability or 0) >= least for one in pairs)
    st.caption(f"As likely: {counted(likely, 'proposed pair')}. Those beside an accepted pair stay proposals.")

    def accept() -> str:
        _, accepted = shared_store().accept_over(fingerprint(run), least)
        return f"{counted(accepted, 'pair')} accepted. The history of each takes them back, one or all."

    st.button("Accept them", type="primary", key="alignment.accept", disabled=not likely, on_click=_do,
              args=(user, accept), help=None if likely else "No proposed pair is as likely.")  # fmt: skip


def _take_back(user: User, name: str) -> str:
    return f"{counted(shared_store().take_back(name, user.name), 'entry')} taken back."


def _do(user: User, change: Callable[[], str]) -> None:
    try:
        require(user, Role.ADMIN, "change the alignment")
        st.session_state[SAID] = change()
    except PMFError as error:
        st.session_state[SAID] = str(error)


def _download(run: RunView, pairs: list[AlignedPair]) -> None:
    form = st.selectbox("Form", list(FORMS), format_func=FORMS.get, key=FORM)
    proposed = st.checkbox("Also proposals", key="alignment.also")
    name = f"alignment.{form}"
    chosen = select(pairs, name, (*ACCEPTED, *(["proposed"] if proposed else [])))
    data = run.reader.facts.data_name or run.run_id
    st.caption(counted(len(chosen.pairs), "pair") + (f"; left out: {chosen.left_out}." if chosen.left_out else "."))
    st.download_button(
        "Save", lambda: content(chosen, name, data=data), name, type="primary", icon=":material/download:",
        key="alignment.save", on_click="ignore",
    )  # fmt: skip


def _changes(user: User, run: RunView) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    days = st.date_input("From the beginning of one day to the end of another (UTC)", (today, today), key=DAYS)
    if len(days) != 2:
        st.caption("Choose the second day.")
        return
    first, last = (datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp() for day in days)
    store = shared_store()
    changes = diff(current(store, run, user, first), current(store, run, user, last + 86_400))
    if not changes:
        st.caption("No state changed.")
        return
    rows = shown(run, (new for _, new in changes))[["source", "target"]]
    states = diff_table(changes)
    for name in ("before", "after", "who", "when", "text"):
        rows[name] = states[name]
    table(
        rows, name="alignment_changes", alt="Pairs whose state changed", whole=lambda: states, height=280,
        column_config=COLUMNS,
    )  # fmt: skip
