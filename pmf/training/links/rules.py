"""Pairs that rules find and that then train as if they were seed links; validation links say whether they may."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from pmf.alignment.matching import mutual_nearest
from pmf.alignment.search.approximate import NearSimilarities, compare
from pmf.arrays import Ids, no_ids
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit, among, touching
from pmf.distributed import ALONE, Processes
from pmf.logic.doubt import wrong_seeds
from pmf.logic.equality import Likely
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known, infer, likely_once
from pmf.logic.relations import both_ends
from pmf.modalities.structure import MODALITY as STRUCTURE
from pmf.statistics import proportion
from pmf.training.links.verdicts import Review, Verdicts

_PRECISE, _SURELY = 0.65, 0.5
"""Of links that train, the share that must be right, as measured, and by the lower end of its 95 % interval.

The interval of few validation links is wide: of 54, 41 right ones may mean 63 %. To drop ten times as many links as
there are seeds for that costs more than some wrong ones. Where seeds are left out, both count of as many as can be
right: validation links are drawn as seeds are, so as many of them are wrong.
"""


class RuleLinks:
    """Finds pairs by rules, from seeds and from what a model finds, and keeps those that are likely enough.

    A pair becomes a link if rules and model agree on it, or if the rules are sure enough by themselves; never one that
    touches a validation link. Links of which validation links do not say that they are right are
    dropped, and no more are looked for.

    Args:
        facts: of both graphs.
        split: its seed links are what the rules know, its validation links judge them.
        verdicts: pairs that are the same or are not, and entities without a counterpart.
        config: of the run.
        n_source: number of source entities.
        relations: int64 `[k, 3]`, pairs of kinds that a person has judged, see `Containments.settled`.
        links: int64 `[r, 2]`, what has been found last.
        trusted: whether validation links speak for them.
        doubted: int64 `[d]`, places of seed links that rules speak against, and that therefore train no more.
        share: of structure's similarity, what the rules' opinion counts at the end, see `pmf.model.believed`.
    """

    def __init__(
        self,
        facts: FactPair,
        split: LinkSplit,
        verdicts: Verdicts,
        config: Config,
        n_source: int,
        relations: Ids | None = None,
    ) -> None:
        self.facts, self.split, self.verdicts, self.config, self.n_source = facts, split, verdicts, config, n_source
        self.relations = no_ids(0, 3) if relations is None else relations
        self.links: Ids = no_ids(0, 2)
        self.trusted = True
        self.doubted: Ids = no_ids()
        self.share = 0.0

    def due(self, epoch: int) -> bool:
        """Whether an epoch begins with a look: the first one, and others so far apart that all can be learned from.

        Without a validation link, which could speak for what is found, there is none.
        """
        apart = max(1, self.config.train.epochs // (self.config.rules.rounds + 1))
        heard = self.trusted and len(self.split.val_links) > 0
        return heard and epoch % apart == 0 and epoch // apart < self.config.rules.rounds

    @property
    def seeds(self) -> Ids:
        """The seed links that nothing speaks against, int64 `[s, 2]`."""
        return np.delete(self.split.seed_links, self.doubted, axis=0)

    @property
    def doubted_share(self) -> float:
        """Of the seed links, how many rules speak against."""
        return len(self.doubted) / max(1, len(self.split.seed_links))

    def free(self, known: Ids) -> tuple[Ids, Ids]:
        """Entities of the source, and of the target, of which nothing is settled, where these links are known."""
        settled = np.concatenate([known.ravel(), self.verdicts.alone, self.split.context])
        free = np.setdiff1d(np.arange(self.facts.n_entities), settled)
        return free[free < self.n_source], free[free >= self.n_source]

    @property
    def counts(self) -> bool:
        """Whether their opinion may count at the end: validation links trust them, and pairs are not too many."""
        heard = self.trusted and self.asks and len(self.split.val_links) > 0
        return self.config.rules.scored and heard and STRUCTURE.name in self.config.modalities

    @property
    def asks(self) -> bool:
        """Whether a look asks the model: not where there are so many pairs that this would take too long."""
        source, target = self.free(self.seeds)
        return 0 < len(source) * len(target) <= self.config.evaluation.exact_pairs

    def doubt(self) -> dict[str, float]:
        """Doubt seed links that rules speak against, if more cases are clear than there are among right links.

        What a person has confirmed is not doubted.

        Returns:
            How many look "wrong", of how many that is "clear", and how many are "doubted".
        """
        self.doubted = no_ids()
        seeds = self.split.seed_links
        _, doubt = wrong_seeds(self.facts, self._known(self.seeds, no_ids(0, 2)), self.config.rules)
        clear = len(doubt.clear().places)
        if clear > self.config.rules.usual_doubt * len(seeds):
            wrong = np.sort(doubt.places)
            self.doubted = wrong[~among(seeds[wrong], self.verdicts.matched)]
        return {"wrong": len(doubt.places), "clear": clear, "doubted": len(self.doubted)}

    def _known(self, seeds: Ids, supposed: Ids) -> Known:
        return Known(
            seeds=seeds,
            supposed=supposed,
            supposed_probability=np.full(len(supposed), self.config.rules.model_probability),
            rejected=self.verdicts.rejected,
            alone=self.verdicts.alone,
            relations=self.relations,
        )

    def look(self, fused: Tensor | None, processes: Processes = ALONE) -> dict[str, float]:
        """Find links anew.

        Args:
            fused: `[n, D]`, what a model says; None = from the seeds alone.
            processes: the processes that train together; each compares its part, and all take what the first one has.

        Returns:
            How many pairs were "found" and are "used", in how many rules and model "agreed", how many of all that touch
            a validation link are "right" of how many "judged", and how many products were "left_out".
        """
        supposed = no_ids(0, 2) if fused is None else self._supposed(fused, self.seeds, processes)
        setting = self.config.rules
        inference = infer(self.facts, self._known(self.seeds, supposed), setting)
        agreed = among(inference.pairs, supposed)
        likely = inference.pairs[agreed | (inference.probability >= setting.seed_probability)]
        # as partners of the sources: of one shape in every process
        partner = np.full(self.n_source, -1)
        partner[likely[:, 0]] = likely[:, 1]
        partner = processes.first(torch.from_numpy(partner)).numpy()
        sources = np.flatnonzero(partner >= 0)
        likely = np.stack([sources, partner[sources]], axis=1)
        likely = likely[~touching(likely, self.split.context)]
        judged = touching(likely, self.split.val_links)
        self.links = likely[~judged]
        return {
            "found": len(inference.pairs),
            "agreed": int(agreed.sum()),
            "used": len(self.links),
            "right": int(among(likely, self.split.val_links).sum()),
            "judged": int(judged.sum()),
            "left_out": inference.grounds.left_out_products,
        }

    def likely(self, fused: Tensor, known: Ids, processes: Processes = ALONE) -> Likely:
        """What they think of pairs of unsettled entities, once nothing trains any more.

        Args:
            fused: `[n, D]`, what the model says.
            known: int64 `[s, 2]`, links that are known by now.
            processes: the processes that train together.
        """
        supposed = self._supposed(fused, known, processes)
        return likely_once(self.facts, self._known(known, supposed), self.config.rules)

    def _supposed(self, fused: Tensor, known: Ids, processes: Processes) -> Ids:
        """Pairs of which each is the other's best by CSLS, int64 `[s, 2]`; none where so many take too long."""
        setting = self.config.evaluation
        if not self.asks:
            return no_ids(0, 2)
        source, target = self.free(known)
        rows, columns = (fused[torch.from_numpy(side).to(fused.device)].float() for side in (source, target))
        if fused.device.type == "cpu":
            near = NearSimilarities(rows, columns, setting, processes)
            partner = _mutual_of_lists(near, setting.csls_k, setting.csls_rounds)
        else:
            scores = compare(rows, columns, setting, processes).csls(setting.csls_k, setting.csls_rounds)
            partner = mutual_nearest(scores, setting).cpu().numpy()
        mutual = (partner >= 0) & rows.any(dim=1).cpu().numpy()  # who has nothing left is like everybody
        return np.stack([source[mutual], target[partner[mutual]]], axis=1)

    def judge(self, right: int, judged: int) -> bool:
        """Keep the links only if validation links surely say that most of them are right; whether they do.

        Args:
            right: of the pairs found that touch a validation link, how many are one.
            judged: of how many.
        """
        possible = 1 - self.doubted_share
        share = proportion(right, judged)
        self.trusted = judged > 0 and right > _PRECISE * possible * judged and share.low > _SURELY * possible
        if not self.trusted:
            self.links = no_ids(0, 2)
        return self.trusted

    def sample(self, generator: torch.Generator) -> Ids:
        """Links for an epoch: as many as there are seeds, at least a batch, drawn anew each time."""
        count = max(len(self.split.seed_links), self.config.train.batch_size)
        drawn = torch.randperm(len(self.links), generator=generator)[:count]
        links: Ids = self.links[drawn.numpy()]
        return links

    def tensors(self) -> dict[str, Tensor]:
        """For the checkpoint."""
        stored = {"links": torch.from_numpy(self.links), "doubted": torch.from_numpy(self.doubted)}
        stored |= {"trusted": torch.tensor(self.trusted), "share": torch.tensor(self.share)}
        return {f"rules.{name}": value for name, value in stored.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`; of a run that went without rules, none."""
        if "rules.links" in tensors:
            self.links, self.trusted = tensors["rules.links"].numpy(), bool(tensors["rules.trusted"])
            self.doubted = tensors["rules.doubted"].numpy()
            self.share = float(tensors.get("rules.share", 0.0))  # not there in a version without


def _mutual_of_lists(near: NearSimilarities, k: int, rounds: int) -> Ids:
    """Of each source the target that is best by CSLS, if it is the target's best, too, else -1, int64 `[s]`.

    Everybody's best by cosine are searched once; CSLS chooses among them.
    """
    lists = [near.nearest(side, k) for side in (0, 1)]
    scores = [nearest.scores for nearest in lists]
    for _ in range(rounds):
        means = [values.topk(min(k, values.shape[1]), dim=1).values.mean(1) for values in scores]
        scores = [
            2 * values - means[side][:, None] - means[1 - side][nearest.ids]
            for side, (values, nearest) in enumerate(zip(scores, lists, strict=True))
        ]
    best, back = (
        nearest.ids.gather(1, values.argmax(1, keepdim=True))[:, 0]
        for values, nearest in zip(scores, lists, strict=True)
    )
    partner: Ids = torch.where(back[best] == torch.arange(len(best)), best, -1).numpy()
    return partner


def rules_of(config: Config, pair: GraphPair, split: LinkSplit, review: Review) -> RuleLinks | None:
    """As the config says; None where it wants learning alone."""
    if not config.rules.rounds:
        return None
    facts = FactPair.of(pair, literals=config.rules.literals)
    relations = both_ends(review.relations, len(pair.source.relations))
    return RuleLinks(facts, split, review.evidence, config, pair.n_source, relations)
