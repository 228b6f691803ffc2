"""What was read of a data set, and what is missing, for people."""

from __future__ import annotations

import pandas as pd

from pmf.audit.audit import Audit
from pmf.audit.summary import summarise
from pmf.data.graph_pair import GraphPair

COUNTS = {
    "entities": "Entities",
    "linked": "with a known counterpart",
    "relation_triples": "Relation triples",
    "relations": "Relations",
    "attribute_triples": "Attribute triples",
    "attributes": "Attributes",
    "names": "Names",
    "images": "Picture files",
    "image_features": "Picture features",
}


def counts(pair: GraphPair) -> pd.DataFrame:
    """What was read: `What, Source, Target`, lines that are 0 on both sides left out."""
    summary = summarise(pair)
    rows = [
        {"What": title, "Source": summary["source"][name], "Target": summary["target"][name]}
        for name, title in COUNTS.items()
        if summary["source"][name] or summary["target"][name]
    ]
    return pd.DataFrame(rows)


def missing(pair: GraphPair) -> list[str]:
    """What the data set lacks, a sentence each, with what would bring it."""
    graphs = [graph for graph, _ in pair.sides()]
    sentences = []
    if not len(pair.links):
        sentences.append("No links: add known pairs of entities to measure how good the matches are.")
    if not any(len(graph.relation_triples) for graph in graphs):
        sentences.append("No relation triples: structure and relation have nothing to learn from.")
    if not any(len(graph.attribute_triples) for graph in graphs):
        sentences.append("No attributes.")
    elif not any(any(graph.attribute_values) for graph in graphs):
        sentences.append("Attributes have names only, no values.")
    if not any(graph.images for graph in graphs):
        features = any(graph.image_features for graph in graphs)
        sentences.append(
            "No picture files, only picture features: training sees them, people do not."
            if features
            else "No pictures."
        )
    if not any(graph.names for graph in graphs):
        sentences.append("No names of their own: labels here are made of the entities' identifiers.")
    if not any(graph.types for graph in graphs):
        sentences.append("No entity types.")
    return sentences


def coverage(audit: Audit) -> pd.DataFrame:
    """Share of entities that have a modality: `modality, side, count, entities, share`; those nobody has left out."""
    rows = [
        {"modality": row.modality, "side": row.side, "count": row.count, "entities": row.entities}
        for row in audit.coverage
        if row.group == "all"
    ]
    table = pd.DataFrame(rows)
    table["share"] = table["count"] / table["entities"]
    return table[table.groupby("modality")["count"].transform("sum") > 0].reset_index(drop=True)


def distribution(audit: Audit, what: str) -> pd.DataFrame:
    """How a count is spread: `side, bin, entities, share`, bins named by the counts in them, lowest first.

    Args:
        audit: of the data set.
        what: "degree" or "attributes".
    """
    rows = [row for row in audit.distributions if row.what == what and row.group == "all"]
    edges = max((row.edges for row in rows), key=len)
    names = [_bin(low, high) for low, high in zip(edges, [*edges[1:], None], strict=True)]
    parts = [
        pd.DataFrame(
            {
                "side": row.side,
                "bin": names,
                "entities": [*row.entities, *[0] * (len(edges) - len(row.entities))],
            }
        ).assign(share=lambda part: part["entities"] / part["entities"].sum())
        for row in rows
    ]
    return pd.concat(parts, ignore_index=True)


def _bin(low: int, high: int | None) -> str:
    if high is None:
        return f"{low:,}+" if low > 1 else str(low)
    return f"{low:,}" if high == low + 1 else f"{low:,}–{high - 1:,}"
