"""The update section: what updating a run saves and costs against a full training, on entities that were held out."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pmf.alignment.evaluation.of_new import figures_of_new, rank_new
from pmf.alignment.evaluation.of_run import stored_fused
from pmf.arrays import Flags, Ids
from pmf.benchmarks.request import Request
from pmf.benchmarks.setup import pair_of
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair, KnowledgeGraph, PublishedSplit
from pmf.data.split import split_links, touching
from pmf.data.stored.writer import write
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.training.run import train
from pmf.updating.start import look
from pmf.updating.update import update

HELD_OUT = 0.05
"""Of the links, whose entities come later, and of the entities without a link."""

_SPLIT = "held-out"


def update_section(request: Request) -> dict[str, Any]:
    """Train without a twentieth of the entities, update with them, and train on everything; the same seeds in all.

    Every new entity that has a link is ranked among all entities of the other graph, by both models alike.

    Returns:
        `entities`, `new` and `links` counted; `first`, `update` and `full` with their `seconds` and `cpu_seconds`, the
        last two with the figures of the new entities by direction; `share` of the first training's seconds that the
        update takes; `due`, why a new training is. Ready for JSON.

    Raises:
        PMFError: settings, data or a device that cannot be used.
    """
    config = request.config({"train.project": "false", "split": _SPLIT})
    whole = pair_of(config)
    later = held_out(whole, config.seed)
    whole = replace(whole, splits={_SPLIT: _split(whole, later, config)})
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for name, pair in (("first", without(whole, later)), ("whole", whole)):
            write(pair, root / name)
        timed = {"first": _train(root, "first", config), "full": _train(root, "whole", config)}
        began = _clocks()
        start = look(RunReader(root / "runs" / "first"), root / "whole")
        run, _ = update(start, root / "runs" / "update")
        timed["update"] = _since(began)
        assert run.facts.updated is not None
        full = RunReader(root / "runs" / "whole")
        scoring = start.config.evaluation
        ranked = list(rank_new(stored_fused(full), later, stored_split(full), full.n_source, scoring))
        figures = {"update": run.results() or {}, "full": figures_of_new(ranked)}
        ways = [one.direction for one in ranked if len(one.truth)]
        return {
            "data": whole.name,
            "entities": len(whole),
            "new": int(later.sum()),
            "links": sum(len(one.truth) for one in ranked),
            "epochs": config.train.total_epochs,
            "preset": config.preset,
            "modalities": list(config.modalities),
            "threads": torch.get_num_threads(),
            "scored_by": scoring.decoding_name,
            "share": timed["update"]["seconds"] / timed["first"]["seconds"],
            "due": list(run.facts.updated.due),
            "judged": run.facts.updated.judged,
            **{
                name: times | {way: dict(figures[name][way]) for way in ways if name in figures}
                for name, times in timed.items()
            },
        }


def held_out(pair: GraphPair, seed: int) -> Flags:
    """Which entities come later, bool `[n]`: those of a share of the links, and a share of those without one."""
    rng = np.random.default_rng(seed)
    later = np.zeros(len(pair), np.bool_)
    links = pair.links[rng.permutation(len(pair.links))[: round(HELD_OUT * len(pair.links))]]
    later[links.ravel()] = True
    alone = np.setdiff1d(np.arange(len(pair)), np.concatenate([pair.links.ravel(), pair.context]))
    later[rng.permutation(alone)[: round(HELD_OUT * len(alone))]] = True
    return later


def _split(pair: GraphPair, later: Flags, config: Config) -> PublishedSplit:
    """The links of those who are there from the beginning, cut as the config says; all others test."""
    here = ~touching(pair.links, np.flatnonzero(later))
    parts = split_links(
        pair.links[here], seed_ratio=config.seed_ratio, validation_share=config.validation_share, seed=config.seed
    )
    test = np.concatenate([parts.test_links, pair.links[~here]])
    return PublishedSplit(train=parts.seed_links, valid=parts.val_links, test=test)


def without(pair: GraphPair, later: Flags) -> GraphPair:
    """The pair before some of its entities came; none of their triples, links and pictures."""
    number = np.cumsum(~later) - 1

    def standing(ids: Ids) -> Ids:
        kept = ~later[ids] if ids.ndim == 1 else ~later[ids].any(axis=1)
        return np.asarray(number[ids[kept]])

    source, target = (_graph(graph, later[offset : offset + len(graph)]) for graph, offset in pair.sides())
    splits = {
        name: PublishedSplit(**{part: standing(ids) for part, ids in vars(split).items()})
        for name, split in pair.splits.items()
    }
    return replace(
        pair,
        source=source,
        target=target,
        links=standing(pair.links),
        splits=splits,
        unlinked=standing(pair.unlinked),
        negatives=standing(pair.negatives),
    )


def _graph(graph: KnowledgeGraph, later: Flags) -> KnowledgeGraph:
    number = np.cumsum(~later) - 1
    triples = graph.relation_triples[~later[graph.relation_triples[:, [0, 2]]].any(axis=1)]
    values = ~later[graph.attribute_triples[:, 0]]

    def renumbered(by_row: dict[int, Any]) -> dict[int, Any]:
        return {int(number[row]): value for row, value in by_row.items() if not later[row]}

    return replace(
        graph,
        entities=[uri for uri, is_later in zip(graph.entities, later, strict=True) if not is_later],
        relation_triples=np.stack([number[triples[:, 0]], triples[:, 1], number[triples[:, 2]]], axis=1),
        attribute_triples=np.stack(
            [number[graph.attribute_triples[values, 0]], graph.attribute_triples[values, 1]], axis=1
        ),
        attribute_values=[value for value, kept in zip(graph.attribute_values, values, strict=True) if kept],
        names=renumbered(graph.names),
        types=renumbered(graph.types),
        images=renumbered(graph.images),
        image_features=renumbered(graph.image_features),
        context=frozenset(int(number[row]) for row in graph.context if not later[row]),
    )


def _train(root: Path, name: str, config: Config) -> dict[str, float]:
    began = _clocks()
    train(replace(config, data=str(root / name)), root / "runs" / name)
    return _since(began)


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> dict[str, float]:
    now = _clocks()
    return {"seconds": now[0] - began[0], "cpu_seconds": now[1] - began[1]}
