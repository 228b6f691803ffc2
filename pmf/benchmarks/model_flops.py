"""The operations of the parts of one trainer, from the shapes that its model and data have."""

from __future__ import annotations

import torch
from torch import Tensor

from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.search.approximate import memory_bytes
from pmf.benchmarks import flops
from pmf.benchmarks.flops import Operations
from pmf.benchmarks.setup import structure_of
from pmf.model.attention import Edges
from pmf.model.encoders import DenseEncoder, SparseEncoder
from pmf.training.loop.trainer import Trainer


class ModelOperations:
    """Operations by part; `pmf.benchmarks.flops` has the formulas.

    Where neighbours are drawn, it counts those that one draw gives; another one gives a little more or less.

    Args:
        trainer: whose model it is, with the modality structure and the published attention.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.config, self.model = trainer.config, trainer.model
        self.k, self.n = self.model.present.shape
        self.d = self.config.model.width
        self.encoder = structure_of(trainer)

    def attention(self) -> tuple[Operations, Operations]:
        """One layer on all entities, forward and backward."""
        return self._layer(self.encoder.graph)

    def _layer(self, graph: Edges) -> tuple[Operations, Operations]:
        heads = self.config.model.heads
        sizes = {"i": graph.n_inputs, "o": len(graph), "e": len(graph.col), "d": self.d, "heads": heads}
        return flops.attention_forward(**sizes), flops.attention_backward(**sizes)

    def structure(self, rows: Tensor) -> tuple[Operations, Operations]:
        """All layers, forward and backward, as far as a batch of the entities `rows` `[r]` computes them."""
        forward, backward = zip(*map(self._layer, self.encoder.graphs(rows.unique())), strict=True)
        return sum(forward, start=Operations(0, 0)), sum(backward, start=Operations(0, 0))

    def features(self, rows: Tensor) -> tuple[Operations, Operations]:
        """The linear encoders on the entities `rows` `[r]`, forward and backward."""
        forward, backward = Operations(0, 0), Operations(0, 0)
        for encoder in self.model.encoders.values():
            if isinstance(encoder, SparseEncoder):
                entries = int((encoder.row_start[rows + 1] - encoder.row_start[rows]).sum())
                sizes = {"entries": entries, "r": len(rows), "w": len(encoder.table), "d": self.d}
                forward += flops.sparse_forward(**sizes)
                backward += flops.sparse_backward(**sizes)
            elif isinstance(encoder, DenseEncoder):
                linear = flops.dense_linear(r=len(rows), w=encoder.inputs.shape[1], d=self.d)
                forward += linear
                backward += linear
        return forward, backward

    def losses(self, links: int) -> tuple[Operations, Operations]:
        """The contrastive losses of a batch, forward and backward."""
        sizes = {"k": self.k, "b": links, "d": self.d}
        return flops.losses_forward(**sizes), flops.losses_backward(**sizes)

    def optimizer(self, rows: Tensor) -> Operations:
        """Clipping and AdamW after a batch `rows` `[r]`; where neighbours are drawn, of the rows that it touches.

        Parameters of stage 2's objective have no gradient yet, and are a handful.
        """
        idle = self.n - self.encoder.graphs(rows.unique())[0].n_inputs
        return flops.optimizer(parameters=sum(p.numel() for p in self.model.parameters()) - idle * self.d)

    def step(self, links: Tensor) -> Operations:
        """One step of training on seed links `[b, 2]`."""
        rows = links.flatten()
        parts = (*self.structure(rows), *self.features(rows), *self.losses(len(links)), self.optimizer(rows))
        return sum(parts, start=Operations(0, 0))

    def epoch(self) -> Operations:
        """The steps of one epoch of stage 1, without freezing."""
        links = torch.from_numpy(self.trainer.seeds).to(self.trainer.device)
        return sum(map(self.step, links.split(self.config.train.batch_size)), start=Operations(0, 0))

    def embedding(self) -> Operations:
        """All entities through all encoders, forward."""
        everyone = torch.arange(self.n, device=self.trainer.device)
        return self.attention()[0] * self.config.model.layers + self.features(everyone)[0]

    def relevance(self, width: int) -> Operations:
        """Best cosines of embeddings `[m, n, width]` between the candidates of both sides."""
        meter, total = self.trainer.meter, Operations(0, 0)
        for present in self.model.present:
            s, t = int(present[meter.source].sum()), int(present[meter.target].sum())
            total += flops.similarities(s=s, t=t, d=width)
            if meter.seeds_search:
                total += flops.similarities(s=len(meter.seeds), t=s + t, d=width)
        return total

    def evaluation(self, candidates: Candidates, width: int) -> Operations:
        """Both directions by CSLS: a pass a round, one for the truths and one for the ranks."""
        s, t = len(candidates.source), len(candidates.target)
        passes = self.config.evaluation.csls_rounds + 2
        return flops.ranking(
            s=s, t=t, d=width, passes=passes, kept=flops.FLOAT * s * t <= memory_bytes(self.config.evaluation)
        )
