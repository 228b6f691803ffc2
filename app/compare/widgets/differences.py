"""How much better or worse each run is than the first, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app.compare.figures import compare as figures
from app.compare.services.runs import Common
from app.shared.widgets.chart import chart
from app.shared.widgets.table import table
from app.shared.widgets.text import plain


def answers(
    rows: pd.DataFrame,
    both: Common,
    titles: Mapping[str, str],
    elsewhere: Mapping[str, str],
    reasons: Mapping[str, str],
) -> None:
    """A sentence a run with its reason, the figures behind it, and what they are of.

    Args:
        rows: the figures, a row a run.
        both: the queries they are of.
        titles: letter → what a run is called.
        elsewhere: letter → headline figure, of the runs for which that is another one.
        reasons: letter → what goes with its difference, "" where nothing shows it.
    """
    first = rows.iloc[0]
    for run, row in rows.iloc[1:].iterrows():
        points = 100 * row["difference_hits@1"]
        low, high = 100 * row["difference_hits@1_low"], 100 * row["difference_hits@1_high"]
        # an interval that holds 0 says that the difference may be chance, whatever its sign
        changed = f"{'gained' if points > 0 else 'lost'} {abs(points):.1f} points"
        chance = ", which may be chance" if row["p_holm"] >= 0.05 else ""
        reason = f"; {plain(reasons[str(run)], 300)}" if reasons[str(run)] and not chance else ""
        answer = "finds as many as A" if abs(points) < 0.05 else f"{changed} against A{chance}{reason}"
        st.markdown(f"**{run} {plain(titles[str(run)], 60)} {answer}.**")
        holm = ", corrected by Holm over the runs" if len(rows) > 2 else ""
        st.caption(
            f"Hits@1 {row['hits@1']:.1%} against {first['hits@1']:.1%} of A {plain(titles['A'], 60)}; 95 % interval "
            f"{low:+.1f} … {high:+.1f} points, exact McNemar test {_p(row['p_holm'])}{holm}."
        )
    for letter, words in elsewhere.items():
        st.caption(f"The headline figure of {letter} is {words}: on all its own queries, as its own decoding decides.")
    out = "; ".join(f"{number:,} {why}" for why, number in both.left_out.items())
    queries_in_words = "1 query" if len(both.queries) == 1 else f"{len(both.queries):,} queries"
    st.caption(
        f"On {queries_in_words} that every run ranked as a test link, each ranked alone. "
        + (f"Left out: {plain(out, 400)}." if out else "No query is left out.")
    )


def charted(rows: pd.DataFrame, titles: Mapping[str, str]) -> None:
    """The differences with their intervals, and every figure in a table."""
    chart(
        figures.differences(rows.iloc[1:], titles),
        alt="Difference of each run to the first one in Hits@1 and MRR, with 95 % intervals",
        reading="right of the dashed line = better than A; where the whisker crosses it, it may be chance "
        "(95 % interval of a paired bootstrap over the queries).",
        key="compare.differences",
        data=rows.iloc[1:].reset_index(),
    )


def figures_table(rows: pd.DataFrame, titles: Mapping[str, str]) -> None:
    """Every figure, for taking along."""
    percent = rows.filter(regex="hits|mrr") * 100
    shown = pd.DataFrame({"Run": [f"{run} {titles[str(run)]}" for run in rows.index]})
    names = {"hits@1": "Hits@1", "mrr": "MRR"}
    for name, title in names.items():
        shown[f"{title} %"] = percent[name].to_numpy()
        for end, word in (("", "Δ"), ("_low", "Δ low"), ("_high", "Δ high")):
            shown[f"{word} {title}"] = percent[f"difference_{name}{end}"].to_numpy()
    tested = {"fixed": "Fixed", "broken": "Broken", "p": "p"} | ({"p_holm": "p (Holm)"} if len(rows) > 2 else {})
    for name, title in tested.items():
        shown[title] = rows[name].to_numpy()
    formats = {name: "+.1f" for name in shown if name.startswith("Δ")}
    formats |= {name: ".1f" for name in shown if name.endswith("%")} | dict.fromkeys(("p", "p (Holm)"), ".2g")
    table(
        shown,
        name="compare",
        alt="Hits@1 and MRR of each run, differences to the first with intervals, and tests",
        column_config={name: st.column_config.NumberColumn(format=f"%{form}") for name, form in formats.items()},
        paper=formats,
        placeholder="",
    )


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"
