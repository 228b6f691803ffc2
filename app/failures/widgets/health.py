"""The health of a run: in sentences first, then drawn."""

from __future__ import annotations

import streamlit as st

from app.failures.figures import health as figures
from app.failures.services import health as failure_health
from app.shared.services import catalog
from app.shared.services.headline import decoding, undecoded
from app.shared.services.run_view import RunView
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.table import table
from app.shared.widgets.text import plain
from pmf.failures.health import Health, health


def show_health(run: RunView) -> None:
    """Draw it."""
    health = _health(str(run.reader.folder), catalog.stamp(run.reader.folder), run)
    cost = [harm for harm in health.freezing if harm.low > 0]
    if cost:
        modalities = " and ".join(plain(modality) for modality in dict.fromkeys(harm.modality for harm in cost))
        st.warning(
            f"**Over-freezing**: freezing {modalities} features cost Hits@1, up to "
            f"{100 * max(harm.cost for harm in cost):.1f} points. Freeze later, or with a lower cap.",
            icon=":material/ac_unit:",
        )
    st.markdown("\n".join(f"- {plain(sentence, 400)}" for sentence in health.sentences))
    st.caption(
        f"Test links in both directions, {plain(health.scope)} candidates. Ranks {undecoded(run)}, "
        f"except for hubs ({plain(decoding(run, {'decode': health.decode}))}); nothing is chosen by it."
    )
    for column, draws in zip(
        st.columns(2, gap="medium"), ((_harm, _balance, _hubs), (_voice, _agreement, _calibration)), strict=True
    ):
        for draw in draws:
            with column, boundary():
                draw(health)


def _balance(health: Health) -> None:
    if health.balance.empty:
        st.caption("No epoch has been reported, so there is nothing to draw.")
        return
    chart(
        figures.balance(health.balance),
        alt="Lines: each modality's share of the fused embedding of the test queries, over the epochs",
        reading="where all features neither missing nor frozen weigh the same. A line that falls is a modality that "
        "froze; one that nears 100 % is left alone.",
        key="failures.balance",
        data=health.balance.rename_axis("epoch").reset_index(),
    )


def _voice(health: Health) -> None:
    chart(
        figures.voice(health.voice),
        alt="Bars: each modality's mean share of the similarity to right and to wrong predictions",
        reading="a modality with a longer bar for wrong predictions than for right ones misleads.",
        key="failures.voice",
        data=health.voice.rename_axis("modality").reset_index(),
    )


def _harm(health: Health) -> None:
    rows = failure_health.harm(health.freezing)
    if rows.empty:
        st.info("No feature of a test link is frozen, so freezing cost nothing.")
        return
    chart(
        figures.harm(rows),
        alt="Dots with intervals: points of Hits@1 that the freezing of each modality cost, on all links and by type",
        reading="filled = more than chance, hollow = it may be nothing (95 % intervals that hold together). All other "
        "features as they are, and the trained model too.",
        key="failures.harm",
        data=rows,
    )


def _agreement(health: Health) -> None:
    if not health.agreement:
        st.caption("There is only one modality, so there is nothing to compare.")
        return
    rows = failure_health.agreement(health.agreement)
    chart(
        figures.agreement(rows),
        alt="Stacked bars per pair of modalities: share of queries whose truth both, one or neither ranks first",
        reading="a long “one” means that they know different truths and complement each other; a long “neither” that "
        "alone both are lost.",
        key="failures.agreement",
        data=rows,
    )


def _calibration(health: Health) -> None:
    if not health.calibration:
        st.caption("Too few links to measure whether probabilities of being right hold.")
        return
    curves = {direction: part["curve"] for direction, part in health.calibration.items()}
    chart(
        figures.calibration(curves),
        alt="Lines: share of predictions that are right against their predicted probability",
        reading="on the dotted line, predicted probabilities hold. Below it the run is too confident.",
        key="failures.calibration",
        data=failure_health.calibration(curves),
    )


def _hubs(health: Health) -> None:
    st.markdown("**Hubs**")
    table(failure_health.hubs(health.hubness), name="hubs", alt="How unevenly candidates are near to queries")
    st.caption(
        "Skewness of how often a candidate is among the ten best of a query (0 = even; above 1.4 the field speaks of "
        "hubness). A hub is among those of more queries than the mean candidate and two standard deviations."
    )


@st.cache_resource(max_entries=4, show_spinner="Examining the run …")
def _health(folder: str, stamp: object, _run: RunView) -> Health:
    return health(_run.reader)
