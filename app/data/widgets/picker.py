"""The head of the Data page: which data set it shows, and the ways to add one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.data.services import uploads
from app.data.widgets.problem import data_problem
from app.shared.services import data_sets
from app.shared.services.access import Role
from app.shared.widgets import url, user
from app.shared.widgets.text import plain, short
from pmf.data.unpack import SUFFIXES
from pmf.errors import DataFormatError, PMFError
from pmf.places import data_folder, only_root
from pmf.progress import listening

MEMORY, CHOSEN, UPLOADS, PATH = "data_picker.last", "data_picker.chosen", "data_picker.uploads", "data_picker.path"
LARGEST_UPLOAD = 1000  # MB


def head(title: str, question: str) -> Path:
    """Draw the head and return the folder of the chosen data set.

    Raises:
        ConfigError: the address bar names a folder that is out of bounds.
    """
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title(title, anchor=False)
    left.caption(question)
    with right:
        chosen = _pick()
    with st.expander("Add a data set: upload it, or point to a folder", icon=":material/add:"):
        first, second = st.columns(2, gap="large")
        with first:
            _upload()
        with second:
            _folder()
    return data_sets.locate(chosen)


def _pick() -> str:
    names = data_sets.known()
    chosen = url.get("data") or st.session_state.get(MEMORY) or data_sets.DEMO
    url.put(data=chosen)
    st.session_state[MEMORY] = chosen
    # A field for each choice: a click sent before the browser heard of the new choice would set the old one again.
    key = f"{CHOSEN}.{chosen}"
    st.session_state[key] = chosen
    st.selectbox(
        "Data set",
        names if chosen in names else [*names, chosen],
        key=key,
        format_func=lambda name: "atlas (bundled)" if name == data_sets.DEMO else short(name, 90),
        on_change=lambda: _open(st.session_state[key]),
    )
    return chosen


def _open(name: str) -> None:
    """Show a data set from its beginning: ids and types of another one mean nothing in it."""
    url.put(data=name, entity=None, type=None, q=None, page=None, training=None)


def _upload() -> None:
    st.markdown("**Upload**")
    if user.current().role < Role.ADMIN:
        st.caption("On this server only an admin may upload data sets.")
        return
    st.caption(
        "Two tables (CSV, TSV, Parquet, JSON) or dumps (RDF), and the pairs you know if you know any; or an archive "
        "(zip, tar, tar.gz, tar.xz) of a data set folder, pictures included; or the single files of a published layout."
    )
    counter = st.session_state.setdefault(UPLOADS, 0)  # a new key empties the field
    with st.form(f"data_picker.upload.{counter}", border=False):
        files = st.file_uploader(
            "Archive or files",
            accept_multiple_files=True,
            max_upload_size=LARGEST_UPLOAD,
            key=f"data_picker.files.{counter}",
            help=f"Archives: {', '.join(SUFFIXES)}",
        )
        if not st.form_submit_button("Unpack and read", icon=":material/upload:"):
            return
    bar = st.progress(0.0, text="Unpacking …")

    def show(what: str, done: int, total: int) -> None:
        name = Path(what.removeprefix("reading ")).name
        bar.progress(min(1.0, done / max(1, total)), text=f"Reading {plain(name)} …")

    try:
        with listening(show):
            folders = uploads.receive(user.current(), [(file.name, file) for file in files])
    except DataFormatError as error:
        data_problem(error)
        return
    finally:
        bar.empty()
    st.session_state[UPLOADS] += 1
    _open(data_sets.name_of(folders[0]))
    st.rerun()


def _folder() -> None:
    st.markdown("**A folder on this machine**")
    if only_root():
        st.caption("This server opens data sets below its data folder only; those it has are in the list above.")
        return
    st.caption(f"Folders below `{data_folder()}` are in the list above; any other is opened by its path.")
    with st.form("data_picker.folder", border=False):
        text = st.text_input("Path of a data set folder", key=PATH, placeholder="/home/me/DBP15K/zh_en")
        if not st.form_submit_button("Open", icon=":material/folder_open:"):
            return
    try:
        folder = data_sets.locate(text.strip()) if text.strip() else data_folder()
        folders = data_sets.data_sets_below(folder)
    except PMFError as error:
        st.error(short(error, 400))
        return
    _open(data_sets.name_of(folders[0] if folders else folder))
    st.rerun()
