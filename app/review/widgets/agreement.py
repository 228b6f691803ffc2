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
    shares = precision(store, run, direction)
    first.metric("Matched right, by the random audit", _share(shares.share), border=True)
    first.caption(
        f"An estimate for all {shares.population:,} queries of this direction with its 95 % Wilson interval; "
        f"not counted: {shares.unclear:,} whose verdict is unclear."
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


def _share(proportion: Proportion) -> str:
    return (
        f"{proportion.share:.0%} ({proportion.low:.0%} to {proportion.high:.0%}, n = {proportion.n:,})"
        if proportion.n
        else "none yet"
    )


def _value(agreement: Agreement) -> str:
    if math.isnan(agreement.value):
        return f"cannot be said (n = {agreement.n:,})"
    return f"{agreement.value:.2f} ({agreement.low:.2f} to {agreement.high:.2f}, n = {agreement.n:,})"
