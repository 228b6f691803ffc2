"""What a reader decided about cells and pairs that could as well be decided otherwise, for the account."""

from __future__ import annotations

from collections.abc import Iterable

from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Note
from pmf.data.readers.columns import PARTS, plain_header
from pmf.data.readers.entity_table import KEEP_AS_TEXT, KEPT_AS_TEXT
from pmf.data.readers.link_files import NOT_THE_SAME

_SHOWN = 3


def offers(pair: GraphPair) -> list[str]:
    """Sentences on words for missing values, and on pairs marked as not the same; none where there are none."""
    sentences = []
    if read := [note for note in pair.notes if note.setting == KEEP_AS_TEXT]:
        sentences.append(
            f"missing values: {_count(read):,} cells hold words like {_examples(read)} and count as empty. To keep "
            f"such words as text: --read {KEEP_AS_TEXT}, or choose it under Files and columns on the Data page."
        )
    if kept := [note for note in pair.notes if note.why == KEPT_AS_TEXT]:
        sentences.append(
            f"missing values: {_count(kept):,} cells hold words like {_examples(kept)}, which are kept as text."
        )
    if not_same := [note for note in pair.notes if note.why == NOT_THE_SAME]:
        count = _count(not_same)
        pairs = "1 pair marked so, and no link" if count == 1 else f"{count:,} pairs marked so, and no links"
        sentences.append(f"not the same: {pairs}.{_against(not_same)}")
    return sentences


def _against(not_same: list[Note]) -> str:
    """How to train against such pairs; not against those of a file of test links."""
    files = [note.file for note in not_same if PARTS.get(plain_header(note.file.partition(".")[0])) in (None, "train")]
    return f" To train against such pairs once a run is there: train --from RUN --verdicts {files[0]}." if files else ""


def _count(notes: Iterable[Note]) -> int:
    return sum(note.count for note in notes)


def _examples(notes: Iterable[Note]) -> str:
    words = dict.fromkeys(word.partition(": ")[2] or word for note in notes for word in note.examples)
    return ", ".join(f"“{word}”" for word in list(words)[:_SHOWN])
