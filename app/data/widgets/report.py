"""What was read, what is missing, and what looks wrong."""

from __future__ import annotations

import streamlit as st

from app.data.figures import data as figures
from app.data.widgets.doubtful_links import doubtful_links
from app.shared.services import data_report
from app.shared.services.data_view import DataView
from app.shared.widgets import url
from app.shared.widgets.account import show_account
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.data_loading import PICTURES_AT_ONCE, open_audit
from app.shared.widgets.text import plain, short
from pmf.audit.audit import Audit, Finding

SEVERITY = {
    "leak": ("red", ":material/lock_open:", "leak"),
    "warning": ("orange", ":material/warning:", "warning"),
    "note": ("blue", ":material/info:", "note"),
    "info": ("gray", ":material/check_small:", "good to know"),
}
AT_FIRST = 5
DISTRIBUTIONS = {"degree": "Relation triples", "attributes": "Attribute triples"}


def report(view: DataView) -> None:
    """How large it is, findings beside what was read, then how it is spread."""
    _tiles(view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("What looks wrong", anchor=False)
        audit = _audit(view)
        findings(view, audit)
    with right:
        st.header("What will be used", anchor=False)
        with boundary(), st.spinner("Looking at what tells entities apart …"):
            show_account(view.usual.to_dict())
        st.header("What was read", anchor=False)
        _read(view)
        coverage = data_report.coverage(audit)
        chart(
            figures.coverage(coverage),
            alt="Bars: share of the entities of each graph that have each modality",
            reading="filled = source, hollow = target; what an entity lacks is missing for good, never frozen.",
            key="data_report.coverage",
            data=coverage,
        )
    if any(finding.check == "doubtful_links" for finding in audit.findings):
        with boundary():
            doubtful_links(view)
    for column, (what, title) in zip(st.columns(2, gap="large"), DISTRIBUTIONS.items(), strict=True):
        with column:
            spread = data_report.distribution(audit, what)
            chart(
                figures.distribution(spread, f"{title} of an entity", title.lower()),
                alt=f"Bars: share of the entities of each graph by their number of {title.lower()}",
                reading="the two graphs should look alike; each bin is twice as wide as the one before.",
                key=f"data_report.{what}",
                data=spread,
            )


def _tiles(view: DataView) -> None:
    pair = view.pair
    figures_ = {
        "Source entities": len(pair.source),
        "Target entities": len(pair.target),
        "Known links": len(pair.links),
        "Picture files": view.n_pictures,
    }
    for column, (title, number) in zip(st.columns(4), figures_.items(), strict=True):
        column.metric(title, f"{number:,}", border=True)


def _read(view: DataView) -> None:
    st.dataframe(
        data_report.counts(view.pair),
        hide_index=True,
        alt="What was read of each graph",
        key="data_report.counts",
        column_config={side: st.column_config.NumberColumn(format="localized") for side in ("Source", "Target")},
    )
    st.caption(f"Layout: {plain(view.pair.format)} · folder {plain(view.pair.path, 300)}")
    for sentence in data_report.missing(view.pair):
        st.markdown(f":material/remove_circle_outline: {plain(sentence, 300)}")


def _audit(view: DataView) -> Audit:
    """With the pictures where they are few or asked for."""
    every = view.n_pictures <= PICTURES_AT_ONCE or view.audited(pictures=True)
    if not every:
        every = st.button(f"Look at all {view.n_pictures:,} picture files too", icon=":material/image_search:")
    return open_audit(view, pictures=every)


def findings(view: DataView, audit: Audit) -> None:
    """Each finding as a sentence, worst first, with entities to look at."""
    if not audit.findings:
        st.success("Nothing looks wrong.", icon=":material/check_circle:")
    for i, finding in enumerate(audit.findings[:AT_FIRST]):
        _finding(view, finding, i)
    rest = audit.findings[AT_FIRST:]
    if rest:
        with st.expander(f"{len(rest)} more"):
            for i, finding in enumerate(rest, start=AT_FIRST):
                _finding(view, finding, i)


def _finding(view: DataView, finding: Finding, number: int) -> None:
    colour, icon, word = SEVERITY[finding.severity]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, gap="small"):
            st.badge(word, color=colour, icon=icon)
            st.badge("both graphs" if finding.side == "both" else finding.side, color="gray")
        st.markdown(plain(finding.sentence, 600))
        if finding.examples:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.caption("For example", width="content")
                for place, entity in enumerate(finding.examples[:4]):
                    st.button(
                        plain(short(view.pair.labels[entity], 28)),
                        key=f"data_report.example.{number}.{place}",
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        on_click=url.put,
                        kwargs={"entity": entity, "tab": "entities"},
                    )
