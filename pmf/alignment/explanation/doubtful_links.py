"""Links that rules speak against, each with a likelier pair and why that is likelier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pmf.alignment.explanation.reasons import GraphReasons, known_of_run
from pmf.arrays import Ids, no_ids
from pmf.config.rules import RuleConfig
from pmf.data.graph_pair import GraphPair
from pmf.logic.doubt import Doubt, doubtful, wrong_seeds
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known
from pmf.progress import step
from pmf.runs.reader import RunReader

_OPTIONS = RuleConfig(inference_rounds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulLink:
    """A link that next to nothing speaks for, while another counterpart of one of its entities is likely.

    Args:
        source: entity id.
        target: entity id.
        rival: ids (source, target) of the likelier pair; it has one entity with the link in common.
        probability: of that pair.
        because: the strongest reason for that pair, in words.
        against: the strongest reason against the link, in words; "" where there are only none for it.
    """

    source: int
    target: int
    rival: tuple[int, int]
    probability: float
    because: str
    against: str


def doubtful_links_of_data(graphs: GraphPair) -> tuple[DoubtfulLink, ...]:
    """Of all links that the data has, those that the others speak against, the likeliest rival first."""
    known = Known(seeds=graphs.links, rejected=graphs.negatives)
    return _doubtful_links(graphs, FactPair.of(graphs), known, no_ids(0, 2))


def doubtful_links_of_run(run: RunReader, graphs: GraphPair) -> tuple[DoubtfulLink, ...]:
    """Of a run's links, those that its seeds speak against, the likeliest rival first.

    Validation and test links are asked about, but are no evidence: what a person does about a seed that is listed here
    rests on seeds alone.

    Args:
        run: the run.
        graphs: the data it was trained on.
    """
    facts, links = FactPair.of(graphs), run.links
    others = links.loc[links["split"] != "seed", ["source", "target"]].to_numpy(np.int64)
    return _doubtful_links(graphs, facts, known_of_run(run, graphs, facts, no_ids(0, 2)), others)


def _doubtful_links(graphs: GraphPair, facts: FactPair, known: Known, others: Ids) -> tuple[DoubtfulLink, ...]:
    inference, doubt = wrong_seeds(facts, known, _OPTIONS)
    reasons = GraphReasons(graphs, facts, known, inference, _OPTIONS)
    with step("judging links"):
        parts = [(known.seeds, doubt), (others, doubtful(facts, inference, others, _OPTIONS))]
        found = [link for links, part in parts for link in _explained(reasons, links, part.clear())]
    return tuple(sorted(found, key=lambda link: (-link.probability, link.source, link.target)))


def _explained(reasons: GraphReasons, links: Ids, doubt: Doubt) -> list[DoubtfulLink]:
    return [
        DoubtfulLink(
            source=source,
            target=target,
            rival=(rival[0], rival[1]),
            probability=probability,
            because=next((reason.words for reason in reasons.about(*rival).speak_for), ""),
            against=next((reason.words for reason in reasons.about(source, target).speak_against), ""),
        )
        for (source, target), rival, probability in zip(
            links[doubt.places].tolist(), doubt.rivals.tolist(), doubt.rival_probability.tolist(), strict=True
        )
    ]
