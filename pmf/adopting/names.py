"""What the name of a file or an array says that it holds: `img_emb` pictures, `kg1_ent_embeds` the source's fused."""

from __future__ import annotations

import re
from dataclasses import dataclass

FUSED, WEIGHTS, RELEVANCE, SIMILARITY = "fused", "weights", "relevance", "similarity"

_WORDS = {
    "structure": "structure structural struct gph graph gcn gat kgs",
    "relation": "relation relations relational rel rels",
    "attribute": "attribute attributes attr attrs att",
    "image": "image images img imgs visual vis vision picture pictures pic",
    "value": "value values",
    "name": "name names",
    "char": "char chars character characters spelling",
    WEIGHTS: "weight weights gate gates attention alpha",
    RELEVANCE: "relevance",
    SIMILARITY: "similarity similarities sim sims score scores matrix",
    FUSED: "fused fusion joint all multimodal final",
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
_OF_SIDE = {"source": "source src kg1 left l 1 graph1", "target": "target tgt trg kg2 right r 2 graph2"}
_SIDES = {word: side for side, words in _OF_SIDE.items() for word in words.split()}
_SAY_NOTHING = (
    "emb embs embed embeds embedding embeddings ent ents entity entities feature features feat vec vecs vector vectors "
    "last best epoch ep step test npy output out the of by hidden"
)
_PLAIN = frozenset(_SAY_NOTHING.split())
"""Words that say nothing of which embedding it is."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a name says.

    Args:
        role: a modality, "fused", "weights", "relevance" or "similarity".
        side: "source" or "target", "" for both.
    """

    role: str
    side: str = ""


def called(name: str) -> Called | None:
    """What a file or an array of this name holds, None where its name does not say."""
    words = [word for word in re.split(r"[^a-z0-9]+", _apart(name).casefold()) if word]
    sides = {_SIDES[word] for word in words if word in _SIDES}
    rest = [word for word in words if word not in _SIDES and word not in _PLAIN and not word.isdigit()]
    roles = {_ROLES.get(word, "") for word in rest}
    if "" in roles or len(sides) > 1:
        return None
    stated = roles - {FUSED} or roles
    if len(stated) > 1:
        return None
    return Called(next(iter(stated), FUSED), next(iter(sides), ""))


def epoch_of(name: str) -> int | None:
    """The epoch that a name ends with, None where it has no number."""
    numbers = re.findall(r"\d+", name)
    return int(numbers[-1]) if numbers else None


def _apart(name: str) -> str:
    """`entEmbeds` in two words."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
