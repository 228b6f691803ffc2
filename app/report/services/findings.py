"""What a reader should remember, in five sentences at most, the most important first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pandas as pd

from app.report.services.subject import Subject
from app.shared.services.headline import undecoded
from app.shared.services.run_view import RunView
from app.shared.services.verdict import verdict
from app.slices.services import errors
from app.slices.services import measure as slice_figures
from app.slices.services.repair import known
from app.slices.services.search import search
from pmf.data.notes import counted
from pmf.failures.causes import UNEXPLAINED
from pmf.failures.health import health
from pmf.runs import layout

MOST = 5


def findings(run: RunView, subject: Subject) -> tuple[str, ...]:
    """The findings on a run or on a slice of it."""
    if run.predictions is None:
        return (verdict(run).sentence,)
    return tuple(islice(_of_slice(run, subject) if subject.name else _of_run(run, subject), MOST))


def _of_run(run: RunView, subject: Subject) -> Iterator[str]:
    yield verdict(run).sentence
    yield from _cause(run, subject)
    of_health = () if run.failures is None or run.frozen_at is None else health(run.reader).sentences
    yield from of_health[:1]
    yield from _worst_slice(run, subject)
    yield from _repair(run, subject)
    yield from _best_alone(run, subject)
    yield from of_health[1:]


def _of_slice(run: RunView, subject: Subject) -> Iterator[str]:
    inside, rest = (slice_figures.figures(run, mask, subject.direction) for mask in (subject.members, ~subject.members))
    if not inside.size:
        yield f"No test query of this direction ({subject.ways}) is in this slice."
        return
    low, high = inside.hits_interval
    yield (
        f"{inside.wrong:,} of {_queries(inside.size)} in this slice are wrong: Hits@1 {inside.hits_at_1:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%})"
        + (f", against {rest.hits_at_1:.1%} on the {counted(rest.size, 'other')}." if rest.size else ".")
    )
    yield from _cause(run, subject)
    yield from _unusable(run, subject)
    yield from _repair(run, subject)
    yield from _best_alone(run, subject)


def _cause(run: RunView, subject: Subject) -> Iterator[str]:
    wrong = _wrong(run, subject)
    if wrong is None or wrong.empty:
        return
    counts = wrong["cause"].value_counts()
    explained = counts.drop(UNEXPLAINED, errors="ignore")
    if explained.empty:
        yield f"No rule explains any of the {counted(len(wrong), 'error')}, {subject.ways}."
        return
    open_ones = counts.get(UNEXPLAINED, 0) / len(wrong)
    yield (
        f"The most common cause is “{errors.title(str(explained.index[0])).lower()}”: {explained.iloc[0]:,} of "
        f"{counted(len(wrong), 'error')}, {subject.ways}"
        + (f"; no rule explains {open_ones:.0%} of them." if open_ones else ".")
    )


def _worst_slice(run: RunView, subject: Subject) -> Iterator[str]:
    for worst in search(run, subject.direction).found[:1]:
        yield (
            f"The weakest slice is “{worst.title}”: {worst.wrong:,} of {_queries(worst.size)} are wrong "
            f"({worst.wrong / worst.size:.1%}), against {worst.rest_wrong:.1%} of the others."
        )


def _repair(run: RunView, subject: Subject) -> Iterator[str]:
    """The one change of a modality that puts most truths first."""
    wrong = _wrong(run, subject)
    if wrong is None or wrong.empty or not known(run):
        return
    words = {f"repaired_without_{m}": f"leaving out {m}" for m in run.modalities}
    words |= {f"repaired_thawed_{m}": f"freezing no {m} feature" for m in run.modalities}
    repaired = (wrong.reindex(columns=list(words)) <= 1).sum()
    best = str(repaired.idxmax())
    if repaired[best]:
        yield (
            f"The most helpful single change is {words[best]}: it would repair {repaired[best]:,} of the "
            f"{counted(len(wrong), 'error')}. What it might break is not counted."
        )


def _best_alone(run: RunView, subject: Subject) -> Iterator[str]:
    table = alone(run, subject)
    if len(table) < 2:
        return
    single = table[table["name"] != "fused"]
    best, fused = single.loc[single["hits"].idxmax()], table.loc[table["name"] == "fused", "hits"].iloc[0]
    yield (
        f"{str(best['name']).capitalize()} is the strongest modality alone: it ranks the truth first for "
        f"{best['hits']:.1%}, all together for {fused:.1%}, {undecoded(run)}."
    )


def _unusable(run: RunView, subject: Subject) -> Iterator[str]:
    """The modality that is frozen or missing more often in the slice than elsewhere."""
    if run.frozen_at is None:
        return
    queries = slice_figures.ranks(run, subject.direction).index.to_numpy()
    gone = (run.frozen_at != layout.NEVER_FROZEN)[:, queries]
    gone |= (run.frozen_at != layout.NEVER_FROZEN)[:, run.partner[queries]]
    inside = subject.members[queries]
    if inside.all():
        return
    here, elsewhere = gone[:, inside].mean(axis=1), gone[:, ~inside].mean(axis=1)
    most = int((here - elsewhere).argmax())
    if here[most] > elsewhere[most]:
        yield (
            f"{run.modalities[most].capitalize()} is frozen or missing on either side for {here[most]:.0%} of this "
            f"slice's queries, and for {elsewhere[most]:.0%} of the others."
        )


def alone(run: RunView, subject: Subject) -> pd.DataFrame:
    """Hits@1 of each modality alone and of all fused, by plain similarity: `name, direction, hits`."""
    if run.failures is None or (rows := subject.rows(run.failures)).empty:
        return pd.DataFrame(columns=["name", "direction", "hits"])
    ranks = {m: rows[f"alone_{m}"] for m in run.modalities if f"alone_{m}" in rows} | {"fused": rows["similarity_rank"]}
    return pd.DataFrame(
        {
            "name": list(ranks),
            "direction": subject.direction,
            "hits": [float((rank <= 1).mean()) for rank in ranks.values()],
        }
    )


def _wrong(run: RunView, subject: Subject) -> pd.DataFrame | None:
    return None if run.failures is None else errors.errors(subject.rows(run.failures))


def _queries(number: int) -> str:
    return f"{number:,} test {'query' if number == 1 else 'queries'}"
