"""The sections of a report; one that a run has nothing for is None."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from app.report.services.parts import Picture, Section, Table
from app.report.services.subject import Subject
from app.shared.figures import headline as overview_figures
from app.shared.services import freezing_record as frozen
from app.shared.services import headline, published
from app.shared.services.dataset import Dataset
from app.shared.services.freezing_quality import quality
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView, not_yet
from app.slices.services import errors
from app.slices.services import measure as slice_figures
from app.slices.services import names as slices
from pmf.failures.causes import CAUSES
from pmf.failures.health import health as health_of
from pmf.runs.about import read_about

SMALLEST = 10
PERCENT = ".1%"
HITS_RANGE, MRR_RANGE = "Hits@1, 95 %", "MRR, 95 %"
FORMS = {"Hits@1": PERCENT, "Hits@10": PERCENT, "MRR": ".3f", "Mean rank": ",.1f", "Queries": ",", "Wrong": ","}


def about(run: RunView) -> Section:
    """Which run, of what, and how far it came."""
    facts, state = run.reader.facts, run.state
    notes = read_about(run.reader.folder)
    sentences = [
        f"Run {run.run_id}, started {facts.created or 'at an unknown time'}: preset "
        f"{facts.settings['preset']}, modalities {', '.join(run.modalities)}, seed {run.seed}; {state.name} after "
        f"{state.epoch + 1} of {state.epochs} epochs.",
        f"Data set {facts.data_name or '?'}: {run.n_source:,} source and {run.n - run.n_source:,} target entities; "
        + ", ".join(f"{n:,} {split} links" for split, n in run.reader.links["split"].value_counts().items())
        + f". SHA-256 of the data {facts.fingerprint or '?'}.",
    ]
    if facts.updated is not None:
        sentences.append(
            f"It is an update of {facts.updated.parent}, where its model was trained: only new entities are ranked, "
            f"among everybody. {' '.join(facts.updated.due or (facts.updated.judged,))}"
        )
    if state.name != "finished":
        sentences.append(f"This run is {state.name}, so its figures are those so far. {state.message}".strip())
    sentences += [f"Tags: {', '.join(notes.tags)}."] * bool(notes.tags)
    sentences += [f"Notes: {notes.notes}"] * bool(notes.notes)
    return Section(title="The run", sentences=tuple(sentences))


def results(run: RunView) -> Section | None:
    """What is said of the headline figures: what they are of, published ones beside them, and what stage 2 added."""
    if headline.headline(run) is None:
        return None
    sentences = [
        f"All figures are of one training with seed {run.seed}. The intervals cover other queries, not other seeds."
    ]
    for other in published.published(run):
        why = f"not comparable: {'; '.join(other.differs)}" if other.differs else "comparable"
        sentences.append(f"{other.title}: Hits@1 {other.hits_at_1:.1%}, MRR {other.mrr:.3f} ({why}).")
    tables = []
    if not (stages := headline.stages(run)).empty:
        caption = f"What stage 2 added. {headline.describe(run, run.reader.results() or {})}"
        tables.append(Table(name="stages", caption=caption, rows=stages, forms=FORMS))
    return Section(title="Results", sentences=tuple(sentences), tables=tuple(tables))


def training(run: RunView) -> Section | None:
    """How Hits@1 came about, epoch by epoch."""
    points = headline.curve(run)
    if points.empty:
        return None
    split = str(points["split"].iloc[-1])
    points = points[points["split"] == split]
    boundary = frozen.stage_boundary(run)
    stage = "" if boundary is None else "; the dashed vertical line is where stage 2 begins"
    count = int((run.reader.links["split"] == split).sum())
    picture = Picture(
        name="curve",
        figure=overview_figures.curve(points, split, boundary),
        data=points,
        alt=f"Line chart of Hits@1 on {split} links per epoch, in both directions",
        reading=f"Hits@1 on {count:,} {split} links, candidates and decoding as above, seed {run.seed}{stage}.",
    )
    return Section(title="Training", pictures=(picture,))


def freezing(run: RunView, data: Dataset) -> Section | None:
    """What is in use, frozen and missing, and whether it should have been frozen."""
    coverage = headline.coverage(run)
    if coverage.empty:
        return None
    scope = f"All entities of both graphs, seed {run.seed}."
    rows = coverage.rename(columns=lambda name: str(name).capitalize())
    table = Table(
        name="coverage",
        caption=f"Share of the entities whose feature is in use, frozen or missing. {scope}",
        rows=rows,
        forms=dict.fromkeys(("In use", "Frozen", "Missing"), PERCENT),
    )
    judged = quality(run, data)
    sentences = ()
    if judged:
        last = judged[-1]
        sentences = (
            f"Against the ground truth of the data set: of {last.pictures:,} pictures {last.frozen:,} are frozen and "
            f"{last.helpless:,} cannot help; {last.both:,} are both (precision {last.precision:.1%}, recall "
            f"{last.recall:.1%}).",
        )
    return Section(title="Freezing", sentences=sentences, tables=(table,))


def parts(run: RunView, subject: Subject) -> Section:
    """Figures of the slices: in both directions, or, of a slice, of what is in it."""
    if run.predictions is None:
        return Section(title="Slices", sentences=(not_yet(run, "Predictions are"),))
    scope = headline.describe(run, run.reader.results() or {})
    masks = {name: mask for name, mask in slices.masks(run).items() if not name.startswith(("cause:", "froze-at:"))}
    titles, tables = slices.names(run), []
    columns = ["Slice", "Queries", "Wrong", "Hits@1", HITS_RANGE, "MRR", MRR_RANGE]
    for direction in (subject.direction,) if subject.name else DIRECTIONS:
        by_part = {
            titles[name]: slice_figures.figures(run, mask & subject.members, direction) for name, mask in masks.items()
        }
        rows = [
            {
                "Slice": title,
                "Queries": own.size,
                "Wrong": own.wrong,
                "Hits@1": own.hits_at_1,
                "MRR": own.mrr,
            }
            | intervals(own)
            for title, own in by_part.items()
            if own.size >= SMALLEST
        ]
        if rows:
            inside = f", in “{subject.title}”" if subject.name else ""
            caption = (
                f"{DIRECTIONS[direction].capitalize()}{inside}, slices of at least {SMALLEST} queries. "
                f"{slice_figures.SCOPE} {scope}"
            )
            tables.append(
                Table(name=f"slices_{direction}", caption=caption, rows=pd.DataFrame(rows)[columns], forms=FORMS)
            )
    return Section(title="Slices", tables=tuple(tables))


def failures(run: RunView, subject: Subject) -> Section | None:
    """Wrong queries by their primary cause, in both directions, or those of a slice."""
    if run.predictions is None:
        return None
    if run.failures is None:
        return Section(title="Causes", sentences=("The errors have not been sorted by cause yet.",))
    scope = headline.describe(run, run.reader.results() or {})
    tables = []
    for direction in (subject.direction,) if subject.name else DIRECTIONS:
        queries = replace(subject, direction=direction).rows(run.failures)
        causes = errors.causes(errors.errors(queries))
        if causes.empty:
            continue
        caption = (
            f"{DIRECTIONS[direction].capitalize()}, {causes['errors'].sum():,} of {len(queries):,} test queries are "
            f"wrong. {scope}"
        )
        rows = causes.assign(what=[f"{CAUSES[c].sentence} {errors.held(run, c)}".strip() for c in causes["cause"]])
        rows = rows[["title", "modality", "errors", "what"]]
        rows.columns = pd.Index(["Primary cause", "About", "Wrong", "What it says"])
        tables.append(Table(name=f"causes_{direction}", caption=caption, rows=rows, forms=FORMS))
    notes = tuple(str(note) for note in run.failures.attrs.get("notes", ()))
    return Section(title="Causes", sentences=notes, tables=tuple(tables))


def health(run: RunView) -> Section | None:
    """What the modalities agree on, hubs, probabilities, and what freezing cost, in words and figures."""
    if run.failures is None or run.frozen_at is None:
        return None
    diagnosis = health_of(run.reader)
    scope = f"Test links of both directions, {diagnosis.scope} candidates, ranks by plain similarity, seed {run.seed}."
    agreement = pd.DataFrame(
        {
            "Modalities": f"{pair.modality}, {pair.other}",
            "Queries": pair.queries,
            "Correlation of ranks": pair.correlation,
            "Both first": pair.both,
            "One of them first": pair.one,
        }
        for pair in diagnosis.agreement
    )
    forms = {"Queries": ",", "Correlation of ranks": ".2f", "Both first": PERCENT, "One of them first": PERCENT}
    tables = []
    if not agreement.empty:
        caption = f"How often two modalities agree on the truth, where both are present on both sides. {scope}"
        tables.append(Table(name="agreement", caption=caption, rows=agreement, forms=forms))
    sentences = (scope, *diagnosis.sentences) if diagnosis.sentences else (f"Nothing stands out. {scope}",)
    return Section(title="Health", sentences=sentences, tables=tuple(tables))


def intervals(figures: slice_figures.SliceFigures) -> dict[str, str]:
    """The 95 % intervals of Hits@1 and MRR, written, under `HITS_RANGE` and `MRR_RANGE`."""
    low, high = figures.hits_interval
    below, above = figures.mrr_interval
    return {HITS_RANGE: f"{low:.1%} – {high:.1%}", MRR_RANGE: f"{below:.3f} – {above:.3f}"}
