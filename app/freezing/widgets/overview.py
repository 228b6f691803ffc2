"""The Freezing page's first screen: the answer, and the two charts behind it."""

from __future__ import annotations

import streamlit as st

from app.freezing.figures import relevance as relevance_figures
from app.freezing.services import answer as freezing_answer
from app.freezing.services import relevance as freezing_relevance
from app.shared.figures import freezing as figures
from app.shared.services import catalog
from app.shared.services import freezing_record as freezing
from app.shared.services.run_view import RunView
from app.shared.widgets.chart import chart

HEIGHT = 480


def freezing_answer_box(run: RunView) -> None:
    """What froze, when, and what that did, in a few sentences."""
    st.info("  \n".join(freezing_answer.answer(run)), icon=":material/ac_unit:")


def freezing_shares(run: RunView, epoch: int) -> None:
    """Share of every modality that is missing and frozen, over the epochs."""
    widest = 2 if len(run.modalities) in (2, 4) else 3
    shares = freezing.shares(run)
    chart(
        figures.shares(shares, freezing.stage_boundary(run), epoch=epoch, widest=widest, height=HEIGHT),
        alt="Per modality: share of entities missing and frozen over the epochs, with the threshold",
        reading="dotted grey = the feature was never there; hatched = frozen for good, once its relevance was not "
        "above the threshold δ (dashes; none where nothing could freeze). The line is the chosen epoch"
        + (", the dashed one the end of stage 1." if freezing.stage_boundary(run) is not None else "."),
        key="freezing.shares",
        data=shares,
    )


def freezing_spread(run: RunView, modality: str, epoch: int) -> None:
    """How the relevance of one modality is spread, over the epochs and at one."""
    spread = _spread(str(run.reader.folder), catalog.stamp(run.reader.folder), modality, run)
    if not len(spread.epochs):
        st.info("No relevance has been measured; the heat strip begins with the first measurement.")
        return
    chart(
        relevance_figures.spread(
            spread.epochs,
            spread.share,
            spread.threshold,
            freezing_relevance.histogram(run, modality, epoch),
            modality=modality,
            epoch=epoch,
            measured=freezing.measured_by(run, epoch),
            height=HEIGHT,
        ),
        alt=f"Heat strip of the relevance of {modality} over the epochs, and its histogram at epoch {epoch}",
        reading="the stronger the colour, the more features have that relevance (at most "
        f"{spread.share.max():.0%} of them in one cell); the bars are the chosen epoch's, hatched = frozen by then. "
        "What lies on or under δ freezes.",
        key="freezing.spread",
        data=lambda: freezing_relevance.spread_table(spread),
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _spread(folder: str, stamp: object, modality: str, _run: RunView) -> freezing_relevance.Spread:
    return freezing_relevance.spread(_run, modality)
