"""Links, verdicts and the finished model of a run, in the ids of the new data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pmf.arrays import Ids
from pmf.config.config import Config
from pmf.data.split import LinkSplit, among
from pmf.freezing.state import FreezingState
from pmf.modalities import MODALITIES
from pmf.model.graph import Adjacency
from pmf.model.propagation import HOPS
from pmf.runs.accepted import pair_id
from pmf.training.links.verdicts import Review, Verdicts
from pmf.training.loop.trainer import Trainer
from pmf.updating.changes import EVIDENCE, Changes


def carried_links(split: LinkSplit, changes: Changes, config: Config) -> LinkSplit:
    """The links of a run that still stand, and the new ones.

    A new link counts as the data's split says. Of links that were cut by ratio a new one tests, as it would measure
    what the model does with entities that it has not seen; where no link tests, it is a seed.

    Args:
        split: of the run.
        changes: of the data.
        config: of the run.
    """

    def standing(links: Ids) -> Ids:
        return changes.staying(links[~among(links, changes.gone_links)])

    named = changes.new.splits.get(config.split)
    trained_on = np.concatenate([named.train, named.valid]) if named else changes.new_links
    trains = config.seeds == "links" and (named is not None or not len(split.test_links))
    seeds = changes.new_links[among(changes.new_links, trained_on)] if trains else changes.new_links[:0]
    tests = changes.new_links[~among(changes.new_links, seeds)]
    return LinkSplit(
        seed_links=np.concatenate([standing(split.seed_links), seeds]),
        val_links=standing(split.val_links),
        test_links=np.concatenate([standing(split.test_links), tests]),
        context=changes.new.context,
    )


def carried_review(review: Review, changes: Changes) -> Review:
    """The verdicts of a run, of entities that are still there; what the data denies is read from the new data."""
    verdicts, kinds = review.verdicts, changes.kinds()
    relations = review.relations.copy()
    for side in (0, 1):
        relations[:, side] = kinds[side, relations[:, side]]
    return replace(
        review,
        verdicts=carried_verdicts(verdicts, changes),
        negatives=changes.staying(review.negatives),
        relations=relations[(relations[:, :2] >= 0).all(axis=1)],
    )


def carried_verdicts(verdicts: Verdicts, changes: Changes) -> Verdicts:
    """Those of entities that are still there."""
    alone = changes.moved(verdicts.alone)
    return replace(
        verdicts,
        matched=changes.staying(verdicts.matched),
        rejected=changes.staying(verdicts.rejected),
        alone=alone[alone >= 0],
    )


def accepted_pairs(split: LinkSplit, matched: Ids, changes: Changes) -> pd.DataFrame:
    """Every pair that was accepted before, and what became of it; columns as in `layout.ACCEPTED_COLUMNS`.

    Args:
        split: of the run that is updated.
        matched: int64 `[v, 2]`, confirmed by verdicts, old ids.
        changes: of the data.
    """
    parts = {"verdict": matched, "seed": split.seed_links, "validation": split.val_links, "test": split.test_links}
    given = np.repeat([*parts], [len(links) for links in parts.values()])
    pairs = np.concatenate([*parts.values()])
    _, first = np.unique(pairs, axis=0, return_index=True)  # a verdict comes before the seed link that it has become
    first = np.sort(first)
    uris = [uri for graph, _ in changes.old.sides() for uri in graph.entities]
    rows = [
        (pair_id(uris[source], uris[target]), uris[source], uris[target], given_, *state)
        for (source, target), given_, state in zip(
            pairs[first].tolist(), given[first].tolist(), _states(pairs[first], changes), strict=True
        )
    ]
    columns = ["pair", "source", "target", "given", "state", "what"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns, "str"))


def _states(pairs: Ids, changes: Changes) -> list[tuple[str, str]]:
    moved = changes.moved(pairs)
    withdrawn = among(pairs, changes.gone_links)
    states = []
    for ends, is_withdrawn in zip(moved.tolist(), withdrawn.tolist(), strict=True):
        gone = [side for side, end in zip(("source", "target"), ends, strict=True) if end < 0]
        if gone or is_withdrawn:
            states.append(("gone", " and ".join(gone) or "the link"))
            continue
        different = [
            f"{kind} of the {side}"
            for side, end in zip(("source", "target"), ends, strict=True)
            for kind, is_different in zip(EVIDENCE, changes.changed[:, end].tolist(), strict=True)
            if is_different
        ]
        states.append(("changed", ", ".join(different)) if different else ("kept", ""))
    return states


def carried_tensors(
    tensors: Mapping[str, Tensor], changes: Changes, trainer: Trainer, graph: Adjacency, seeds: Ids
) -> dict[str, Tensor]:
    """A checkpoint in the ids of the new data, as `Trainer.restore` takes it.

    A new entity's row of a table that is learned for each entity is the mean of its neighbours' rows, and theirs first
    where they are new too. Nothing of it is frozen.

    Args:
        tensors: of the checkpoint.
        changes: of the data.
        trainer: on the new data.
        graph: of the new data.
        seeds: int64 `[s, 2]`, seed links of the run, old ids.

    Raises:
        KeyError, IndexError, RuntimeError, ValueError: the checkpoint is of another model.
    """
    model = {name: tensor for name, tensor in tensors.items() if name.startswith("model.")}
    for modality in trainer.config.modalities:
        if MODALITIES[modality].build is None:
            name = f"model.encoders.{modality}.table"
            model[name] = _rows(model[name], changes, graph)
    state = FreezingState.initial(trainer.model.present.cpu())
    frozen_at, weight = tensors["freezing.frozen_at"], tensors["freezing.weight"]
    is_old = torch.from_numpy(changes.before >= 0)
    before = torch.from_numpy(changes.before[changes.before >= 0])
    was, used = frozen_at[:, before], weight[:, before]
    usual = torch.stack([_median(row[at == -1]) for row, at in zip(weight, frozen_at, strict=True)])[:, None]
    stays = (state.frozen_at[:, is_old] != -2) & (was != -2)
    state.weight[:] = torch.where(state.active, usual, state.weight)
    state.weight[:, is_old] = torch.where(stays, used, state.weight[:, is_old])
    state.frozen_at[:, is_old] = torch.where(stays, was, state.frozen_at[:, is_old])
    carried = {**model, "freezing.frozen_at": state.frozen_at, "freezing.weight": state.weight}
    carried |= {name: tensors[name] for name in ("reliability", "label_share") if name in tensors}
    carried |= trainer.collector.tensors()
    carried["collector.added"] = _links(tensors["collector.added"], changes)
    if "rules.links" in tensors and trainer.links.rules is not None:
        doubted = changes.staying(seeds[tensors["rules.doubted"].numpy()])
        places = np.flatnonzero(among(trainer.split.seed_links, doubted))
        carried |= {"rules.links": _links(tensors["rules.links"], changes), "rules.doubted": torch.from_numpy(places)}
        carried |= {name: tensors[name] for name in ("rules.trusted", "rules.share") if name in tensors}
    return carried


def _links(links: Tensor, changes: Changes) -> Tensor:
    return torch.from_numpy(changes.staying(links.numpy()))


def _median(weights: Tensor) -> Tensor:
    """What a feature in use usually counts; 1 where none is."""
    return weights.median() if len(weights) else weights.new_tensor(1.0)


def _rows(table: Tensor, changes: Changes, graph: Adjacency) -> Tensor:
    """A table of learned rows `[n_old, d]` for the new data `[n, d]`."""
    has_row = torch.from_numpy(changes.before >= 0)
    rows = table.new_zeros(len(has_row), table.shape[1])
    rows[has_row] = table[torch.from_numpy(changes.before[changes.before >= 0])]
    for _ in range(HOPS):
        reaches = has_row[graph.col] & ~has_row[graph.row]
        looker, neighbour = graph.row[reaches], graph.col[reaches]
        if not len(looker):
            break
        counts = torch.bincount(looker, minlength=len(has_row))
        sums = torch.zeros_like(rows).index_add_(0, looker, rows[neighbour])
        reached = counts > 0
        rows[reached] = sums[reached] / counts[reached, None]
        has_row = has_row | reached
    return rows
