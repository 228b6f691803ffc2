"""What a reader decided about cells and pairs that could as well be decided otherwise, for the account."""

from __future__ import annotations

from collections.abc import Iterable

from pmf.audit.links import cut
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Note, counted
from pmf.data.readers.entity_table import KEEP_AS_TEXT, KEPT_AS_TEXT
from pmf.data.split import LinkSplit, usable_negatives

_SHOWN = 3


def offers(pair: GraphPair, config: Config, split: LinkSplit | None = None) -> list[str]:
    """Sentences on words for missing values, and on pairs marked as not the same; none where there are none.

    Args:
        pair: the data set.
        config: of the training.
        split: the links' parts, where they are cut already.
    """
    sentences = []
    if read := [note for note in pair.notes if note.setting == KEEP_AS_TEXT]:
        sentences.append(
            f"missing values: {_cells(read)} with words like {_examples(read)}, read as empty. To keep such words as "
            f"text: --read {KEEP_AS_TEXT}, or choose it under Files and columns on the Data page."
        )
    if kept := [note for note in pair.notes if note.why == KEPT_AS_TEXT]:
        sentences.append(f"missing values: {_cells(kept)} with words like {_examples(kept)}, which are kept as text.")
    if len(pair.negatives):
        sentences.append(_negatives(pair, config, split))
    return sentences


def _negatives(pair: GraphPair, config: Config, split: LinkSplit | None) -> str:
    marked = f"not the same: {counted(len(pair.negatives), 'pair')} marked so"
    if not config.negatives:
        return f"{marked}, not used. To train against them: --set negatives=true."
    used = len(usable_negatives(pair.negatives, split or cut(pair, config)))
    how = "rules never join them, learning pushes them apart where one of the two has a seed link"
    rest = len(pair.negatives) - used
    tested = f", {rest:,} not, because of entities of test links" if rest else ""
    return f"{marked}; {used:,} used ({how}){tested}. To use none: --set negatives=false."


def _cells(notes: Iterable[Note]) -> str:
    return counted(sum(note.count for note in notes), "cell")


def _examples(notes: Iterable[Note]) -> str:
    words = dict.fromkeys(word.partition(": ")[2] or word for note in notes for word in note.examples)
    return ", ".join(f"“{word}”" for word in list(words)[:_SHOWN])
