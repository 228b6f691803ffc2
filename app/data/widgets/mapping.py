"""Which file is the source, the target and the links, and which column is what: guessed, shown, to be changed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.data.services import mapping
from app.data.services.mapping import COLUMNS, FolderMapping
from app.data.widgets.problem import data_problem
from app.shared.services.access import Role
from app.shared.widgets import user
from app.shared.widgets.text import short
from pmf.data.reading import ENCODINGS
from pmf.errors import DataFormatError, PMFError

NONE = "none"
_MISSING = {"": "read as a missing value", NONE: "kept as text"}


def files_and_columns(folder: Path, mapping: FolderMapping) -> None:
    """The choices beside the first ten rows of each file, and the button that reads the data so."""
    st.caption(
        "This is how the files were understood. Change what is wrong, then read the data again; the choices are kept "
        "beside the data, and training uses them too."
    )
    chosen: dict[str, str] = {}
    for column, side in zip(st.columns(2, gap="large"), ("source", "target"), strict=True):
        with column:
            st.markdown(f"**{side.capitalize()}**")
            chosen |= _side(folder, mapping, side)
    st.markdown("**Links**")
    chosen |= _links(folder, mapping)
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    with left:
        encodings = ["", *ENCODINGS]
        chosen["encoding"] = st.selectbox(
            "Text that is not UTF-8 is read as",
            encodings,
            encodings.index(mapping.filled.encoding) if mapping.filled.encoding in encodings else 0,
            format_func=lambda name: name or "guess (cp1252 where it looks like it)",
            key=_key(folder, "encoding"),
        )
    with middle:
        missing = list(_MISSING)
        chosen["missing"] = st.selectbox(
            "NULL, n/a, nan and the like are",
            missing,
            missing.index(mapping.filled.missing) if mapping.filled.missing in missing else 0,
            format_func=_MISSING.get,
            key=_key(folder, "missing"),
        )
    with right:
        pressed = st.button("Read it so", type="primary", icon=":material/check:", width="stretch")
    if pressed and user.current().role < Role.ADMIN:
        st.warning("On this server only an admin may change how a data set is read.")
    elif pressed:
        _keep(folder, chosen)


def _keep(folder: Path, chosen: dict[str, str]) -> None:
    try:
        mapping.keep(user.current(), folder, chosen)
    except DataFormatError as error:
        data_problem(error)
    except PMFError as error:
        st.error(short(error, 400))
    else:
        st.rerun()


def _key(folder: Path, what: str) -> str:
    return f"data_mapping.{folder}.{what}"


def _choose(folder: Path, mapping: FolderMapping, name: str, label: str, options: list[str]) -> str:
    """One choice; what the reader guessed is chosen already."""
    before = str(getattr(mapping.filled, name.replace(".", "_")))
    names = [*options, NONE]
    value = st.selectbox(
        label,
        names,
        names.index(before) if before in names else len(names) - 1,
        format_func=lambda text: "–" if text == NONE else short(text, 60),
        key=_key(folder, name),
    )
    return str(value)


def _side(folder: Path, mapping: FolderMapping, side: str) -> dict[str, str]:
    chosen = {side: _choose(folder, mapping, side, "File", list(mapping.files))}
    if chosen[side] == NONE:
        chosen[side] = ""
        return chosen
    file = mapping.files[chosen[side]]
    if file.table:
        places = [*st.columns(2), *st.columns(2)]
        for place, (what, label) in zip(places, COLUMNS.items(), strict=True):
            with place:
                chosen[f"{side}.{what}"] = _choose(folder, mapping, f"{side}.{what}", label, file.header)
    _preview(file.name, mapping, side)
    return chosen


def _links(folder: Path, mapping: FolderMapping) -> dict[str, str]:
    first, second, third = st.columns(3)
    with first:
        file = _choose(folder, mapping, "links", "File", list(mapping.files))
    chosen = {"links": file}
    if file != NONE and mapping.files[file].table:
        header = mapping.files[file].header
        with second:
            source = _choose(folder, mapping, "links.source", "Column of source ids", header)
        with third:
            target = _choose(folder, mapping, "links.target", "Column of target ids", header)
        both = NONE not in (source, target)
        chosen |= {"links.source": source if both else "", "links.target": target if both else ""}
    if file != NONE:
        _preview(file, mapping, "links")
    return chosen


def _preview(name: str, about: FolderMapping, role: str) -> None:
    rows = mapping.table(about.files[name]).map(lambda text: short(text, 80))
    st.dataframe(rows, hide_index=True, alt=f"First rows of {short(name, 60)}", key=f"data_mapping.preview.{role}")
