"""The training loop: two stages, relevance once an epoch, reports out. No files, no prints."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.evaluate import Candidates, evaluate, evaluate_validation
from pmf.config import Config
from pmf.data.split import LinkSplit
from pmf.errors import NonFiniteLossError
from pmf.features.feature_set import Feature
from pmf.model.freezing import FreezingState, ThresholdSchedule
from pmf.model.fusion import block_weights, fuse
from pmf.model.graph import Adjacency
from pmf.model.pmf import PMFModel
from pmf.training.memory import peak_memory_bytes
from pmf.training.relevance import RelevanceMeter

Metrics = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochReport:
    """What one epoch did; per-modality values are in the order of the config's modalities.

    Args:
        relevance: float32 `[m, n]`, None where the epoch was not scored.
        threshold: δ per modality, None where nothing was scored.
        metrics: "validation" or "test" → direction → figures; empty where the epoch was not evaluated.
        stage_ended: whether this was the last epoch of its stage.
    """

    epoch: int
    stage: int
    losses: dict[str, float]
    learning_rate: float
    threshold: list[float | None]
    frozen_share: list[float]
    missing_share: list[float]
    metrics: Metrics
    relevance: Tensor | None
    train_seconds: float
    eval_seconds: float
    peak_memory_bytes: int
    stage_ended: bool


@dataclass(frozen=True, slots=True)
class Best:
    """The best state so far by the selection rule: model, masks and where it was.

    Args:
        metric: mean MRR of both directions on the links that select.
        epoch: when.
        tensors: model and freezing state.
    """

    metric: float
    epoch: int
    tensors: dict[str, Tensor]


class Trainer:
    """Trains one model; iterate `epochs()`.

    Args:
        config: everything that is set.
        graph: adjacency over both graphs.
        features: of every modality but structure.
        present: bool `[m, n]`.
        split: seed, validation and test links. Only seed links train.
        n_source: number of source entities.
        device: where.
        on_batch: called with (batches done, batches in the epoch).
    """

    def __init__(
        self,
        config: Config,
        graph: Adjacency,
        features: Mapping[str, Feature],
        present: Tensor,
        split: LinkSplit,
        n_source: int,
        device: torch.device,
        on_batch: Callable[[int, int], None] | None = None,
    ) -> None:
        self.config, self.split, self.n_source, self.device = config, split, n_source, device
        self.on_batch = on_batch or (lambda done, total: None)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = PMFModel(config, graph, features, present).to(device)
        self.state = FreezingState.initial(self.model.present)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.meter = RelevanceMeter(config.freezing, split, self.model.present, n_source)
        self.schedules = [
            ThresholdSchedule.of(config.freezing, m, config.train.freeze_epochs) for m in config.modalities
        ]
        self.seeds = torch.from_numpy(split.seed_links)
        linked = [split.seed_links]
        if config.loss.cross_modality_entities == "linked":
            linked += [split.val_links, split.test_links]
        # sorted, so that nothing of who belongs to whom is left in the order
        self.linked = torch.from_numpy(np.sort(np.concatenate(linked), axis=0))
        self.optimizer = self._new_optimizer()
        self.next_epoch = 0
        self.step = 0
        self.best: Best | None = None

    def _new_optimizer(self) -> torch.optim.AdamW:
        setting = self.config.train
        return torch.optim.AdamW(
            self.model.parameters(), lr=setting.learning_rate, weight_decay=setting.weight_decay, fused=True
        )

    def epochs(self) -> Iterator[EpochReport]:
        """Train epoch by epoch, from wherever the state stands, to the end."""
        setting = self.config.train
        while self.next_epoch < setting.epochs:
            epoch = self.next_epoch
            if epoch == setting.freeze_epochs:
                self.step = 0
                self.optimizer = self._new_optimizer()
            report = self._epoch(epoch)
            self.next_epoch = epoch + 1
            yield report

    def _epoch(self, epoch: int) -> EpochReport:
        setting = self.config.train
        stage = 1 if epoch < setting.freeze_epochs else 2
        start = time.perf_counter()
        threshold, relevance = self._freeze(epoch)
        losses = self._train(stage)
        trained = time.perf_counter()
        stage_ended = epoch + 1 in (setting.freeze_epochs, setting.epochs)
        metrics: Metrics = {}
        if stage_ended or (epoch + 1) % setting.evaluate_every == 0:
            metrics = self._evaluate()
            self._select(metrics, epoch)
        if stage_ended and self.best is not None:
            self.restore(self.best.tensors)
        return EpochReport(
            epoch=epoch,
            stage=stage,
            losses=losses,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            threshold=threshold,
            frozen_share=self.state.frozen.float().mean(1).tolist(),
            missing_share=self.state.missing.float().mean(1).tolist(),
            metrics=metrics,
            relevance=relevance,
            train_seconds=trained - start,
            eval_seconds=time.perf_counter() - trained,
            peak_memory_bytes=peak_memory_bytes(self.device),
            stage_ended=stage_ended,
        )

    def _freeze(self, epoch: int) -> tuple[list[float | None], Tensor | None]:
        threshold = [schedule.at(epoch) for schedule in self.schedules]
        if any(t is None for t in threshold):
            return threshold, None
        relevance = self.meter(self.model.embed_all())
        self.state = self.state.update(relevance, torch.tensor(threshold, device=self.device), epoch)
        return threshold, relevance

    def _train(self, stage: int) -> dict[str, float]:
        """One pass over the seeds, and in stage 2 one over the entities of the second objective."""
        setting = self.config.train
        links = self.seeds[torch.randperm(len(self.seeds), generator=self.generator)]
        batches: list[tuple[Any, Tensor]] = [(self.model.cross_graph, b) for b in links.split(setting.batch_size)]
        if stage == 2 and self.model.pairs:
            # each side in an order of its own: a batch must not tell who belongs to whom
            sides = [side[torch.randperm(len(side), generator=self.generator)] for side in self.linked.T]
            entities = torch.stack(sides, dim=1)
            batches += [(self.model.cross_modality, b) for b in entities.split(setting.batch_size)]
        stage_epochs = setting.freeze_epochs if stage == 1 else setting.epochs - setting.freeze_epochs
        parts: dict[str, list[float]] = defaultdict(list)
        for done, (objective, batch) in enumerate(batches, start=1):
            self._step(objective, batch.to(self.device), stage_epochs * len(batches), parts)
            self.on_batch(done, len(batches))
        return {name: float(np.mean(values)) for name, values in parts.items()}

    def _step(self, objective: Any, batch: Tensor, total_steps: int, parts: dict[str, list[float]]) -> None:
        setting = self.config.train
        rate = setting.learning_rate * warm_cosine(self.step, total_steps, setting.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss, named = objective(batch, self.state)
        if not math.isfinite(loss.item()):
            raise NonFiniteLossError(
                f"the loss became {loss.item()} in epoch {self.next_epoch}; lower train.learning_rate "
                f"(now {setting.learning_rate}) and resume from the last checkpoint"
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), setting.gradient_clip)
        self.optimizer.step()
        self.step += 1
        for name, value in named.items():
            parts[name].append(float(value))

    def fused(self) -> Tensor:
        """The fused embeddings `[n, m · d]` of the state as it stands, as they are scored."""
        return fuse(self.model.embed_all(), self.weight())

    def weight(self) -> Tensor:
        """The factor of each modality in `fused`, `[m, n]`."""
        return block_weights(self.state, self.config.freezing.fusion_weight, self.config.evaluation.scoring)

    def _evaluate(self) -> Metrics:
        """On validation links when they select, else on test links: to look at, or to compare."""
        fused = self.fused()
        n = fused.shape[0]
        if self.config.train.selection == "validation":
            return {"validation": evaluate_validation(fused, self.split, self.n_source)}
        closed = Candidates.test(self.split, self.config.evaluation.scope, self.n_source, n)
        return {"test": evaluate(fused, closed, self.config.evaluation)}

    def _select(self, metrics: Metrics, epoch: int) -> None:
        rule = self.config.train.selection
        if rule == "last":
            return
        metric = float(np.mean([figures["mrr"] for figures in metrics[rule].values()]))
        if self.best is None or metric > self.best.metric:
            self.best = Best(metric, epoch, {name: t.clone() for name, t in self.model_tensors().items()})

    def model_tensors(self) -> dict[str, Tensor]:
        """What makes up a state worth restoring: parameters, and what is frozen."""
        parameters = {f"model.{name}": t.detach() for name, t in self.model.state_dict().items()}
        return {**parameters, "freezing.frozen_at": self.state.frozen_at, "freezing.weight": self.state.weight}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over parameters and freezing state written by `model_tensors`."""
        prefix = "model."
        self.model.load_state_dict({k[len(prefix) :]: t for k, t in tensors.items() if k.startswith(prefix)})
        self.state = FreezingState(
            tensors["freezing.frozen_at"].to(self.device), tensors["freezing.weight"].to(self.device)
        )

    def checkpoint(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that `resume` needs to go on as if nothing had happened."""
        tensors = self.model_tensors() | {"generator": self.generator.get_state()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        return tensors, {"next_epoch": self.next_epoch, "step": self.step}

    def resume(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Take over what `checkpoint` gave, bit for bit."""
        self.restore(tensors)
        self.generator.set_state(tensors["generator"])
        self.next_epoch, self.step = meta["next_epoch"], meta["step"]
        moments: dict[int, dict[str, Tensor]] = defaultdict(dict)
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, part = name.split(".")
                moments[int(index)][part] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": dict(moments)})


def warm_cosine(step: int, total: int, warmup: float) -> float:
    """Factor on the learning rate: linear from 0 over the first `warmup` share, then half a cosine to 0."""
    warm = int(warmup * total)
    if step < warm:
        return step / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))
