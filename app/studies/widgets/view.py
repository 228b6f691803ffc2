"""Studies: one is chosen, drawn by its kind, and listed figure by figure."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.widgets import url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short
from app.studies.figures import studies as figures
from app.studies.services import plots as study_plots
from app.studies.services import studies
from app.studies.services import tables as study_tables
from app.studies.services.studies import Study
from app.studies.widgets.tables import by_group, every_figure, published_beside

NONE = (
    "There are no studies yet. One trains many runs that differ in one thing, for instance `python -m pmf study "
    "leave-one-out --data demo --out runs/studies/mine`; it shows here once it has ended."
)


def pick_study() -> Path | None:
    """The folder of the chosen study, None where there is none."""
    folders = studies.study_folders()
    if not folders:
        st.info(NONE)
        return None
    titles = {name: studies.title(folder) for name, folder in folders.items()}
    name = url.choose(
        st.selectbox,
        "Study",
        list(folders),
        "study",
        default=next(iter(folders)),
        format_func=lambda one: short(titles[one], 100),
    )
    return folders[name]


def study_view(folder: Path, direction: str) -> None:
    """Draw and list a study in one direction.

    Raises:
        RunFormatError: it is not finished, or damaged.
    """
    _show(_open(str(folder), studies.stamp(folder)), direction)


@st.cache_resource(max_entries=4, show_spinner="Reading the study …")
def _open(folder: str, stamp: object) -> Study:
    return studies.open_study(Path(folder))


def _show(study: Study, direction: str) -> None:
    st.header(plain(study.question or study.title, 200), anchor=False)
    st.caption(plain(studies.conditions(study), 500))
    if study.kind in studies.NOTES:
        st.caption(studies.NOTES[study.kind])
    beside = studies.published(study)
    curves = study_plots.curves(study, direction)
    if curves is not None:
        _curves(curves)
    else:
        _bars(study, direction, {figure.title: figure.hits_at_1 for figure in beside or () if not figure.differs})
    every_figure(study, direction)
    by_group(study, direction)
    published_beside(study, beside)


def _curves(curves: study_plots.Curves) -> None:
    chart(
        figures.lines(curves.points, curves.levels, study_plots.AXES, frozenset(study_plots.SHARES)),
        alt="Mean and spread of "
        + ", ".join(dict.fromkeys(curves.points["measure"]))
        + " over "
        + ", ".join(study_plots.AXES.get(axis, axis) for axis in dict.fromkeys(curves.points["axis"])),
        reading="each mark is the mean over the seeds, its whisker the standard deviation; level lines are variants "
        "that have no place on the axis. The upright axes do not begin at 0.",
        key="study.lines",
        data=curves.points,
    )


def _bars(study: Study, direction: str, comparable: dict[str, float]) -> None:
    rows = study_tables.bars(study, direction, "hits@1")
    chart(
        figures.bars(rows, "Hits@1", comparable),
        alt="Bars: mean Hits@1 of each variant, with the spread over the seeds",
        reading="a whisker is the standard deviation over the seeds; hollow = the variant that others are compared "
        "with.",
        key="study.bars",
        data=rows,
    )
