"""What a data set holds, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from pmf.data.graph_pair import GraphPair, KnowledgeGraph, degrees
from pmf.modalities import MODALITIES


def summarise(pair: GraphPair) -> dict[str, Any]:
    """Counts and coverage of a data set, ready for JSON.

    Returns:
        `name, format, path, fingerprint, links`, `splits` (name → number of train, valid and test links), `unlinked`
        (entities known to have no counterpart), `negatives` (pairs known not to be the same), `notes` (see `Note`) and,
        under `source` and `target`, counts (`entities`, `relations`, `attributes`, `relation_triples`,
        `attribute_triples`, `names`, `images`, `image_features`, `linked`), `mean_degree`, and `coverage`: the share in
        [0, 1] of entities that have each modality; a picture that cannot be read is none.
    """
    return {
        "name": pair.name,
        "format": pair.format,
        "path": str(pair.path),
        "fingerprint": pair.fingerprint,
        "links": len(pair.links),
        "splits": {
            name: {part: len(getattr(split, part)) for part in ("train", "valid", "test")}
            for name, split in pair.splits.items()
        },
        "unlinked": len(pair.unlinked),
        "negatives": len(pair.negatives),
        "notes": [note.to_dict() for note in pair.notes],
        "source": _summarise_side(pair.source, linked=len(np.unique(pair.links[:, 0]))),
        "target": _summarise_side(pair.target, linked=len(np.unique(pair.links[:, 1]))),
    }


def _summarise_side(graph: KnowledgeGraph, linked: int) -> dict[str, Any]:
    degree = degrees(graph)
    present = {name: (m.usable or m.present)(graph) for name, m in MODALITIES.items() if m.present}
    return {
        "entities": len(graph),
        "relations": len(graph.relations),
        "attributes": len(graph.attributes),
        "relation_triples": len(graph.relation_triples),
        "attribute_triples": len(graph.attribute_triples),
        "names": len(graph.names),
        "images": len(graph.images),
        "image_features": len(graph.image_features),
        "linked": linked,
        "mean_degree": float(degree.mean()),
        "coverage": {name: int(having.sum()) / len(graph) for name, having in present.items()},
    }
