"""Named parts of a run's entities, so that a failure has an address.

degree:1-2              relation triples of the entity
type:NAME               its type
language:xx             as its URI's host says, where it does
frozen:image            frozen in the run, on either side of the pair; missing:image likewise
froze-at:image:12       frozen in that epoch, on either side
updated:new             new in the data since the run that this is an update of; updated:changed likewise
cause:NAME              why a wrong query is wrong, see `pmf.failures.causes`
saved:HASH              a kept list, see `app.slices.services.kept`
degree:1-2&type:city    both: names joined by "&", each percent-encoded
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.run_view import RunView
from app.slices.services import kept as saved_slices
from pmf.data.degrees import degree_bucket
from pmf.errors import ConfigError
from pmf.failures.causes import CAUSES
from pmf.runs import layout

Mask = npt.NDArray[np.bool_]

MOST_TYPES = 20
SMALLEST = 10
MOST_TERMS = 6
JOIN, PLAIN = "&", ":-,+"  # between the names of a combination, and what stays as it is in them


def names(run: RunView) -> dict[str, str]:
    """Slice name → title, of every elementary slice this run can have; kept lists are `saved_slices.titles`."""
    titles = {f"degree:{bucket}": f"{bucket} relation triples" for bucket in degree_bucket(run.degree).cat.categories}
    for modality in run.modalities:
        titles[f"frozen:{modality}"] = f"{modality} frozen on either side"
        titles[f"missing:{modality}"] = f"{modality} missing on either side"
    kinds = pd.Series(run.types).value_counts().drop("", errors="ignore").index[:MOST_TYPES]
    titles |= {f"type:{kind}": f"type {kind}" for kind in kinds}
    titles |= {f"language:{code}": f"language {code}" for code in sorted(pd.unique(run.languages)) if code}
    happened = set(run.causes.tolist())
    titles |= {f"cause:{name}": f"cause {cause.title}" for name, cause in CAUSES.items() if name in happened}
    if run.reader.facts.updated is not None:
        titles |= {"updated:new": "new since the update", "updated:changed": "changed since, on either side"}
    for modality, row in zip(run.modalities, () if run.frozen_at is None else run.frozen_at, strict=False):
        for epoch in np.unique(row[row >= 0]).tolist():
            titles[f"froze-at:{modality}:{epoch}"] = f"{modality} frozen in epoch {epoch} on either side"
    return titles


def title(run: RunView, name: str) -> str:
    """What any slice is called on screen: elementary, kept or combined.

    Raises:
        ConfigError: there is no such slice in this run.
    """
    titles = names(run)
    if name not in titles and JOIN in name:
        return " and ".join(title(run, term) for term in terms(name))
    if name.startswith(saved_slices.PREFIX):
        titles = saved_slices.titles(run)
    if name not in titles:
        raise ConfigError(f"There is no slice “{name}” in this run.")
    return titles[name]


def members(run: RunView, name: str) -> Mask:
    """`[entities]`: which queries a slice holds, each judged together with its linked counterpart.

    Raises:
        ConfigError: there is no such slice in this run.
    """
    if name in names(run):
        return _elementary(run, name)
    if JOIN in name:
        return np.logical_and.reduce([members(run, term) for term in terms(name)])
    kept = saved_slices.members(run, name) if name.startswith(saved_slices.PREFIX) else None
    if kept is None:
        raise ConfigError(f"There is no slice “{name}” in this run.")
    return _on_either_side(run, kept)


def masks(run: RunView) -> dict[str, Mask]:
    """`members` of every elementary slice, by name."""
    return {name: _elementary(run, name) for name in names(run)}


def combine(parts: Iterable[str]) -> str:
    """The name of what all of some slices have in common; a single one's is its own, that of none is ""."""
    single = list(dict.fromkeys(parts))
    return single[0] if len(single) == 1 else JOIN.join(quote(name, safe=PLAIN) for name in single)


def terms(name: str) -> list[str]:
    """The names that a combination joins.

    Raises:
        ConfigError: it joins too many.
    """
    parts = [unquote(term) for term in name.split(JOIN)]
    if len(parts) > MOST_TERMS:
        raise ConfigError(f"A slice joins {MOST_TERMS} others at most, not {len(parts)}.")
    return parts


def _elementary(run: RunView, name: str) -> Mask:
    kind, _, value = name.partition(":")
    if kind == "degree":
        return (degree_bucket(run.degree) == value).to_numpy()
    if kind == "type":
        return run.types == value
    if kind == "language":
        return run.languages == value
    if kind == "cause":
        return run.causes == value
    if kind == "updated":
        return run.reader.is_new if value == "new" else _on_either_side(run, run.reader.is_changed)
    if run.frozen_at is None:
        return np.zeros(run.n, np.bool_)
    modality, _, epoch = value.partition(":")
    own = run.frozen_at[run.modalities.index(modality)]
    if kind == "froze-at":
        return _on_either_side(run, own == int(epoch))
    return _on_either_side(run, own >= 0 if kind == "frozen" else own == layout.MISSING)


def _on_either_side(run: RunView, mask: Mask) -> Mask:
    """What is in a mask, and the linked counterparts of what is."""
    return mask | np.where(run.partner >= 0, mask[run.partner], False)
