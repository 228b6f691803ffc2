"""What rules say of any pair of a run, in sentences: for it, and against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pmf.alignment.explanation.neighbours import first_candidates
from pmf.arrays import Ids, no_ids
from pmf.config.rules import RuleConfig
from pmf.data.graph_pair import GraphPair
from pmf.data.labels import label_of_uri
from pmf.data.split import touching
from pmf.logic.facts import FactPair
from pmf.logic.inference import Inference, Known, infer
from pmf.logic.reasons import Factor, reasons
from pmf.logic.relations import both_ends
from pmf.runs.reader import RunReader

_NEARLY = 0.9
"""From here on a relation is called nearly one-to-one."""

How = Literal["seed link", "found by rules", "same value", "alike value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A fact of the source and one of the target that fit together, or do not.

    Args:
        words: what fits or does not, and how much that tells.
        share: of the evidence on its side, in (0, 1].
        relations: names of both relations or attributes.
        neighbours: entity ids of both neighbours; None where they are values.
        labels: of both neighbours.
        how: why the two neighbours count as the same.
        equal: with what probability.
    """

    words: str
    share: float
    relations: tuple[str, str]
    neighbours: tuple[int, int] | None
    labels: tuple[str, str]
    how: How
    equal: float

    @property
    def sentence(self) -> str:
        """The words and the share."""
        return f"{self.words}; {self.share:.0%} of the evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReasons:
    """What rules say of one pair.

    Args:
        probability: that they are the same by what speaks for it alone.
        objection: that they are not by what speaks against it alone.
        speak_for: the strongest first.
        speak_against: the strongest first.
    """

    probability: float
    objection: float
    speak_for: tuple[Reason, ...]
    speak_against: tuple[Reason, ...]


class GraphReasons:
    """Reasons for pairs of two graphs.

    Args:
        graphs: the data.
        facts: of both graphs.
        known: what the rules start from.
        found: what they infer from it.
        options: bounds.
    """

    def __init__(self, graphs: GraphPair, facts: FactPair, known: Known, found: Inference, options: RuleConfig) -> None:
        self.graphs, self.facts, self.known, self.found, self.options = graphs, facts, known, found, options
        self._seeds = set(map(tuple, known.seeds.tolist()))

    def about(self, source: int, target: int) -> PairReasons:
        """What speaks for a pair of entities, and what against it."""
        pair = reasons(self.facts, self.found, source, target, self.options)
        return PairReasons(
            probability=pair.probability,
            objection=pair.objection,
            speak_for=tuple(self._reason(factor, fits=True) for factor in pair.speak_for),
            speak_against=tuple(self._reason(factor, fits=False) for factor in pair.speak_against),
        )

    def _reason(self, factor: Factor, *, fits: bool) -> Reason:
        pair = factor.source_neighbour, factor.target_neighbour
        kinds = factor.source_kind, factor.target_kind
        reason = Reason(
            words="",
            share=factor.share,
            relations=(self.relation(0, kinds[0]), self.relation(1, kinds[1])),
            neighbours=pair if pair[0] < len(self.graphs) else None,
            labels=(self.label(pair[0]), self.label(pair[1])),
            how=self._how(pair),
            equal=factor.equal,
        )
        tails = self.from_tail(0, kinds[0]), self.from_tail(1, kinds[1])
        return replace(reason, words=_words(factor, reason, tails, fits=fits))

    def relation(self, side: int, kind: int) -> str:
        """The name of a kind's relation or attribute; side 0 is the source."""
        return label_of_uri(self.relation_uri(side, kind))

    def relation_uri(self, side: int, kind: int) -> str:
        """As `relation`, as it stands in the data."""
        graph = (self.graphs.source, self.graphs.target)[side]
        relations = 2 * len(graph.relations)
        return graph.relations[kind // 2] if kind < relations else graph.attributes[kind - relations]

    def from_tail(self, side: int, kind: int) -> bool:
        """Whether a kind looks at its relation from the tail."""
        graph = (self.graphs.source, self.graphs.target)[side]
        return kind < 2 * len(graph.relations) and kind % 2 == 1

    def label(self, node: int) -> str:
        """The name of an entity, or the text of a literal."""
        entities = len(self.graphs)
        return self.graphs.labels[node] if node < entities else self.facts.literals.texts[node - entities]

    def _how(self, pair: tuple[int, int]) -> How:
        if pair[0] >= len(self.graphs):
            return "same value" if pair[0] == pair[1] else "alike value"
        return "seed link" if pair in self._seeds else "found by rules"


class RunReasons(GraphReasons):
    """Reasons for pairs of one run: rules that start from its seeds, its verdicts and what it finds from both sides.

    Works for every run with predictions, with rules or without. Test and validation links are not looked at.

    Args:
        run: the run.
        graphs: the data it was trained on.
        seeds_alone: leave out what the run finds and what would follow from it, so that nothing here is the model's
            opinion; seeds and values remain, and no predictions are needed.
    """

    def __init__(self, run: RunReader, graphs: GraphPair, *, seeds_alone: bool = False) -> None:
        options = RuleConfig(inference_rounds=1 if seeds_alone else 2)
        facts = FactPair.of(graphs)
        known = known_of_run(run, graphs, facts, no_ids(0, 2) if seeds_alone else _mutual(run))
        super().__init__(graphs, facts, known, infer(facts, known, options), options)


def _mutual(run: RunReader) -> Ids:
    """Pairs that are first for each other, int64 `[m, 2]`."""
    best = first_candidates(run)
    source = np.flatnonzero(best[: run.n_source] >= 0)
    mutual = source[best[best[source]] == source]
    return np.stack([mutual, best[mutual]], axis=1)


def known_of_run(run: RunReader, graphs: GraphPair, facts: FactPair, supposed: Ids) -> Known:
    """What a run knows of who is the same: its seeds, its verdicts, and pairs int64 `[m, 2]` supposed to be."""
    links = run.links
    seeds = links.loc[links["split"] == "seed", ["source", "target"]].to_numpy(np.int64)
    supposed = supposed[~touching(supposed, seeds.ravel())]
    review = run.facts.review
    relations = np.array(review.get("relations", []), np.int64).reshape(-1, 3)
    relations = relations[(relations[:, :2] < [side.n_kinds for side in facts.sides]).all(axis=1)]  # of a strange run
    return Known(
        seeds=seeds,
        supposed=supposed,
        supposed_probability=np.full(len(supposed), RuleConfig().model_probability),
        rejected=run.facts.denied,
        alone=run.facts.alone,
        relations=both_ends(relations, len(graphs.source.relations)),
    )


def _words(factor: Factor, reason: Reason, tails: tuple[bool, bool], *, fits: bool) -> str:
    """The factor as people say it."""
    one, other = reason.relations
    relation = one if one == other else f"{one} / {other}"
    same = reason.labels[0] if reason.labels[0] == reason.labels[1] else " / ".join(reason.labels)
    basis = _known_by(reason)
    if not fits:
        leads = [
            f"is reached by {name} from {{}}" if tail else f"has {name} → {{}}"
            for name, tail in zip(reason.relations, tails, strict=True)
        ]
        here, there = leads[0].format(reason.labels[0]), leads[1].format(f"others, not {reason.labels[1]}")
        return f"the source {here}, the target {there} ({basis})"
    if tails[0] != tails[1]:
        leads = [
            f"is reached by {name} from {same}" if tail else f"has {name} → {same}"
            for name, tail in zip(reason.relations, tails, strict=True)
        ]
        says = f"the source {leads[0]} and the target {leads[1]}"
    else:
        says = f"both are reached by {relation} from {same}" if tails[0] else f"both have {relation} → {same}"
    return f"{says}, {basis}; {_spread(relation, factor.tells)}"


def _known_by(reason: Reason) -> str:
    if reason.how == "found by rules":
        return f"a pair with probability {min(reason.equal, 0.99):.2f}"
    alike = f"values that are {min(reason.equal, 0.99):.0%} alike"
    return {"seed link": "an aligned pair", "same value": "the same value"}.get(reason.how, alike)


def _spread(relation: str, tells: float) -> str:
    """How many share such a neighbour."""
    if tells >= _NEARLY:
        return f"{relation} is nearly one-to-one"
    return f"about {1 / tells:.3g} share one by {relation}"
