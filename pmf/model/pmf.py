"""The model: encoders side by side, their learned loss weights, and the two objectives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional

from pmf.config.config import Config
from pmf.distributed import ALONE, Processes
from pmf.features.feature_set import Feature
from pmf.freezing.fusion import block_weights
from pmf.freezing.state import FreezingState
from pmf.modalities import MODALITIES
from pmf.modalities.structure import MODALITY as STRUCTURE
from pmf.model.believed import Believed
from pmf.model.contrast import cross_graph_losses, cross_modality_loss, hard_negatives
from pmf.model.direct import direct_modalities
from pmf.model.encoders import SparseEncoder, StructureEncoder, feature_encoder
from pmf.model.graph import Adjacency
from pmf.model.losses import LearnedWeights, anchor_weights
from pmf.model.sampling import fanout_of

_CHUNK = 8192


class PMFModel(nn.Module):
    """Progressively Modality Freezing.

    Args:
        config: modalities, model and loss settings.
        graph: adjacency over both graphs.
        features: of every modality but structure.
        present: bool `[m, n]`, False where an entity lacks a modality.
        processes: the processes that train together; each embeds its share of a batch.

    Source: Huang et al., ACL 2024, arXiv 2407.16168.
    """

    present: Tensor
    rejected: Tensor
    label_share: Tensor

    def __init__(
        self,
        config: Config,
        graph: Adjacency,
        features: Mapping[str, Feature],
        present: Tensor,
        processes: Processes = ALONE,
    ) -> None:
        super().__init__()
        self.config, self.processes = config, processes
        self.encoders = nn.ModuleDict(
            {
                m: StructureEncoder(graph, config.model, fanout_of(config.train, graph))
                if MODALITIES[m].build is None
                else feature_encoder(features[m], config.model.width)
                for m in config.modalities
            }
        )
        if fanout_of(config.train, graph) is not None:  # a step is then not to cost what the graph does
            for encoder in self.encoders.values():
                if isinstance(encoder, SparseEncoder):
                    encoder.whole = False
        self.pairs = list(combinations(range(len(config.modalities)), 2))
        self.cross_graph_weights = LearnedWeights(len(config.modalities))
        self.cross_modality_weights = LearnedWeights(len(self.pairs))
        self.register_buffer("present", present, persistent=False)
        self.propagated: Tensor | None = None
        # of each modality's cosine, what is propagated counts so much; the trainer lets validation links choose
        self.register_buffer("label_share", self.usual_label_share, persistent=False)
        self.believed: Believed | None = None
        # pairs that people rejected, int64 [r, 2]; the trainer puts them in
        self.register_buffer("rejected", torch.empty(0, 2, dtype=torch.int64), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Unit embeddings `[m, r, d]` of the entities `rows` `[r]`; a missing feature is a zero row."""
        embedded = torch.stack([encoder(rows) for encoder in self.encoders.values()])
        return functional.normalize(embedded, dim=-1) * self.present[:, rows, None]

    @property
    def usual_label_share(self) -> Tensor:
        """Of what is propagated, in each modality's cosine, `[m]`, as the config has it."""
        setting, modalities = self.config.model, self.config.modalities
        direct = direct_modalities(modalities, setting)
        shares = [setting.direct if m in direct else setting.propagation for m in modalities]
        return self.present.new_tensor(shares, dtype=torch.float32)

    @property
    def draws(self) -> bool:
        """Whether a step computes drawn neighbours, and not all entities."""
        return any(getattr(encoder, "fanout", None) is not None for encoder in self.encoders.values())

    def add_gradients(self) -> None:
        """Once each process has its part of a batch's gradient: give every one the whole."""
        weights = (self.cross_graph_weights, self.cross_modality_weights)
        self.processes.add_gradients(self.encoders.parameters(), (p for group in weights for p in group.parameters()))

    def draw_neighbours(self, generator: torch.Generator) -> None:
        """Neighbours of its own for the next step, where they are drawn; the same in every process."""
        for encoder in self.encoders.values():
            if isinstance(encoder, StructureEncoder) and encoder.fanout is not None:
                encoder.seed = int(torch.randint(2**62, (), generator=generator))

    @torch.no_grad()
    def embed_all(self) -> Tensor:
        """Unit embeddings `[m, n, d]` of every entity, without gradients; in memory all of an entity's are together.

        With propagated labels `[m, n, p]` they stand behind the learned part, `[m, n, d + p]`: a cosine is
        then the learned and the propagated one, weighted by `label_share`. Rows without have the learned part alone.
        What rules think, once they have been asked, has its share of structure's cosine.
        """
        # in place: whole tables are the largest things in memory
        rows = torch.empty(*self.present.T.shape, self._stored_width, device=self.present.device).transpose(0, 1)
        for part, embedded in self.embed_parts():
            rows[:, part] = embedded
        return rows

    @property
    def _stored_width(self) -> int:
        return self.config.model.width + (0 if self.propagated is None else self.propagated.shape[-1])

    @torch.no_grad()
    def embed_parts(self) -> Iterator[tuple[slice, Tensor]]:
        """As `embed_all`, some entities after the others: which, and theirs `[m, r, d]`, until the next."""
        modalities, width, share = self.config.modalities, self.config.model.width, self.label_share[:, None, None]
        n, device = self.present.shape[1], self.present.device
        encoders = list(self.encoders.values())
        wholes = [one.everyone() if isinstance(one, StructureEncoder) else None for one in encoders]
        for begin in range(0, n, _CHUNK):
            part = slice(begin, min(begin + _CHUNK, n))
            entities = torch.arange(part.start, part.stop, device=device)
            rows = torch.empty(len(entities), len(encoders), self._stored_width, device=device).transpose(0, 1)
            for table, encoder, whole in zip(rows, encoders, wholes, strict=True):
                table[:, :width] = functional.normalize(encoder(entities) if whole is None else whole[part], dim=-1)
            learned = rows[..., :width].mul_(self.present[:, part, None])
            if self.propagated is not None:
                learned.mul_((1 - share).sqrt())
                torch.mul(self.propagated[:, part], share.sqrt(), out=rows[..., width:])
                rows.div_(torch.linalg.vector_norm(rows, dim=-1, keepdim=True).clamp(min=1e-12))
                if self.believed is not None:
                    self.believed.mix(rows[modalities.index(STRUCTURE.name)], part)
            yield part, rows

    def cross_graph(self, links: Tensor, state: FreezingState) -> tuple[Tensor, dict[str, Tensor]]:
        """Stage 1's objective on a batch of seed links.

        Args:
            links: int64 `[b, 2]`.
            state: what is frozen; a frozen anchor's term is left out of its modality's loss.

        Returns:
            The scalar to minimise, and each part by name, detached. The modalities' losses carry
            learned weights, the fused one counts as it is.
        """
        rows = links.T.flatten()  # sources, then their partners
        here, kind = state.of(rows), self.config.freezing.fusion_weight
        fusion = block_weights(here, kind, "cosine")
        has_any = (fusion > 0).any(dim=0, keepdim=True)
        anchor = anchor_weights(torch.cat([here.active, has_any]), torch.cat([~here.missing, has_any]))
        temperature = self.config.loss.temperature
        mine = self.processes.share(len(rows))
        own = rows[mine]
        anchors, others = self._rejected_with(rows, mine)
        batch, apart = self(torch.cat([own, others])).split([len(own), len(others)], dim=1)
        more = None
        if len(others):
            weight = block_weights(state.of(others), kind, "cosine")
            more = hard_negatives(batch, fusion[:, mine], anchors, apart, weight, temperature)
        losses = cross_graph_losses(batch, fusion, anchor, temperature, more, self.processes)
        total = self.cross_graph_weights(losses[:-1]) + losses[-1]
        return total, dict(zip([*self.config.modalities, "fused"], losses.detach(), strict=True))

    def _rejected_with(self, rows: Tensor, mine: slice) -> tuple[Tensor, Tensor]:
        """Rejected pairs with one entity in a part of the batch `rows`: its place there, and the other entity.

        A pair that is in the batch with both is negative already. How many are left only the device knows: with pairs
        to look for, a step waits for it once.
        """
        if not len(self.rejected):
            return rows[:0], rows[:0]
        order = rows.argsort(stable=True)
        pairs = torch.cat([self.rejected, self.rejected.flip(1)])
        # of a row that is there twice the last place counts; a pair that is not there meets another row
        place = order[torch.searchsorted(rows[order], pairs, right=True) - 1]
        anchor, other = torch.where(rows[place] == pairs, place, -1).T
        apart = (anchor >= mine.start) & (anchor < mine.stop) & (other < 0)
        return anchor[apart] - mine.start, pairs[apart, 1]

    def cross_modality(self, entities: Tensor, state: FreezingState) -> tuple[Tensor, dict[str, Tensor]]:
        """Stage 2's second objective on a batch of linked entities.

        Args:
            entities: int64 `[b, 2]`, source and target entities; each side is contrasted on its own.
            state: terms where either modality is frozen or missing are left out.

        Returns:
            The scalar to minimise, and each pair's part by name, detached.
        """
        setting, names = self.config.loss, self.config.modalities
        beta = [setting.image_beta if name == "image" else setting.other_beta for name in names]
        count = len(entities)
        rows = entities.T.flatten()
        embedded = self.processes.gather_rows(self(rows[self.processes.share(len(rows))]), len(rows))
        active = state.of(rows).active
        losses = []
        for p, q in self.pairs:
            both = (active[p] & active[q]).float()
            per_side = [
                cross_modality_loss(
                    embedded[p, side],
                    embedded[q, side],
                    both[side] / both[side].sum().clamp(min=1),
                    setting.temperature,
                )
                for side in (slice(count), slice(count, None))
            ]
            losses.append(beta[p] * beta[q] * torch.stack(per_side).sum())
        if not losses:
            return embedded.new_zeros(()), {}
        stacked = torch.stack(losses)
        labels = [f"{names[p]}–{names[q]}" for p, q in self.pairs]
        return self.cross_modality_weights(stacked), dict(zip(labels, stacked.detach(), strict=True))
