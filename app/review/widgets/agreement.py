"""What the verdicts are worth: agreement beyond chance, each annotator's own numbers, and the run's precision."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app.review.services.agreement import Agreement, agreement
from app.review.services.annotators import annotators
from app.review.services.precision import precision
from app.shared.services.access import Role, User
from app.shared.services.run_view import RunView
from app.shared.widgets.table import table
from app.shared.widgets.text import short
from app.store import shared_store
from pmf.statistics import Proportion


def review_agreement(user: User, run: RunView, direction: str) -> None:
    """Everybody's numbers for an admin, one's own for others."""
    store = shared_store()
    first, second = st.columns(2)
    found = precision(store, run, direction)
    first.metric("Matched right, by the random audit", _share(found.share), border=True)
    first.caption(
        f"An estimate for all {found.population:,} queries of this direction with its 95 % Wilson interval; "
        f"not counted: {found.unclear:,} whose verdict is unclear."
    )
    team = agreement(user, store, run)
    second.metric("Krippendorff's α", _value(team.alpha), border=True)
    second.caption("1 = perfect, 0 = as good as chance; 95 % bootstrap interval, n = queries that two or more judged.")
    if team.kappas:
        st.subheader("Cohen's κ, by pair", anchor=False)
        rows = [(short(a, 60), short(b, 60), _value(kappa), kappa.n) for (a, b), kappa in team.kappas.items()]
        table(pd.DataFrame(rows, columns=["Annotator", "and", "κ", "n"]), name="kappa", alt="Cohen's kappa by pair")
    st.subheader("Annotators" if user.role >= Role.ADMIN else "Your own numbers", anchor=False)
    rows = [
        {
            "Annotator": short(report.name, 60),
            "Verdicts": report.verdicts,
            "Median seconds": None if math.isnan(report.seconds) else round(report.seconds, 1),
            "Agree with others": _share(report.agreement),
            "Probes right": _share(report.probes),
        }
        for report in annotators(user, store, run)
    ]
    table(pd.DataFrame(rows), name="annotators", alt="Pace, agreement and probes of each annotator")
    st.caption("Probes are seed links that were mixed in: their answer is known.")


def _share(found: Proportion) -> str:
    return f"{found.share:.0%} ({found.low:.0%} to {found.high:.0%}, n = {found.n:,})" if found.n else "none yet"


def _value(found: Agreement) -> str:
    if math.isnan(found.value):
        return f"cannot be said (n = {found.n:,})"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}, n = {found.n:,})"
