"""Two entities beside each other, with all that speaks for and against their being the same."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import streamlit as st

from app.review.figures import review as figures
from app.review.services.compare import Difference
from app.review.services.evidence import ModalityEvidence
from app.review.services.linked import LinkedPair
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture
from app.shared.widgets.text import plain, short
from pmf.runs import layout

PICTURE, LONGEST = 132, 60
ROWS, LINES = 5, 6  # so that the keys below are on a screen of 1280 × 720
COLUMNS = (17, 10, 14, 10)  # letters that about fit on a line of each
MARKS = {"equal": "=", "differs": "≠", "named": "both", "source only": "◂", "target only": "▸"}
SIDES = {True: ("source", "● Source"), False: ("target", "◆ Target")}


def entity(run: RunView, data: Dataset, which: int, role: str, place: str = "review") -> None:
    """One side of the pair: picture, name, what it is, and which of its features count; `place` is its key."""
    side, title = SIDES[run.is_source(which)]
    with st.container(border=True, key=f"card-{side}-{place}", height="stretch"):
        text = st.container()
        if data.has_pictures or "image" in run.modalities:
            left, text = st.columns([2, 5], vertical_alignment="center")
            with left:
                picture.show(run, data, which, width=PICTURE)
        with text:
            kind = f" · {plain(run.types[which], 40)}" if run.types[which] else ""
            st.markdown(f"{title} · {role}{kind}  \n### {plain(run.labels[which], 70)}")
            st.markdown(_badges(run, which))


def _badges(run: RunView, which: int) -> str:
    """A badge per modality: in use, frozen and when, or missing."""
    said = []
    for modality in run.modalities:
        epoch = run.frozen_epoch(modality, which)
        if epoch == layout.MISSING:
            said.append(f":gray-badge[:material/block: {modality} missing]")
        elif epoch >= 0:
            said.append(f":blue-badge[:material/ac_unit: {modality} frozen, epoch {epoch}]")
        else:
            said.append(f":green-badge[:material/check: {modality}]")
    return " ".join(said)


def attributes(found: Sequence[Difference]) -> None:
    """Attributes of both, key by key, what differs first; what has no room here is under Details."""
    if not found:
        st.caption("Neither entity has attributes.")
        return
    if not any(one.row.source_value or one.row.target_value for one in found):
        _names(found)
        return
    rows = fitting(found)
    head = ["| Attribute | Source | | Target |", "|---|---|---|---|"]
    st.markdown("\n".join(head + ["| " + " | ".join(map(_plain, cells)) + " |" for cells in rows]))
    if len(found) > len(rows):
        st.caption(f"{len(found) - len(rows)} more attributes under Details.")


def fitting(found: Sequence[Difference]) -> list[tuple[str, str, str, str]]:
    """The first rows that have room, at least one: key, source's value, mark, target's value."""
    rows = [_cells(one) for one in found[:ROWS]]
    while len(rows) > 1 and sum(map(_lines, rows)) > LINES:
        rows.pop()
    return rows


def _cells(one: Difference) -> tuple[str, str, str, str]:
    row = one.row
    mark = f"{MARKS[row.mark]} {one.said}" if row.mark == "differs" else MARKS[row.mark]
    return row.source_key or row.target_key, row.source_value, mark, row.target_value


def _lines(cells: tuple[str, ...]) -> int:
    """How many lines the row takes, about."""
    return max(len(wrap(text[:LONGEST], width)) for text, width in zip(cells, COLUMNS, strict=True))


def _names(found: Sequence[Difference]) -> None:
    """Attributes of data that has only their names."""
    for mark, title in (("named", "Both have"), ("source only", "Source only"), ("target only", "Target only")):
        names = [one.row.source_key or one.row.target_key for one in found if one.row.mark == mark]
        if names:
            st.markdown(f"**{title}** ({len(names)}): {plain(', '.join(names), 2 * LONGEST)}")


def _plain(text: str) -> str:
    return plain(text, LONGEST)


def scores(found: Sequence[ModalityEvidence]) -> None:
    """Bars of what each modality gives to the score, with the candidate's ranks by it alone and without it."""
    st.image(figures.evidence(found, dark=dark()), width=figures.WIDTH, alt=figures.evidence_in_words(found))


def linked(run: RunView, pairs: Sequence[LinkedPair]) -> None:
    """Neighbours that are matched with each other already, as a small graph."""
    if not pairs:
        st.caption("No neighbours of theirs are matched with each other yet.")
        return
    names = [(short(run.labels[p.source], 18), short(run.labels[p.target], 18)) for p in pairs]
    alt = f"{len(pairs)} matched neighbours: " + "; ".join(f"{a} and {b}" for a, b in names[:10])
    st.image(figures.linked(names, dark=dark()), width=figures.WIDTH, alt=alt)


def dark() -> bool:
    """Whether the page is drawn light on dark."""
    return bool(st.context.theme.type == "dark")
