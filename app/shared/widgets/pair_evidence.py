"""Why a pair has its score: modality by modality, and candidate by candidate."""

from __future__ import annotations

import streamlit as st

from app.shared.figures import pair_evidence as figures
from app.shared.services import matches
from app.shared.services.headline import decoder, undecoded
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.explainers import explainer
from app.shared.widgets.table import table
from app.shared.widgets.text import plain
from pmf.alignment.explanation.records import Direction, Ranks


def evidence(run: RunView, query: int, other: int) -> None:
    """Bars per modality of the shown pair, beside the true pair where that is another one."""
    verdict = matches.verdict(run, query)
    truth = verdict.truth if verdict else int(run.partner[query])
    best = verdict.best if verdict else -1
    name = "true pair" if other == truth else "prediction" if other == best else "shown pair"
    pairs = {name: other}
    if truth not in (-1, other):
        pairs["true pair"] = truth
    elif best not in (-1, other):
        pairs["prediction"] = best
    rows = matches.evidence(run, query, pairs)
    chart(
        figures.shares(rows),
        alt="Bars: what each modality gives to the similarity of "
        + " and of the ".join(["the " + next(iter(pairs)), *list(pairs)[1:]]),
        reading="the bars of one pair sum to its similarity; a frozen or missing modality gives nothing. "
        "Where the true pair's bar is shorter, that modality misled the match.",
        key="matches.evidence",
        data=rows,
    )
    sums = rows.groupby("pair", sort=False)["share"].sum()
    st.caption("Similarity: " + " · ".join(f"{pair} {value:.3f}" for pair, value in sums.items()))
    what_if(run, query, other, name)


def what_if(run: RunView, query: int, other: int, name: str) -> None:
    """Ranks of the true pair, and of the shown one where it is another, without each modality."""
    explain = explainer(run)
    direction = explain.direction(query, other)
    titles = {"candidate": name} if direction.truth in (None, other) else {"truth": "true pair", "candidate": name}
    ranks = " and ".join(f"the {title} has rank **{_rank(direction.fused, who)}**" for who, title in titles.items())
    st.markdown(
        f"**What if?** Of {direction.candidates:,} candidates, {ranks} {undecoded(run)}. "
        + _decoded(run, direction, titles)
    )
    lines = [_change(what, changed, direction.fused, titles) for what, changed in matches.what_if(direction).items()]
    st.markdown("  \n".join(lines) or "No single modality changes that.")
    who, title = next(iter(titles.items()))
    states = {m: matches.state_of_pair(run, m, query, getattr(direction, who)) for m in direction.alone}
    alone = [f"{plain(m)} {'–' if states[m] == 'missing' else _rank(r, who)}" for m, r in direction.alone.items()]
    st.caption(f"Rank of the {title} by one modality alone, frozen or not (– = missing): {' · '.join(alone)}.")
    frozen = [
        f"{plain(modality)} of the {side} entity {why}"
        for m, modality in enumerate(run.modalities)
        for side, entity in zip(("source", "target"), sorted((query, other)), strict=True)
        if (why := matches.why_frozen(explain.feature(m, entity)))
    ]
    if frozen:
        st.caption(f"Frozen: {'; '.join(frozen)}.")


def _decoded(run: RunView, direction: Direction, titles: dict[str, str]) -> str:
    """The ranks that the head of the page speaks of, where they are others; "" where they are the same."""
    if not (name := decoder(run)):
        return ""
    ranks = {who: matches.decoded_rank(run, direction.query, getattr(direction, who)) for who in titles}
    if all(rank == getattr(direction.fused, who) for who, rank in ranks.items()):
        return ""
    written = {who: "none of the best" if rank is None else f"{rank:,.10g}" for who, rank in ranks.items()}
    parts = [f"the {title} {written[who]}" for who, title in titles.items()]
    return f"With {name}, as above: {', '.join(parts)}."


def _change(what: str, ranks: Ranks, fused: Ranks, titles: dict[str, str]) -> str:
    """E.g. "▲ without image: rank 1 instead of 14"; ▲ where the first of `titles` comes out better, ▼ worse."""
    parts = []
    for who, title in titles.items():
        before, after = _rank(fused, who), _rank(ranks, who)
        moved = f"**{after}** instead of {before}" if after != before else f"still {before}"
        parts.append(f"{'rank' if len(titles) == 1 else title} {moved}")
    first = next(iter(titles))
    step = getattr(fused, first) - getattr(ranks, first)
    return f"{'▲' if step > 0 else '▼' if step < 0 else '='} {plain(what)}: {', '.join(parts)}"


def _rank(ranks: Ranks, who: str) -> str:
    return f"{getattr(ranks, who):,.10g}"


def candidate_table(run: RunView, query: int) -> None:
    """The top candidates with what each modality gave; choosing a row shows that pair."""
    rows = matches.candidates(run, query)
    marked = rows["truth"].map({True: "● ", False: ""}) + rows["label"].astype(str)
    shown = rows.assign(label=marked).drop(columns=["entity", "truth"])
    shown = shown.rename(columns={"place": "#", "label": "Candidate", "score": "Score", "similarity": "Similarity"})
    number = st.column_config.NumberColumn(format="%.3f", width=70)
    columns = dict.fromkeys(("Score", "Similarity", *run.modalities), number)
    name = f"candidates_{query}"

    def show_row() -> None:
        chosen = st.session_state[f"table.{name}"]["selection"]["rows"]
        if chosen and chosen[0] < len(rows):
            url.put(pair=f"{query}-{rows['entity'][chosen[0]]}")

    table(
        shown,
        name=name,
        alt="Top candidates with score, similarity and each modality's share",
        column_config=columns
        | {
            "Candidate": st.column_config.TextColumn(width=135),
            "#": st.column_config.NumberColumn(format="%d", width=40),
        },
        on_select=show_row,
        selection_mode="single-row",
        placeholder="–",
    )
    st.caption(
        "● = the truth. Score = what candidates were ranked by, after decoding. The modality columns sum to the "
        "similarity. Tick a row to see that pair."
    )
