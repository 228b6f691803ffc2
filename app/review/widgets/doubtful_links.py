"""Links of a run that its seeds speak against, each with the way to its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.shared.services import catalog
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import doubtful_links as shared
from app.shared.widgets import url
from app.shared.widgets.text import plain

if TYPE_CHECKING:
    from pmf.alignment.explanation.doubtful_links import DoubtfulLink


def review_doubtful_links(run: RunView, data: Dataset) -> None:
    """The list; a ticked row opens the card of the link."""
    if data.pair is None:
        st.info(plain(data.problem, 400))
        return
    links = _links(str(run.reader.folder), catalog.stamp(run.reader.folder), run, data)
    if not links:
        st.success("Rules speak against none of the links.", icon=":material/check_circle:")
        return
    shared.doubtful_links(
        links,
        run.labels,
        lambda link: url.put(pair=f"{link.source}-{link.target}", mode=None),
        parts=[str(run.split[link.source]) for link in links],
    )
    st.caption(
        "The rules start from the seed links alone. Tick a link to judge it: *Not* takes a seed link out of the next "
        "training; what is said of a test link counts only where verdicts may use test links."
    )


@st.cache_resource(max_entries=4, show_spinner="Asking the rules about every link …")
def _links(folder: str, stamp: object, _run: RunView, _data: Dataset) -> tuple[DoubtfulLink, ...]:
    from pmf.alignment.explanation.doubtful_links import doubtful_links_of_run  # takes a second to import

    assert _data.pair is not None  # the caller has looked
    return doubtful_links_of_run(_run.reader, _data.pair)
