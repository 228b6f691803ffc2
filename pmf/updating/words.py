"""What has changed, in short lines for people: entities and links by their names, never by row numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from pmf.arrays import Flags, Ids
from pmf.data.notes import counted
from pmf.updating.changes import EVIDENCE, Changes

_SHOWN = 5
_LONGEST = 80  # characters of a name


def lines_of(changes: Changes) -> list[str]:
    """What is new, changed and gone in either graph, and among the links."""
    lines = []
    for side, rows, old_rows in _sides(changes):
        new, changed = changes.is_new[rows], changes.is_changed[rows]
        gone = changes.after[old_rows] < 0
        kinds = zip(EVIDENCE, changes.changed[:, rows].sum(axis=1).tolist(), strict=True)
        of = ", ".join(f"{kind} {count:,}" for kind, count in kinds if count)
        lines.append(
            f"{side}: {counted(int(new.sum()), 'entity')} new, {changed.sum():,} changed"
            f"{f' ({of})' if of else ''}, {gone.sum():,} gone"
        )
        for word, labels in (
            ("new", _named(changes.new.labels, rows, new)),
            ("changed", _named(changes.new.labels, rows, changed)),
            ("gone", _named(changes.old.labels, old_rows, gone)),
        ):
            if labels:
                lines.append(f"{word} in {side}: {labels}")
    lines.append(f"links: {len(changes.new_links):,} new, {len(changes.gone_links):,} gone")
    for word, pair, links in (
        ("new", changes.new, changes.new_links),
        ("gone", changes.old, changes.gone_links),
    ):
        if len(links):
            names = [f"{_short(pair.labels[s])} = {_short(pair.labels[t])}" for s, t in links[:_SHOWN].tolist()]
            lines.append(f"{word} links: {_listed(names, len(links))}")
    return lines


def counts_of(changes: Changes) -> dict[str, Any]:
    """The same as numbers, ready for JSON."""
    sides = {
        side: {
            "new": int(changes.is_new[rows].sum()),
            "changed": int(changes.is_changed[rows].sum()),
            "gone": int((changes.after[old_rows] < 0).sum()),
            "entities": rows.stop - rows.start,
        }
        for side, rows, old_rows in _sides(changes)
    }
    return {**sides, "links": {"new": len(changes.new_links), "gone": len(changes.gone_links)}}


def _sides(changes: Changes) -> tuple[tuple[str, slice, slice], ...]:
    """Each side's name, its ids now and its ids before."""
    new, old = changes.new, changes.old
    return (
        ("source", slice(0, new.n_source), slice(0, old.n_source)),
        ("target", slice(new.n_source, len(new)), slice(old.n_source, len(old))),
    )


def _named(labels: list[str], rows: slice, chosen: Flags) -> str:
    ids: Ids = np.flatnonzero(chosen) + rows.start
    return _listed([_short(labels[i]) for i in ids[:_SHOWN].tolist()], len(ids)) if len(ids) else ""


def _listed(names: list[str], total: int) -> str:
    more = f" and {total - len(names):,} more" if total > len(names) else ""
    return ", ".join(names) + more


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
