"""Links and graphs that are not what training and figures take them for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pmf.arrays import Ids
from pmf.audit.findings import Finding, percent, some
from pmf.audit.side import Side, having
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted


def link_findings(pair: GraphPair, sides: tuple[Side, Side]) -> Iterator[Finding]:
    """Repeated links, links that are not one-to-one, entities without a link."""
    links = np.unique(pair.links, axis=0)
    if not len(links):
        yield Finding(
            check="no_links",
            severity="warning",
            side="both",
            count=0,
            share=0.0,
            sentence="There are no links: training can only start from what is alike, and nothing can be measured.",
        )
        return
    if repeated := len(pair.links) - len(links):
        yield Finding(
            check="repeated_links",
            severity="warning",
            side="both",
            count=repeated,
            share=repeated / len(pair.links),
            sentence=f"{counted(repeated, 'link is', 'links are')} listed again: it may be trained and tested on.",
        )
    for column, side in enumerate(sides):
        yield from _conflicting(side, links, column)
        yield from _unlinked(side)


def split_findings(pair: GraphPair) -> Iterator[Finding]:
    """Published splits whose parts share entities, and entities said to be unlinked that have a link."""
    for name, split in pair.splits.items():
        tested = np.unique(split.test)
        shared = np.intersect1d(tested, np.concatenate([split.train, split.valid]))
        if len(shared):
            yield Finding(
                check="split_overlap",
                severity="warning",
                side="both",
                count=len(shared),
                share=len(shared) / len(tested),
                sentence=f"In the split {name}, {counted(len(shared), 'entity', 'entities')} of the test links "
                f"({percent(len(shared) / len(tested))}) also stand in links to learn or select from.",
                examples=some(shared),
            )
    denied = np.intersect1d(pair.unlinked, pair.links)
    if len(denied):
        yield Finding(
            check="unlinked_but_linked",
            severity="warning",
            side="both",
            count=len(denied),
            share=len(denied) / len(pair.unlinked),
            sentence=f"{len(denied):,} of the {len(pair.unlinked):,} entities listed as without a counterpart "
            "have a link.",
            examples=some(denied),
        )


def _conflicting(side: Side, links: Ids, column: int) -> Iterator[Finding]:
    entities, times = np.unique(links[:, column], return_counts=True)
    several = entities[times > 1]
    if len(several):
        other = "target" if side.name == "source" else "source"
        yield Finding(
            check="not_one_to_one",
            severity="warning",
            side=side.name,
            count=len(several),
            share=len(several) / len(entities),
            sentence=f"{counted(len(several), 'linked entity has', 'linked entities have')} several counterparts among "
            f"the {other} entities, up to {times.max()}: one-to-one matching must get all but one of them wrong.",
            examples=some(several),
        )


def _unlinked(side: Side) -> Iterator[Finding]:
    rows = np.flatnonzero(~side.linked)
    if len(rows):
        yield Finding(
            check="unlinked",
            severity="info",
            side=side.name,
            count=len(rows),
            share=len(rows) / len(side),
            sentence=f"{counted(len(rows), 'entity', 'entities')} of {len(side):,} "
            f"({percent(len(rows) / len(side))}) have no known counterpart: candidates in open scope only.",
            examples=some(side.ids(rows)),
        )


def graph_findings(sides: tuple[Side, Side]) -> Iterator[Finding]:
    """Modalities on one side only, entities that nothing or little is known of, repeated triples, self-loops."""
    for modality in sides[0].present:
        holders = [side for side in sides if side.present[modality].any()]
        if len(holders) == 1:
            yield Finding(
                check=f"{modality}_on_one_side",
                severity="note" if modality == "type" else "warning",
                side=holders[0].name,
                count=int(holders[0].present[modality].sum()),
                share=float(holders[0].present[modality].mean()),
                sentence=f"Only entities of the {holders[0].name} graph have {having(modality)}: "
                "nothing can be matched by it.",
            )
    for side in sides:
        yield from _unknown(side)
        yield from _isolated(side)
        yield from _triples(side)


def _unknown(side: Side) -> Iterator[Finding]:
    described = {modality: present for modality, present in side.present.items() if modality != "type"}
    rows = np.flatnonzero(~np.any([*described.values()], axis=0))
    if len(rows):
        linked = int(side.linked[rows].sum())
        yield Finding(
            check="nothing_known",
            severity="warning" if linked else "note",
            side=side.name,
            count=len(rows),
            share=len(rows) / len(side),
            sentence=f"{counted(len(rows), 'entity has', 'entities have')} none of these: "
            f"{', '.join(map(having, described))}; {linked:,} of them linked: nothing but chance can align those.",
            examples=some(side.ids(rows)),
        )


def _isolated(side: Side) -> Iterator[Finding]:
    rows = np.flatnonzero(~side.present["structure"])
    if len(rows):
        yield Finding(
            check="isolated",
            severity="note",
            side=side.name,
            count=len(rows),
            share=len(rows) / len(side),
            sentence=f"{counted(len(rows), 'entity has', 'entities have')} no neighbour, "
            f"{int(side.linked[rows].sum()):,} of them linked: structure says nothing about them.",
            examples=some(side.ids(rows)),
        )


def _triples(side: Side) -> Iterator[Finding]:
    triples = side.graph.relation_triples
    if not len(triples):
        return
    keys = triples @ np.array([len(side.graph.relations) * len(side), len(side), 1])
    repeated = len(keys) - len(np.unique(keys))
    if repeated:
        yield Finding(
            check="repeated_triples",
            severity="note",
            side=side.name,
            count=repeated,
            share=repeated / len(keys),
            sentence=f"{counted(repeated, 'relation triple is', 'relation triples are')} listed again; "
            "relation counts take each for one more.",
        )
    loops = triples[triples[:, 0] == triples[:, 2]]
    if len(loops):
        yield Finding(
            check="self_loops",
            severity="info",
            side=side.name,
            count=len(loops),
            share=len(loops) / len(triples),
            sentence=f"{counted(len(loops), 'relation triple leads', 'relation triples lead')} "
            "from an entity to itself.",
            examples=some(side.ids(np.unique(loops[:, 0]))),
        )
