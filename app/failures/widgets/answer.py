"""The answer first: how many queries are wrong, and why most of them are."""

from __future__ import annotations

import streamlit as st

from app.shared.services.headline import DIRECTIONS, ranked_alone, undecoded
from app.shared.services.run_view import RunView
from app.shared.widgets.text import plain
from app.slices.services import errors as failures


def answer(run: RunView, direction: str) -> None:
    """One sentence on all test queries of a direction."""
    found = failures.answer(run, direction)
    if found.asked == 0:
        st.info("No test query was ranked in this direction, so that nothing can be right or wrong.")
        return
    said = f"**{found.wrong:,} of {found.asked:,}** test queries are wrong ({found.wrong / found.asked:.1%})"
    if found.wrong == 0:
        said = f"None of the {found.asked:,} test queries is wrong"
    elif found.cause:
        said += f"; the largest cause is **{found.cause.lower()}**: {found.share:.0%} of them"
        said += f" (no rule explains {found.unexplained:.0%})" if found.unexplained else ""
    if found.freezing:
        points, kind = 100 * found.freezing.cost, found.freezing.type
        where = f" on {plain(kind)}" if kind else ""
        verb = "cost" if points > 0 else "gained"
        said += f"; freezing {found.freezing.modality} features {verb} **{abs(points):.1f} points**{where}"
    st.markdown(f"{said}.")
    freezing = (
        f" Freezing: Hits@1 against nothing of it frozen, both directions, {undecoded(run)}." if found.freezing else ""
    )
    ranked = f"ranked alone. {note}" if (note := ranked_alone(run, direction)) else "decoded as the headline figure."
    st.caption(f"{DIRECTIONS[direction].capitalize()}, test links, {ranked}{freezing}")
