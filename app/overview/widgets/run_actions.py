"""What can be done to runs: name and note, export and import, delete and take back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.overview.services import run_changes
from app.overview.widgets.adopting import adopt_dialog
from app.shared.services.access import Role
from app.shared.services.catalog import Card
from app.shared.widgets import url
from app.shared.widgets.text import plain
from app.shared.widgets.user import current
from pmf.data.notes import counted
from pmf.errors import PMFError
from pmf.runs.about import LONGEST_NAME, LONGEST_NOTES, About
from pmf.runs.archive import SUFFIX

LARGEST_IMPORT = 4000  # MB
SAID = "run_actions.said"


def run_actions(card: Card) -> None:
    """The buttons; who may not change runs sees the export alone."""
    if message := st.session_state.pop(SAID, ""):
        st.toast(message, icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Shown above: **{plain(card.title)}**", width="content")
        _export(card)
        if current().role >= Role.ADMIN:
            _changes(card)
    if card.about.tags or card.about.notes:
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            for tag in card.about.tags:
                st.badge(plain(tag), color="gray", icon=":material/sell:")
        st.text(card.about.notes)


def _export(card: Card) -> None:
    closed = bool(card.problem) or (card.state is not None and card.state.name == "running")
    st.download_button(
        "Export",
        lambda: run_changes.export(card.folder),
        f"{card.run_id}{SUFFIX}",
        "application/zip",
        icon=":material/download:",
        disabled=closed,
        help="A run that is still written, or cannot be read, cannot be exported."
        if closed
        else "The whole run as one file, with a checksum of each part.",
        on_click="ignore",
    )


def _changes(card: Card) -> None:
    told = None if card.own else "A run that came with the app stays as it is."
    unread = "This run cannot be read." if card.problem else None
    closed = bool(told or unread)
    if st.button("Name, notes, tags", icon=":material/edit:", disabled=closed, help=told or unread):
        _describe(card)
    if st.button("Import", icon=":material/upload:", help="A run that was exported here or elsewhere."):
        _import()
    if st.button("Adopt", icon=":material/move_to_inbox:", help="What another system has left: embeddings or scores."):
        adopt_dialog()
    if st.button("Delete", icon=":material/delete:", disabled=not card.own, help=told):
        ask_to_delete(card)
    trashed = run_changes.deleted()
    if trashed and st.button(f"Trash ({len(trashed)})", icon=":material/restore_from_trash:"):
        _trash()


@st.dialog("Name, notes, tags")
def _describe(card: Card) -> None:
    st.caption(f"Run id: {plain(card.run_id, 80)}; that never changes.")
    with st.form("run_actions.describe", border=False):
        name = st.text_input("Name", card.about.name, max_chars=LONGEST_NAME)
        tags = st.text_input("Tags, separated by commas", ", ".join(card.about.tags))
        notes = st.text_area("Notes", card.about.notes, max_chars=LONGEST_NOTES)
        if not st.form_submit_button("Save", type="primary"):
            return
    given = tuple(dict.fromkeys(tag.strip() for tag in tags.split(",") if tag.strip()))

    def save() -> str:
        run_changes.describe(current(), card.run_id, About(name=name.strip(), notes=notes.strip(), tags=given))
        return "Saved."

    _do(save)


@st.dialog("Delete this run?")
def ask_to_delete(card: Card) -> None:
    """Ask once more, then move a run to the trash."""
    st.write(
        f"**{plain(card.title, 100)}** ({card.size / 1e6:,.1f} MB) goes to the trash, where it can be taken back from "
        "until the trash is emptied."
    )

    def delete() -> str:
        run_changes.delete(current(), card.run_id)
        if url.get("run") == card.run_id:
            url.put(run=None)
        return "In the trash."

    if st.button("Delete it", type="primary", icon=":material/delete:"):
        _do(delete)


@st.dialog("Import a run")
def _import() -> None:
    file = st.file_uploader(f"A file that Export has written ({SUFFIX})", type="zip", max_upload_size=LARGEST_IMPORT)

    def take_in() -> str:
        assert file is not None  # the button is disabled without one
        with st.spinner("Checking every part …"):
            url.put(run=run_changes.import_(current(), file.name, file))
        return "Imported."

    if st.button("Import", type="primary", disabled=file is None, help=None if file else "Choose a file first."):
        _do(take_in)


@st.dialog("Trash")
def _trash() -> None:
    names = run_changes.deleted()
    for name in names:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.text(name)
        if right.button("Restore", key=f"run_actions.restore.{name}"):
            _do(_restoring(name))
    st.divider()
    sure = st.checkbox(f"Delete {counted(len(names), 'run')} for good")
    if st.button("Empty the trash", type="primary", disabled=not sure, help=None if sure else "Tick the box first."):
        _do(lambda: f"{counted(run_changes.empty_trash(current()), 'run')} deleted for good.")


def _restoring(name: str) -> Callable[[], str]:
    def restore() -> str:
        url.put(run=run_changes.restore(current(), name))
        return "Restored."

    return restore


def _do(change: Callable[[], str]) -> None:
    """Change something; then show the page anew with a word, or say here why not."""
    try:
        st.session_state[SAID] = change()
    except (PMFError, OSError) as error:  # a full disk; a run that somebody else has just taken away
        st.error(plain(error, 400))
        return
    st.rerun()
