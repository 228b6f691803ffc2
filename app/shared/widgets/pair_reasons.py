"""What rules say of a pair: which neighbours and values speak for it, and which against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets.downloads import downloads
from app.shared.widgets.text import plain
from pmf.data.notes import counted

if TYPE_CHECKING:
    from pmf.alignment.explanation.reasons import Reason, RunReasons

MOST = 2
"""Runs whose facts are kept at a time."""

SHOWN = 6
"""Reasons in words on either side."""

WORDS = 400
"""Characters of a reason."""


def reasons(run: RunView, data: Dataset, source: int, target: int, *, heading: str = "Reasons") -> None:
    """Both sides of a pair's evidence, the strongest reason first, each with its share."""
    st.header(heading, anchor=False)
    if run.predictions is None:
        st.caption("Reasons appear once the run has predictions.")
        return
    about = run_reasons(run, data).about(source, target)
    sides = (
        (
            "For it",
            about.speak_for,
            about.probability,
            "Nothing speaks for this pair: no two of their neighbours match.",
        ),
        ("Against it", about.speak_against, about.objection, "Nothing speaks against this pair."),
    )
    for column, (title, rows, probability, nothing) in zip(st.columns(2, gap="medium"), sides, strict=True):
        with column:
            st.markdown(f"**{title}**" + (f": probability {_percent(probability)}" if rows else ""))
            if rows:
                _listed(rows, name=f"reasons_{title.split()[0].lower()}_{source}_{target}")
            else:
                st.caption(nothing)
    st.caption(
        "Rules start from the seed links and from pairs that this run finds from both sides; they see no test link. "
        "They count neighbours and values only: the score above is the model's, and may differ. The percentages beside "
        "the reasons are their shares of the evidence on that side."
    )


def _listed(rows: tuple[Reason, ...], *, name: str) -> None:
    """The strongest reasons in words, and a file with all of them."""
    lines = [f"**{reason.share:.0%}** {plain(reason.words, WORDS)}" for reason in rows[:SHOWN]]
    if len(rows) > SHOWN:
        lines.append(f"and {counted(len(rows) - SHOWN, 'weaker one')}")
    st.markdown("\n".join(f"- {line}" for line in lines))
    downloads(
        lambda: pd.DataFrame({"share": [r.share for r in rows], "reason": [r.words for r in rows]}),
        name=name,
        key=f"export.{name}",
    )


def _percent(probability: float) -> str:
    """A probability that never claims to be certain."""
    if probability > 0.99:
        return "over 99 %"
    return f"{probability:.0%}".replace("%", " %")


def run_reasons(run: RunView, data: Dataset, *, seeds_alone: bool = False) -> RunReasons:
    """What the rules find of a run as it stands; its data can be read, and it has predictions or seeds are enough."""
    return _reasons(str(run.reader.folder), catalog.stamp(run.reader.folder), seeds_alone, run, data)


@st.cache_resource(max_entries=MOST, show_spinner="Finding reasons …")
def _reasons(folder: str, stamp: object, seeds_alone: bool, _run: RunView, _data: Dataset) -> RunReasons:
    from pmf.alignment.explanation.reasons import RunReasons  # takes a second to import

    assert _data.pair is not None  # pages show reasons only where the data can be read
    return RunReasons(_run.reader, _data.pair, seeds_alone=seeds_alone)
