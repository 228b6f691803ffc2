"""The first page: five findings, the figures, and the three charts that matter."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from app.report.services.findings import alone, findings
from app.report.services.parts import Picture, Section, Table
from app.report.services.sections import FORMS, HITS_RANGE, MRR_RANGE, intervals
from app.report.services.subject import Subject
from app.shared.figures import freezing as freezing_figures
from app.shared.figures import headline as overview_figures
from app.shared.services import freezing_record, headline
from app.shared.services.headline import DIRECTIONS, METRICS, undecoded
from app.shared.services.run_view import RunView
from app.slices.figures import causes as cause_figures
from app.slices.services import errors
from app.slices.services import measure as slice_figures

LOW = 230
"""Pixels a chart is high here, so that all three stand on the page."""
CAUSES_SHOWN = 6
_ORDER = ("Direction", "Queries", "Hits@1", HITS_RANGE, "Hits@10", "MRR", MRR_RANGE, "Mean rank")


def cover(run: RunView, subject: Subject) -> Section:
    """What somebody reads who reads one page."""
    tables = [table] if (table := _of_slice(run, subject) if subject.name else _of_run(run)) else []
    return Section(
        title=f"Findings on “{subject.title}”" if subject.name else "Findings",
        findings=findings(run, subject),
        tables=tuple(tables),
        pictures=tuple(_pictures(run, subject)),
        cover=True,
    )


def _of_run(run: RunView) -> Table | None:
    figures = headline.headline(run)
    if figures is None:
        return None
    rows = []
    for direction, metrics in figures.metrics.items():
        row: dict[str, object] = {"Direction": DIRECTIONS[direction]}
        row |= {title: metrics.get(name) for name, title in METRICS.items()}
        if figures.final and run.predictions is not None:
            sure = slice_figures.figures(run, "", direction)
            row |= {"Queries": sure.size} | intervals(sure)
        rows.append(row)
    sure_of = " Hits@1 with its 95 % Wilson interval, MRR with its 95 % bootstrap interval over the queries."
    caption = f"Measured on: {figures.scope}" + sure_of * (HITS_RANGE in rows[0] if rows else False)
    return _table(rows, caption)


def _of_slice(run: RunView, subject: Subject) -> Table | None:
    if run.predictions is None:
        return None
    rows = []
    for name, mask in ((subject.title, subject.members), ("all other queries", ~subject.members)):
        sure = slice_figures.figures(run, mask, subject.direction)
        row = {"Of": name, "Queries": sure.size, "Wrong": sure.wrong, "Hits@1": sure.hits_at_1, "MRR": sure.mrr}
        rows.append(row | intervals(sure))
    scope = headline.describe(run, run.reader.results() or {})
    return _table(rows, f"{subject.ways.capitalize()}. {slice_figures.SCOPE} {scope}")


def _table(rows: list[dict[str, object]], caption: str) -> Table:
    table = pd.DataFrame(rows)
    columns = [name for name in ("Of", "Wrong", *_ORDER) if name in table]
    return Table(name="results", caption=caption, rows=table[columns], forms=FORMS)


def _pictures(run: RunView, subject: Subject) -> Iterator[Picture]:
    table = alone(run, subject) if subject.name else headline.alone(run)
    if not table.empty:
        of = (
            f"{subject.ways.capitalize()}, {undecoded(run)}"
            if subject.name
            else "Filled = source → target, hollow = back"
        )
        yield Picture(
            name="alone",
            figure=overview_figures.alone(table),
            data=table,
            alt="Bars: Hits@1 of each modality alone and of all modalities fused",
            reading=f"{of}; test links, seed {run.seed}.",
            height=LOW,
            half=True,
        )
    if run.failures is not None:
        queries = subject.rows(run.failures)
        causes = errors.causes(errors.errors(queries))
        if not causes.empty:
            totals = (
                causes.assign(modality="").groupby(["cause", "title", "modality"], as_index=False, sort=False).sum()
            )
            few = f"; the {CAUSES_SHOWN} most common of {len(totals)} causes" if len(totals) > CAUSES_SHOWN else ""
            yield Picture(
                name=f"causes_{subject.direction}",
                figure=cause_figures.causes(totals.head(CAUSES_SHOWN), total=int(causes["errors"].sum())),
                data=totals,
                alt="Bars: wrong queries per primary cause",
                reading=f"{subject.ways.capitalize()}: {causes['errors'].sum():,} of {len(queries):,} test queries are "
                f"wrong{few}; seed {run.seed}.",
                height=LOW,
                half=True,
            )
    shares = freezing_record.shares(run)
    if not shares.empty:
        yield Picture(
            name="freezing",
            figure=freezing_figures.shares(
                shares, freezing_record.stage_boundary(run), widest=len(run.modalities), height=LOW
            ),
            data=shares,
            alt="Per modality: share of entities missing and frozen over the epochs, with the threshold",
            reading="Dotted grey = never there, hatched = frozen for good, dashed = threshold δ; a vertical line ends "
            f"stage 1. All entities of both graphs, seed {run.seed}.",
        )
