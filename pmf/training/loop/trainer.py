"""The training loop: two or three stages, relevance once an epoch, reports out. No files, no prints."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates, evaluate, evaluate_validation
from pmf.arrays import Ids
from pmf.config.config import Config
from pmf.data.split import among
from pmf.distributed import ALONE, Processes
from pmf.errors import NonFiniteLossError
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.held_out import HeldOut
from pmf.freezing.relevance import RelevanceMeter
from pmf.freezing.rule import Measurement, rule_of
from pmf.freezing.state import FreezingState
from pmf.model.pmf import PMFModel
from pmf.model.propagation import SeedPropagation
from pmf.precision import multiplying
from pmf.progress import Progress, silent
from pmf.training.inputs import TrainingInputs
from pmf.training.links.growing import GrowingLinks
from pmf.training.links.iterative import LinkCollector
from pmf.training.links.opening import open_with_rules
from pmf.training.links.relation_verdicts import kinds_of_edges
from pmf.training.links.rules import rules_of
from pmf.training.loop.device import precision_of
from pmf.training.loop.epoch_report import Best, EpochReport, Metrics
from pmf.training.loop.memory import give_back, memory_kept, peak_memory_bytes
from pmf.training.loop.reliability import fit_reliability, fit_shares
from pmf.training.loop.stepper import Objective, Stepper


class Trainer:
    """Trains one model; iterate `epochs()`.

    Args:
        config: everything that is set.
        inputs: data, features and links.
        device: where.
        progress: of the batches of an epoch.
        processes: the processes that train together, each with a trainer like this one.
    """

    def __init__(
        self,
        config: Config,
        inputs: TrainingInputs,
        device: torch.device,
        progress: Progress = silent,
        processes: Processes = ALONE,
    ) -> None:
        split, graph, features, n_source = inputs.split, inputs.graph, inputs.features, inputs.pair.n_source
        self.config, self.split, self.n_source, self.device = config, split, n_source, device
        self.pair, self.processes = inputs.pair, processes
        self.progress = progress
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = PMFModel(config, graph, features, inputs.present, processes).to(device)
        self.review = inputs.review
        self.model.rejected = torch.from_numpy(self.review.evidence.rejected).to(device)
        self.state = FreezingState.initial(self.model.present)
        self.generator = torch.Generator().manual_seed(config.seed)
        present = self.model.present
        self.meter = RelevanceMeter(config.freezing, config.evaluation, split, present, n_source, processes)
        self.rule = rule_of(config)
        self.held_out = HeldOut(split, n_source, len(graph), config.seed)
        self.reliability = torch.ones(len(config.modalities), device=device)
        judged = kinds_of_edges(self.review.relations, inputs.pair)
        self.labels = SeedPropagation.of(config, graph, features, judged, processes)
        self._spread: Ids | None = None  # the links whose labels are spread: twice the same takes as long again
        self.collector = LinkCollector.of(config, split, self.review.evidence, n_source, len(graph))
        self.links = GrowingLinks(split, self.collector, rules_of(config, inputs.pair, split, self.review))
        self.stepper = Stepper(self.model, config.train)
        self.next_epoch = 0
        self.best: Best | None = None

    @property
    def seeds(self) -> Ids:
        """All links that train, int64 `[l, 2]`."""
        return self.links.every

    def propagate(self, links: Ids) -> None:
        """Spread the labels of these links; nothing where the config has neither labels nor anything in their place."""
        wanted = self.config.model.propagation or self.labels.sketches
        if wanted and (self._spread is None or not np.array_equal(links, self._spread)):
            self.model.propagated, self._spread = self.labels(links).to(self.device), links

    def epochs(self) -> Iterator[EpochReport]:
        """Train epoch by epoch, from wherever the state stands, to the end."""
        setting = self.config.train
        self.propagate(self.seeds)
        while self.next_epoch < setting.total_epochs:
            epoch = self.next_epoch
            if epoch in setting.stage_starts:
                self.stepper.begin_stage()
            report = self._epoch(epoch)
            self.next_epoch = epoch + 1
            yield report

    def _epoch(self, epoch: int) -> EpochReport:
        setting = self.config.train
        stage, start = setting.stage(epoch), time.perf_counter()
        reasoned = self._reason(epoch)
        looked = time.perf_counter()
        with multiplying(precision_of(setting, len(self.pair))):  # what follows is of float32
            threshold, relevance = self._freeze(epoch)
            with memory_kept() if self.model.draws else nullcontext():  # steps on all entities gain little, for 0.3 GB
                losses = self._train(epoch, stage)
        # the last step's loss says nothing of where that step led, and a checkpoint must be good
        sums = torch.stack([weights.detach().sum() for weights in self.model.parameters()])
        if not sums.isfinite().all():
            raise self._not_finite("the weights left the finite numbers")
        if epoch + 1 == setting.total_epochs:  # no step follows: what it took makes room for the comparisons
            self.stepper.begin_stage()
        collected = self._collect(epoch) if stage == 3 else {}
        trained = time.perf_counter()
        stage_ended = epoch + 1 == setting.stage_end(stage)
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
            learning_rate=self.stepper.rate,
            measured=relevance is not None,
            threshold=threshold,
            proposals=self.rule.proposals if relevance is not None else (),
            frozen_share=self.state.frozen.float().mean(1).tolist(),
            missing_share=self.state.missing.float().mean(1).tolist(),
            metrics=metrics,
            collected=collected,
            rules=reasoned,
            relevance=relevance,
            rules_seconds=looked - start,
            train_seconds=trained - start,
            eval_seconds=time.perf_counter() - trained,
            peak_memory_bytes=peak_memory_bytes(self.device),
            stage_ended=stage_ended,
        )

    def _reason(self, epoch: int) -> dict[str, float]:
        """Where they are due, let rules find links anew, from what is known by now."""
        rules = self.links.rules
        if rules is None or not rules.due(epoch):
            return {}
        if epoch:
            labels = rules.look(self.fused() if rules.asks else None, self.processes)
        else:
            labels = open_with_rules(rules, self.labels, self.held_out, self.state, self.processes)
            if self.config.seed_noise and self.config.seeds == "links":
                swapped = ~among(self.split.seed_links, self.pair.links)
                labels |= {"swapped": int(swapped.sum()), "swapped_doubted": int(swapped[rules.doubted].sum())}
        self.propagate(self.seeds)
        return labels

    def _freeze(self, epoch: int) -> tuple[list[float | None], Tensor | None]:
        if not self.rule.measures(epoch):
            return self.rule.bounds(epoch), None
        embeddings = self.model.embed_all()
        relevance = self.meter(embeddings)
        measured = Measurement(epoch=epoch, embeddings=embeddings, relevance=relevance, held_out=self.held_out)
        self.state, threshold = self.rule.decide(self.state, measured)
        # one opinion of what is frozen, whatever the processors made of the last digit
        self.state = FreezingState(self.processes.first(self.state.frozen_at), self.processes.first(self.state.weight))
        return threshold, relevance

    def _collect(self, epoch: int) -> dict[str, float | None]:
        """Every few epochs of stage 3, turn pairs that keep finding each other into links."""
        if (epoch + 1 - self.config.train.epochs) % self.config.train.collect_every:
            return {}
        added = self.collector.check(self.fused(), self.config.evaluation, self.processes)
        if added:
            self.propagate(self.seeds)
        return {"added": added, "precision": self.collector.precision(self.split)}

    def _train(self, epoch: int, stage: int) -> dict[str, float]:
        """One pass over the seeds, and from stage 2 on one over the entities of the second objective."""
        setting = self.config.train
        links = self.links.drawn(self.generator).to(self.device)
        batches: list[tuple[Objective, Tensor]] = [(self.model.cross_graph, b) for b in links.split(setting.batch_size)]
        if epoch >= setting.consistent_from and self.model.pairs:
            # each side in an order of its own: a batch must not tell who belongs to whom
            both = self.links.entities(self.config.loss.cross_modality_entities)
            sides = [side[torch.randperm(len(side), generator=self.generator)] for side in both.T]
            entities = torch.stack(sides, dim=1).to(self.device)
            batches += [(self.model.cross_modality, b) for b in entities.split(setting.batch_size)]
        stage_epochs = setting.stage_end(stage) - setting.stage_starts[stage - 1]
        totals: list[Tensor] = []
        parts: dict[str, list[Tensor]] = defaultdict(list)
        for done, (objective, batch) in enumerate(batches, start=1):
            total, named = self.stepper(objective, batch, self.state, stage_epochs * len(batches), self.generator)
            totals.append(total)
            for name, value in named.items():
                parts[name].append(value)
            self.progress("batch", done, len(batches))
        bad = [total for total in torch.stack(totals).tolist() if not math.isfinite(total)]
        if bad:
            raise self._not_finite(f"the loss became {bad[0]}")
        return {name: torch.stack(values).double().mean().item() for name, values in parts.items()}

    def _not_finite(self, what: str) -> NonFiniteLossError:
        advice = f"lower train.learning_rate (now {self.config.train.learning_rate}) and train anew"
        return NonFiniteLossError(f"{what} in epoch {self.next_epoch}; {advice}")

    def finish(self) -> None:
        """Once nothing is selected any more, validation links spread their labels like all other seeds."""
        self.propagate(np.concatenate([self.seeds, self.split.val_links]))

    def embed_all(self) -> Tensor:
        """The model's embeddings `[m, n, d]`, for the comparisons that need more memory than all else."""
        give_back()
        return self.model.embed_all()

    def fused(self) -> Tensor:
        """The fused embeddings `[n, m · d]` of the state as it stands, as they are scored."""
        return fuse(self.embed_all(), self.weight(), in_place=True)

    @property
    def label_shares(self) -> dict[str, float]:
        """Of each modality's cosine, what labels or direct features give it; empty where all of it is learned."""
        shares = self.model.label_share.tolist() if self.model.propagated is not None else []
        return dict(zip(self.config.modalities, shares, strict=False))

    def weight(self) -> Tensor:
        """The factor of each modality in `fused`, `[m, n]`."""
        setting = self.config.evaluation
        return block_weights(self.state, self.config.freezing.fusion_weight, setting.scoring, self.reliability)

    def _evaluate(self) -> Metrics:
        """On validation links where there are some, else on test links: to look at, or to compare; else on none."""
        embeddings = self.embed_all()
        if self.config.evaluation.reliability:
            if self.model.propagated is not None:
                usual = self.model.usual_label_share * self.model.propagated.any(2).any(1)  # pictures carry no labels
                self.model.label_share = self.processes.first(
                    fit_shares(self.held_out, embeddings, usual, self.state, self.config)
                )
                embeddings = self.embed_all()
            cosines = self.held_out.cosines(embeddings)
            self.reliability = self.processes.first(fit_reliability(self.held_out, cosines, self.state, self.config))
        fused = fuse(embeddings, self.weight(), in_place=True)
        if len(self.split.val_links) and self.config.train.selection != "test":
            return {"validation": evaluate_validation(fused, self.split, self.n_source, self.processes)}
        closed = Candidates.test(self.split, self.config.evaluation.scope, self.n_source, len(fused))
        figures = evaluate(fused, closed, self.config.evaluation, self.processes, in_place=True)
        return {"test": figures} if figures else {}

    def _select(self, metrics: Metrics, epoch: int) -> None:
        rule = self.config.train.selection
        if rule == "last" or not metrics.get(rule):  # no links to select by: the last epoch it is
            return
        metric = float(np.mean([figures["mrr"] for figures in metrics[rule].values()]))
        metric = self.processes.first(torch.tensor(metric, dtype=torch.float64)).item()
        if self.best is None or metric > self.best.metric:
            self.best = Best(metric, epoch, {name: t.clone() for name, t in self.model_tensors().items()})

    def model_tensors(self) -> dict[str, Tensor]:
        """What makes up a state worth restoring: parameters, and what is frozen."""
        parameters = {f"model.{name}": t.detach() for name, t in self.model.state_dict().items()}
        state = {"freezing.frozen_at": self.state.frozen_at, "freezing.weight": self.state.weight}
        state |= {"reliability": self.reliability, "label_share": self.model.label_share}
        return {**parameters, **state, **self.links.tensors()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over parameters and freezing state written by `model_tensors`."""
        self.model.load_state_dict({k.removeprefix("model."): t for k, t in tensors.items() if k.startswith("model.")})
        self.state = FreezingState(
            tensors["freezing.frozen_at"].to(self.device), tensors["freezing.weight"].to(self.device)
        )
        if "reliability" in tensors:  # else of a version in which all modalities counted alike
            self.reliability = tensors["reliability"].to(self.device)
        if "label_share" in tensors:  # else of a version in which it was fixed
            self.model.label_share = tensors["label_share"].to(self.device)
        self.links.restore(tensors)
        self.held_out.wrong_share = self.links.rules.doubted_share if self.links.rules else 0.0
        self.propagate(self.seeds)

    def checkpoint(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that `resume` needs to go on as if nothing had happened."""
        tensors = self.model_tensors() | {"generator": self.generator.get_state()}
        for index, state in self.stepper.moments.items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        return tensors, {"next_epoch": self.next_epoch, "step": self.stepper.done}

    def resume(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Take over what `checkpoint` gave, bit for bit."""
        self.restore(tensors)
        self.generator.set_state(tensors["generator"])
        self.next_epoch, self.stepper.done = meta["next_epoch"], meta["step"]
        moments: dict[int, dict[str, Tensor]] = defaultdict(dict)
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, part = name.split(".")
                moments[int(index)][part] = value
        optimizer = self.stepper.optimizer
        optimizer.load_state_dict({**optimizer.state_dict(), "state": dict(moments)})
