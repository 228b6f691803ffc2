"""The answer first: how many queries are wrong, and why most of them are."""

from __future__ import annotations

import streamlit as st

from app.shared.services.headline import DIRECTIONS, ranked_alone, undecoded
from app.shared.services.run_view import RunView
from app.shared.widgets.text import plain
from app.slices.services import errors as failures


def answer(run: RunView, direction: str) -> None:
    """One sentence on all test queries of a direction."""
    summary = failures.answer(run, direction)
    if summary.asked == 0:
        st.info("No test query was ranked in this direction.")
        return
    sentence = (
        f"**{summary.wrong:,} of {summary.asked:,}** test queries are wrong ({summary.wrong / summary.asked:.1%})"
    )
    if summary.wrong == 0:
        sentence = f"None of the {summary.asked:,} test queries is wrong"
    elif summary.cause:
        sentence += f"; the largest cause is **{summary.cause.lower()}**: {summary.share:.0%} of them"
        sentence += f" (no rule explains {summary.unexplained:.0%})" if summary.unexplained else ""
    if summary.freezing:
        points, kind = 100 * summary.freezing.cost, summary.freezing.type
        where = f" on {plain(kind)}" if kind else ""
        verb = "cost" if points > 0 else "gained"
        sentence += f"; freezing {summary.freezing.modality} features {verb} **{abs(points):.1f} points**{where}"
    st.markdown(f"{sentence}.")
    freezing = (
        f" Freezing: Hits@1 against nothing of it frozen, both directions, {undecoded(run)}."
        if summary.freezing
        else ""
    )
    ranked = f"ranked alone. {note}" if (note := ranked_alone(run, direction)) else "decoded as the headline figure."
    st.caption(f"{DIRECTIONS[direction].capitalize()}, test links, {ranked}{freezing}")
