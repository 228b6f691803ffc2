"""Another system's output on a data set → a finished run folder, or one clear line and nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from pmf.adopting import writing
from pmf.adopting.fusing import blocks
from pmf.adopting.given import Given, read_given
from pmf.adopting.layouts import Left, recognise
from pmf.adopting.ranking import evaluation_of, ranked_by, require_possible
from pmf.adopting.rows import Entities
from pmf.adopting.split import split_of
from pmf.adopting.writing import Plan
from pmf.alignment.evaluation.evaluate import Candidates
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted
from pmf.data.readers import DEMO_FOLDER, read_graph_pair
from pmf.data.split import LinkSplit
from pmf.errors import ConfigError
from pmf.files import whole_folder
from pmf.places import stay_inside
from pmf.progress import Progress, silent, step
from pmf.runs.facts import Adopted
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training.recording.rank_history import standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person says beside the files.

    Args:
        files: by role, those whose names do not say what they are.
        split: which links are test links, see `split_of`.
        settings: how candidates are ranked, see `evaluation_of`.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    split: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> str | None:
        """Candidates, where the settings name them."""
        return self.settings.get("evaluation.scope")


def adopt(
    data: str | Path | GraphPair,
    source: Path,
    folder: Path,
    wishes: Wishes | None = None,
    *,
    maps: bool = True,
    progress: Progress = silent,
) -> RunReader:
    """Make a run folder of what another system has left.

    Args:
        data: the data set it worked on.
        source: its output: a file or a folder.
        folder: the run folder, which must not be there yet.
        wishes: what the files do not say.
        maps: draw the maps and find the causes of errors, as a training does at its end.
        progress: called with (what, done, total).

    Returns:
        The run.

    Raises:
        PMFError: the data or a file cannot be read, or do not fit each other; nothing is written then.
    """
    wishes = wishes or Wishes()
    evaluation_of(wishes.settings)  # so that a wrong wish is told before anything is read
    pair = data if isinstance(data, GraphPair) else read_graph_pair(data)
    left = recognise(stay_inside(source), {role: stay_inside(path) for role, path in wishes.files.items()})
    entities = Entities(pair)
    with step(f"taking in {source}"):
        given = read_given(left, entities)
    split = split_of(entities, wishes.split, source)
    scope, who_counts = _scope(wishes.scope, given, split, pair)
    evaluation = evaluation_of(wishes.settings, scope=scope)
    require_possible(given.kind, evaluation.decode)
    adopted = Adopted(
        layout=given.layout,
        source=source.name,
        embeddings=given.embeddings is not None,
        probabilities=given.pairs is not None and given.pairs.probability is not None,
        lines=(*_lines(given, left, entities), *who_counts, ranked_by(given.kind, evaluation)),
    )
    plan = Plan(
        pair=pair,
        split=split,
        modalities=given.modalities,
        epochs=max([1, *(epoch + 1 for epoch, _ in given.epochs)]),
        evaluation=evaluation,
        data="demo" if pair.path == DEMO_FOLDER else str(pair.path),
        adopted=adopted,
        freezing=given.relevance is not None,
        maps=maps,
    )
    with whole_folder(folder) as part:
        _write(part, folder.name, plan, given, pair, progress)
    return RunReader(folder)


def _scope(wish: str | None, given: Given, split: LinkSplit, pair: GraphPair) -> tuple[str, list[str]]:
    """The candidates, and a line about pairs of entities that are in no test link, where there are any."""
    if given.pairs is None:
        return wish or "closed", []
    closed = Candidates.test(split, "closed", pair.n_source, len(pair))
    inside = np.isin(given.pairs.source, closed.source) & np.isin(given.pairs.target, closed.target)
    outside = int((~inside).sum())
    if wish == "open" or not outside:
        return wish or "closed", []
    pairs = f"{counted(outside, 'pair')} of entities that are in no test link"
    if wish == "closed":
        return wish, [f"{pairs} left out: they are no candidates (--scope open takes them)."]
    return "open", [f"There are {pairs}, so all entities are candidates (--scope closed leaves these pairs out)."]


def _lines(given: Given, left: Left, entities: Entities) -> list[str]:
    """Sentences for people: what was read and what is missing."""
    lines = list(entities.lines)
    if given.embeddings and given.embeddings.remark:
        lines.append(given.embeddings.remark)
    if not given.embeddings:
        lines.append(f"There are no maps, no shares and no ranks by modality: no embeddings came, but {given.kind}.")
    if left.not_used:
        lines.append(f"Not used: {', '.join(left.not_used[:20])}.")
    return lines


def _write(part: Path, name: str, plan: Plan, given: Given, pair: GraphPair, progress: Progress) -> None:
    writer = RunWriter(part, epochs=plan.epochs, modalities=plan.modalities, n_entities=len(pair))
    writing.create(writer, plan, run_id=name)
    writer.event("state", state="running", epoch=0)
    if given.embeddings:
        frozen = writing.frozen_at(given.embeddings)
        writing.write_embeddings(writer, given.embeddings)
    else:
        frozen = np.full((1, len(pair)), -1, np.int16)
    writer.frozen_at(frozen)
    if given.relevance is not None:
        writer.relevance(plan.epochs - 1, given.relevance)
    shares = writing.shares_of(frozen, plan.modalities)
    _epochs(writer, plan, given, shares, progress)
    with step("evaluation and predictions"):
        if given.embeddings:
            writing.end_with_embeddings(writer, plan, given.embeddings)
        elif given.matrix is not None:
            writing.end_with_matrix(writer, plan, given.matrix, given.places)
        elif given.pairs:
            writing.end_with_pairs(writer, plan, given.pairs)
    if plan.maps:
        writing.look_into(RunReader(part), writer, pair, progress)
    writer.event("state", state="finished")


def _epochs(
    writer: RunWriter, plan: Plan, given: Given, shares: dict[str, dict[str, float]], progress: Progress
) -> None:
    """The epochs that came, each with its figures; of a run without any the last state alone."""
    if not given.epochs:
        writer.event("epoch", **writing.epoch_fields(plan, plan.epochs - 1, {}, **shares))
        return
    sample, kept, course = writing.sample_of(plan), [], []
    for done, (epoch, read) in enumerate(given.epochs):
        fused = blocks(read(), {}).fused
        figures = writing.figures_of(plan, fused)
        if len(plan.pool.truth):
            course.append(standing(torch.from_numpy(fused), plan.pool, epoch, plan.evaluation))
        kept.append(fused[sample].astype(np.float16))
        writer.event("epoch", **writing.epoch_fields(plan, epoch, {"test": figures} if figures else {}, **shares))
        progress("epochs", done + 1, len(given.epochs))
    if len({table.shape for table in kept}) > 1:
        raise ConfigError("the epochs' embeddings are of several widths; give those of one model")
    writer.snapshots(sample, [epoch for epoch, _ in given.epochs], kept)
    if course:
        writer.course(pd.concat(course, ignore_index=True))
