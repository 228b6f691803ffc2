"""The figures of the Embeddings page: one map, every embedding side by side, or one over the epochs."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import streamlit as st

from app.embeddings.figures import over_epochs as points_epochs
from app.embeddings.figures import scatter as figures
from app.embeddings.figures import views as points_views
from app.embeddings.figures.traces import Drawn
from app.embeddings.services import colour as points_colour
from app.embeddings.services import filter as points_filter
from app.embeddings.services import placement as points
from app.embeddings.services.over_epochs import moved
from app.embeddings.services.placement import Ids
from app.embeddings.widgets import data as points_data
from app.embeddings.widgets.controls import Shown
from app.shared.figures.style import MODALITY
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short
from app.slices.widgets.selection import CLICKED, keep_clicked, selected

SEEN, FLOWN = "points.seen", "points.flown"
NAMED = 10_000  # points that say their names on hover
A_FACET = 8000
READINGS = {
    "graph": "circles are source entities, diamonds target entities; where both mix, the graphs are aligned.",
    "outcome": "● = its counterpart came first, ✕ = it did not, small rings = seeds and unlinked, never ranked.",
    "frozen": "hollow diamonds = frozen, filled circles = in use, faint dots = missing.",
    "degree": "the brighter and larger, the more relation triples; circles are source, diamonds target entities.",
    "type": "one colour and symbol a type, the commonest first.",
    "cause": "one colour and symbol a cause that errors were sorted into, the commonest first.",
    "cluster": "parts of this map by k-means, the largest first; they are drawn, not learned.",
}
CONFIG = {"scrollZoom": True, "displayModeBar": True}
BOTH = "Click a point to see its picture beside the map; take lasso or box from the toolbar to select several."


def one_map(run: RunView, shown: Shown, entity: int | None) -> None:
    """All entities by one embedding."""
    placement = points_data.placement(run, shown.view)
    chosen = points.chosen(run, entity)
    ids = points.sample(points.shown(placement), points.MOST_POINTS, tuple(chosen.values()))
    drawn = _drawn(run, shown, shown.view, ids)
    flown = _flown(entity)
    figure = figures.scatter(
        placement.points,
        drawn,
        title=f"{_title(drawn, run)} by their {shown.view} embedding",
        method=placement.method,
        chosen=chosen,
        window=points.around(placement.points, points.chosen(run, flown)),
        grey=placement.says_nothing,
    )
    key = f"points.{run.run_id}"
    chart(
        figure,
        alt=f"Scatter plot of {_looked_at(drawn)} entities by their {shown.view} embedding, coloured by "
        f"{points_colour.COLOURS[shown.colour]}",
        reading=f"{READINGS[shown.colour]} Near = alike to the model; "
        f"how far apart distant points lie means nothing. {BOTH}"
        + (f" Names appear on hover once the filters leave {NAMED:,} entities." if drawn.names is None else ""),
        key=key,
        data=lambda: points.table(run, shown.view, placement.points, _ids(drawn)),
        on_select=lambda: keep_clicked(key, run),
        config=CONFIG,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/straighten: {points.how_far_to_trust(placement)}", width="stretch")
        if flown is not None:
            st.button("Show the whole map", icon=":material/zoom_out_map:", on_click=_fly, args=(None,))


def every_view(run: RunView, shown: Shown, entity: int | None) -> None:
    """A small map for each embedding."""
    chosen = points.chosen(run, entity)
    keep = np.concatenate([list(chosen.values()), [] if (kept := selected(run)) is None else kept]).astype(np.int64)
    places, drawn, titles = {}, {}, {}
    for view in points.views(run):
        placement = points_data.placement(run, view)
        ids = points.sample(points.shown(placement), A_FACET, keep)
        places[view], drawn[view] = placement.points, _drawn(run, shown, view, ids)
        near = f" · {placement.quality.shared:.0%} of nearest kept" if placement.quality else ""
        if placement.says_nothing:
            near += ", which is next to nothing"
        titles[view] = f"{view} · {placement.method}{near}"
    key = f"points.each.{run.run_id}"
    chart(
        points_views.small_multiples(places, drawn, titles=titles, chosen=chosen),
        alt=f"{len(places)} scatter plots of the same entities, one an embedding",
        reading=f"{READINGS[shown.colour]} Each map has axes of its own. Draw around points in one of them: the same "
        "entities stand out in all, and are listed below. “Of nearest kept” = of the 15 nearest of the own graph on "
        "that map, the share that are among the 15 nearest in its embedding.",
        key=key,
        data=lambda: pd.concat(points.table(run, view, places[view], _ids(drawn[view])) for view in places),
        on_select=lambda: keep_clicked(key, run),
        config={"displayModeBar": True},
    )
    if any(len(d.groups) and _looked_at(d) >= A_FACET for d in drawn.values()):
        st.caption(
            f"At most about {A_FACET:,} entities a map, evenly taken; what is chosen or selected is always shown."
        )


def over_the_epochs(run: RunView, shown: Shown, entity: int | None) -> None:
    """The sample that training has kept at several epochs, on one map that moves."""
    course = points_data.course(run)
    if course is None:
        st.info("Training has kept fewer than two snapshots of its embeddings, so there is nothing to play.")
        return
    everywhere = np.full((len(course.epochs), run.n, 2), np.nan, np.float32)
    everywhere[:, course.entities] = course.points
    drawn = _drawn(run, shown, "fused", np.sort(course.entities), named=True)
    chosen = {name: other for name, other in points.chosen(run, entity).items() if other in course.entities}
    wanted = url.integer("epoch", 10**6)
    at = course.epochs.index(wanted) if wanted in course.epochs else len(course.epochs) - 1
    key = f"points.epochs.{run.run_id}"
    chart(
        points_epochs.course(
            everywhere,
            course.epochs,
            drawn,
            title=f"{len(course.entities):,} entities by their fused embedding, epoch {course.epochs[0]} to "
            f"{course.epochs[-1]}",
            method=course.method,
            chosen=chosen,
            at=at,
        ),
        alt=f"Scatter plot of {len(course.entities)} entities at {len(course.epochs)} epochs, as an animation",
        reading=f"{READINGS[shown.colour]} Each epoch starts from the places of the one after it and the axes stay, so "
        "what moves has learned. Colours are those of the finished run. " + BOTH,
        key=key,
        data=lambda: pd.concat(
            points.table(run, f"epoch {epoch}", here, _ids(drawn))
            for epoch, here in zip(course.epochs, everywhere, strict=True)
        ),
        on_select=lambda: keep_clicked(key, run),
        config={"displayModeBar": True},
    )
    steps = ", ".join(
        f"{share:.0%} to epoch {epoch}" for epoch, share in zip(course.epochs[1:], moved(course), strict=True)
    )
    kept = "".join(f", {course.epochs[i]}: {course.quality[i].shared:.0%}" for i in range(len(course.quality)))[2:]
    st.caption(
        f":material/straighten: Mean movement in widths of the map: {steps}."
        + (f" Of the 15 nearest on the map, kept from the embedding, by epoch: {kept}." if kept else "")
    )
    if entity is not None and "chosen" not in chosen:
        st.caption(f":material/info: {_not_in_sample(run, entity)}")


def _drawn(run: RunView, shown: Shown, view: str, ids: Ids, *, named: bool = False) -> Drawn:
    """The entities `ids` in their groups; those that the filters leave out as a backdrop."""
    passing = points_filter.mask(run, shown.wanted, view)
    sorted_ = points_data.colouring(run, shown.colour, view)
    looked_at = np.zeros(run.n, np.bool_)
    looked_at[ids] = True
    looked_at &= passing
    return Drawn(
        groups={html.escape(short(name, 40)): group[looked_at[group]] for name, group in sorted_.groups.items()},
        in_use=MODALITY[view],
        backdrop=ids[~passing[ids]],
        selected=selected(run),
        values=sorted_.values,
        values_title="relation triples",
        names=points_data.names(run) if named or looked_at.sum() <= NAMED else None,
    )


def _ids(drawn: Drawn) -> Ids:
    """The entities that pass the filters."""
    return np.sort(np.concatenate([*drawn.groups.values(), np.zeros(0, np.int64)])).astype(np.int64)


def _looked_at(drawn: Drawn) -> int:
    return sum(map(len, drawn.groups.values()))


def _title(drawn: Drawn, run: RunView) -> str:
    return f"{_looked_at(drawn):,} of {run.n:,} entities"


def _flown(entity: int | None) -> int | None:
    """Whom the map has flown to: whoever was searched for or linked to, not whoever was clicked on the map."""
    if st.session_state.get(SEEN) != entity:
        st.session_state[SEEN] = entity
        if entity is None or st.session_state.get(CLICKED) != entity:
            _fly(entity)
    return st.session_state.get(FLOWN)


def _fly(entity: int | None) -> None:
    st.session_state[FLOWN] = entity


def _not_in_sample(run: RunView, entity: int) -> str:
    return f"{plain(short(run.labels[entity], 60))} is not among the entities that training keeps snapshots of."
