"""What came from elsewhere → a run folder, with the figures that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pmf.adopting.fusing import Blocks
from pmf.adopting.scored import (
    GivenSimilarities,
    figures_of_lists,
    listed,
    table_of_lists,
    table_of_matrix,
)
from pmf.adopting.tables import Pairs
from pmf.alignment.evaluation.evaluate import Candidates, decoded_figures, evaluate, ranked, search_figures
from pmf.alignment.matching import DECODERS
from pmf.alignment.search.approximate import memory_bytes
from pmf.arrays import Ids
from pmf.audit.chance import at_chance
from pmf.config.config import Config
from pmf.config.evaluation import EvaluationConfig
from pmf.config.training import TrainConfig
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit
from pmf.failures.table import write_failures
from pmf.modalities.whole import WHOLE
from pmf.progress import Progress
from pmf.runs import layout
from pmf.runs.facts import Adopted
from pmf.runs.reader import RunReader
from pmf.runs.writer import RunWriter
from pmf.training.recording.describe import describe_run, entity_table, link_table
from pmf.training.recording.predictions import prediction_table

Figures = Mapping[str, Mapping[str, float]]

PRESET = "adopted"
"""What stands in place of the preset's name."""

_SAMPLE_PAIRS = 500

GIVEN = "given"
"""What stands in place of a decoding where candidates are ranked by the scores that came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run folder to be.

    Args:
        pair: the data set.
        split: the parts of its links.
        modalities: of the run.
        epochs: that it has.
        evaluation: how its pairs are ranked.
        data: the data set as a setting names it.
        adopted: where it comes from.
        freezing: whether relevance or gates came, so that something can freeze.
        maps: whether maps are drawn and causes found at the end.
    """

    pair: GraphPair
    split: LinkSplit
    modalities: tuple[str, ...]
    epochs: int
    evaluation: EvaluationConfig
    data: str
    adopted: Adopted
    freezing: bool
    maps: bool

    @property
    def pool(self) -> Candidates:
        """The entities that are compared."""
        return Candidates.test(self.split, self.evaluation.scope, self.pair.n_source, len(self.pair))

    @property
    def decoding_name(self) -> str:
        """How candidates are ranked, as results name it."""
        as_they_came = not self.adopted.embeddings and self.evaluation.decode == "cosine"
        return GIVEN if as_they_came else self.evaluation.decoding_name

    @property
    def config(self) -> Config:
        """Settings as a training would have them; of the training itself nothing is known but its epochs."""
        train = TrainConfig(epochs=self.epochs, freeze_epochs=self.epochs, selection="last")
        return Config(
            data=self.data, preset=PRESET, modalities=self.modalities, train=train, evaluation=self.evaluation
        )


def create(writer: RunWriter, plan: Plan, run_id: str) -> None:
    """Lay out the folder.

    Raises:
        RunFormatError: it holds a run already.
    """
    about = describe_run(plan.config, plan.pair, torch.device("cpu"), run_id)
    recorded = {
        "modalities": list(plan.modalities),
        "preset": PRESET,
        "train": {"epochs": plan.epochs, "freeze_epochs": plan.epochs, "selection": "last", "project": plan.maps},
        "freezing": {"enabled": plan.freezing},
        "evaluation": asdict(plan.evaluation),
    }
    for missing in ("seed", "torch", "python", "device", "threads"):
        del about[missing]
    writer.create({**about, "config": recorded, "adopted": asdict(plan.adopted)}, entity_table(plan.pair),
                  link_table(plan.split))  # fmt: skip


def write_embeddings(writer: RunWriter, blocks: Blocks, *, durable: bool = True) -> None:
    """Store what a page needs to compare entities."""
    for name, table in zip(blocks.modalities, blocks.tables, strict=True):
        writer.embedding(name, table, durable=durable)
    writer.embedding("fused", blocks.fused, durable=durable)
    writer.embedding("weight", blocks.weight, durable=durable)


def frozen_at(blocks: Blocks) -> npt.NDArray[np.int16]:
    """`[m, n]`: nothing is frozen, and a row of zeros is missing."""
    present = np.stack([table.any(axis=1) for table in blocks.tables])
    return np.where(present, layout.NEVER_FROZEN, layout.MISSING).astype(np.int16)


@torch.no_grad()
def end_with_embeddings(writer: RunWriter, plan: Plan, blocks: Blocks) -> None:
    """Predictions and figures of embeddings."""
    pool, setting = plan.pool, plan.evaluation
    scores = pool.scores(torch.from_numpy(blocks.fused), setting)
    rankings = ranked(scores, pool, setting)
    tables = [torch.from_numpy(table) for table in blocks.tables]
    writer.predictions(prediction_table(rankings, blocks.tables, blocks.weight, pool, plan.split, plan.config))
    single = {
        name: evaluate(table, pool, setting)
        for name, table in zip(blocks.modalities, tables, strict=True)
        if name != WHOLE.name
    }
    search = search_figures(scores, pool, setting) if len(pool.truth) else None
    _results(writer, plan, decoded_figures(scores, pool, setting, rankings), single_modality=single, search=search)


@torch.no_grad()
def end_with_matrix(writer: RunWriter, plan: Plan, matrix: npt.NDArray[Any], places: Ids) -> None:
    """Predictions and figures of a whole similarity.

    Args:
        writer: of the folder.
        plan: of the run.
        matrix: `[s, t]`.
        places: int64 `[n]`, the row or column of each entity.
    """
    pool, setting = plan.pool, plan.evaluation
    scores = GivenSimilarities(matrix, places[pool.source], places[pool.target], memory_bytes(setting))
    DECODERS[setting.decode].score(scores, setting)
    rankings = ranked(scores, pool, setting)
    writer.predictions(table_of_matrix(rankings, scores, pool, plan.split))
    _results(writer, plan, decoded_figures(scores, pool, setting, rankings))


def end_with_pairs(writer: RunWriter, plan: Plan, pairs: Pairs) -> None:
    """Predictions and figures of pairs."""
    pool = plan.pool
    sides = listed(pairs, pool, plan.evaluation)
    writer.predictions(table_of_lists(sides, pool, plan.split))
    _results(writer, plan, figures_of_lists(sides, pool))


def look_into(run: RunReader, writer: RunWriter, pair: GraphPair, progress: Progress) -> None:
    """Draw the maps and find the causes of errors, as a training does at its end."""
    if run.embedding("fused") is not None:
        from pmf.projection.maps import draw_maps  # umap takes seconds to import

        writer.event("phase", phase="maps")
        draw_maps(run, lambda name, done, total: progress("maps", done, total))
    if (run.links["split"] == "test").any():
        writer.event("phase", phase="causes")
        write_failures(run, pair, progress)


def sample_of(plan: Plan) -> Ids:
    """Entities of some links, whose way through the epochs is kept."""
    links = np.concatenate([plan.split.seed_links, plan.split.val_links, plan.split.test_links])
    return np.unique(links[np.random.default_rng(0).permutation(len(links))[:_SAMPLE_PAIRS]])


def figures_of(plan: Plan, fused: npt.NDArray[np.float32]) -> Figures:
    """Figures of the test links by some embeddings; none without test links."""
    return evaluate(torch.from_numpy(fused), plan.pool, plan.evaluation)


def epoch_fields(plan: Plan, epoch: int, metrics: Mapping[str, Figures], **fields: Any) -> dict[str, Any]:
    """The log line of an epoch; what the other system did not tell is 0 or empty."""
    by_modality = dict.fromkeys(plan.modalities, 0.0)
    usual = {
        "epoch": epoch,
        "stage": 1,
        "losses": {},
        "learning_rate": 0.0,
        "measured": False,
        "threshold": dict.fromkeys(plan.modalities),
        "frozen_share": by_modality,
        "missing_share": by_modality,
        "metrics": metrics,
        "collected": {},
        "rules": {},
        "train_seconds": 0.0,
        "eval_seconds": 0.0,
        "peak_memory_bytes": 0,
    }
    return usual | fields


def shares_of(frozen: npt.NDArray[np.int16], modalities: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """How many features are frozen and missing, by modality, for `epoch_fields`."""
    return {
        "frozen_share": dict(zip(modalities, (frozen >= 0).mean(axis=1).tolist(), strict=True)),
        "missing_share": dict(zip(modalities, (frozen == layout.MISSING).mean(axis=1).tolist(), strict=True)),
    }


def _results(writer: RunWriter, plan: Plan, figures: Figures, **more: Any) -> None:
    pool = plan.pool
    sizes = {layout.SOURCE_TO_TARGET: len(pool.target), layout.TARGET_TO_SOURCE: len(pool.source)}
    hits = [(figures[direction], max(1, sizes[direction])) for direction in figures]
    links = len(pool.truth)
    writer.event(
        "results",
        **{
            "at": "end",
            "epoch": plan.epochs - 1,
            "split": "test",
            "scope": plan.evaluation.scope,
            "decode": plan.decoding_name,
            "selection": "last",
            "seed": None,
            "review": {},
            "reliability": {},
            "single_modality": {},
            "search": None,
            "chance": {"split": "test", "links": links, "at_chance": at_chance(hits, links)} if hits else None,
            **more,
            **figures,
        },
    )
