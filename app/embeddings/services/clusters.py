"""Parts of a map, and what sets each apart: the type or the word of its names that is commoner there than elsewhere."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.embeddings.services.placement import FITTED, Ids, Points, sample

CLUSTERS = 12
LEAST, LIFT = 0.1, 2.0  # share of a part that a term is in, and how much commoner it is there than on the whole map
_WORD = re.compile(r"[a-z]{3,}|(?![a-z]+\b)[^\W\d_]{2,}")  # "of" says nothing, two ideographs do


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Which entity has which term.

    Args:
        names: of the terms.
        entity: `[n]`, entity of each mention.
        term: `[n]`, index of its term.
    """

    names: Ids
    entity: Ids
    term: Ids


def words(labels: Sequence[str]) -> Terms:
    """The words of names, each once an entity."""
    return _terms([(i, word) for i, label in enumerate(labels) for word in set(_WORD.findall(str(label).casefold()))])


def kinds(types: Sequence[str]) -> Terms:
    """The type of each entity that has one."""
    return _terms([(i, str(name)) for i, name in enumerate(types) if name])


def _terms(pairs: list[tuple[int, str]]) -> Terms:
    term, names = pd.factorize(np.array([name for _, name in pairs], object), sort=True)
    return Terms(names=names, entity=np.array([i for i, _ in pairs], np.int64), term=term)


def clusters(points: Points) -> Ids:
    """`[entities]`: the part of the map by k-means, 0 the largest, -1 for what is not shown."""
    from scipy.cluster.vq import kmeans2, vq

    part = np.full(len(points), -1, np.int64)
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    count = min(CLUSTERS, len(np.unique(points[there], axis=0)))
    if count < 2:
        part[there] = 0
        return part
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a part may end up empty: there is one less then
        centres, _ = kmeans2(points[sample(there, FITTED)].astype(float), count, minit="++", rng=0)
    _, nearest, sizes = np.unique(vq(points[there].astype(float), centres)[0], return_inverse=True, return_counts=True)
    part[there] = np.argsort(np.argsort(-sizes, kind="stable"))[nearest]
    return part


def names(part: Ids, *terms: Terms) -> list[str]:
    """What each part is called: "country · islands"; "" where no term sets it apart.

    Args:
        part: `[entities]`, from `clusters`.
        terms: of each, the best names the part.
    """
    best = (_apart(part, one) for one in terms)
    return [" · ".join(dict.fromkeys(filter(None, of_part))) for of_part in zip(*best, strict=True)]


def _apart(part: Ids, terms: Terms) -> npt.NDArray[np.object_]:
    """For each part the term with the largest share × log lift."""
    sizes = np.bincount(part[part >= 0])
    there = part[terms.entity] >= 0
    shape = (len(terms.names), len(sizes))
    if not there.any():
        return np.full(len(sizes), "", object)
    places = np.ravel_multi_index((terms.term[there], part[terms.entity[there]]), shape)
    count = np.bincount(places, minlength=np.prod(shape)).reshape(shape)  # [terms, parts]
    share = count / sizes
    lift = share / np.maximum(count.sum(axis=1, keepdims=True) / sizes.sum(), 1e-12)
    apart = (share >= LEAST) & (lift >= LIFT) & (count > 2)
    score = np.where(apart, share * np.log(np.maximum(lift, 1)), 0)
    return np.where(score.max(axis=0) > 0, np.asarray(terms.names, object)[score.argmax(axis=0)], "")
