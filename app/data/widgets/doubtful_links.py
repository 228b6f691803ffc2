"""Links of a data set that the others speak against."""

from __future__ import annotations

import streamlit as st

from app.shared.services.data_view import DataView
from app.shared.widgets import doubtful_links as shared
from app.shared.widgets import url


def doubtful_links(view: DataView) -> None:
    """The list; a ticked row leads to the source entity of the link."""
    st.header("Links that may be wrong", anchor=False)
    with st.spinner("Asking the rules about every link …"):
        links = view.doubtful_links
    shared.doubtful_links(links, view.pair.labels, lambda link: url.put(entity=link.source, tab="entities"))
