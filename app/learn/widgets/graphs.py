"""Step 1: the two graphs, and the task."""

from __future__ import annotations

import streamlit as st

from app.learn.figures import steps as figures
from app.learn.services.lesson import Around, Neighbour, beside
from app.learn.widgets.frame import sides
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short

SHOWN = {"graphs": "Two graphs", "seeds": "+ seed links", "answer": "+ the answer"}


def graphs(run: RunView, pair: Around) -> None:
    """The pair and its neighbours, step by step with what is known."""
    links = run.reader.links
    _, right = sides(
        f"Two knowledge graphs tell of the same world: **{run.n_source:,}** entities here, "
        f"**{run.n - run.n_source:,}** there. A few pairs are known "
        f"to be the same, the **{(links['split'] == 'seed').sum():,}** seed links.\n\n"
        f"The question: which entity on the right is **{_name(run, pair.source)}**? Names may not be used: "
        "only neighbours, relations, attributes and pictures.\n\nThe keys → and ← go on and back."
    )
    with right:
        shown = url.choose(
            st.segmented_control,
            "Show",
            list(SHOWN),
            "known",
            default="graphs",
            format_func=SHOWN.get,
            required=True,
        )
        chart(
            figures.two_graphs(
                (short(run.labels[pair.source], 40), _beside(run, pair.beside_source)),
                (short(run.labels[pair.target], 40) if shown == "answer" else "?", _beside(run, pair.beside_target)),
                pair.known,
                seeds=shown != "graphs",
                answer=shown == "answer",
            ),
            alt=f"Neighbours of {short(run.labels[pair.source])} in the source graph and of "
            f"{short(run.labels[pair.target])} in the target graph; {pair.known} of them are linked by seeds",
            reading="● source, ◆ target; grey lines are relations, named in brackets.",
            key="learn.graphs",
            data=beside(run, pair),
        )


def _beside(run: RunView, neighbours: tuple[Neighbour, ...]) -> list[tuple[str, str]]:
    return [(short(run.labels[n.entity], 18), short(n.relation, 18)) for n in neighbours]


def _name(run: RunView, entity: int) -> str:
    return plain(short(run.labels[entity], 40))
