"""Links that everything else in the graphs speaks against."""

from __future__ import annotations

from collections.abc import Iterator

from pmf.audit.findings import Finding, percent, some
from pmf.config.rules import RuleConfig
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted
from pmf.logic.doubt import CLEAR, wrong_seeds
from pmf.logic.facts import FactPair
from pmf.logic.inference import Known

_MANY = 0.01
"""Share of the links from which on it is a warning: some links of every data set look odd."""


def doubt_findings(pair: GraphPair) -> Iterator[Finding]:
    """Links of which the rules say that another counterpart is likely; every link is looked at, test links too."""
    known = Known(seeds=pair.links, rejected=pair.negatives)
    doubt = wrong_seeds(FactPair.of(pair), known, RuleConfig(inference_rounds=2))[1].clear()
    if not (count := len(doubt.places)):
        return
    share = count / len(pair.links)
    yield Finding(
        check="doubtful_links",
        severity="warning" if share > _MANY else "note",
        side="both",
        count=count,
        share=share,
        sentence=f"{counted(count, 'link')} ({percent(share)}) may be wrong: neighbours and values say next to nothing "
        f"for them, and give one of their entities another counterpart with a probability of {CLEAR:g} or more.",
        examples=some(pair.links[doubt.places].ravel()),
    )
