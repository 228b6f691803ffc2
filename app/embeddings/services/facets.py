"""Ways to sort the entities of a run: what a map is coloured and filtered by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.shared.services.run_view import RunView
from pmf.failures.causes import CAUSES
from pmf.runs import layout

Codes = npt.NDArray[np.int64]

STATES = ("in use", "frozen", "missing")
MATCHES = ("right", "wrong", "not ranked")
DEGREES = (0, 1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to sort the entities.

    Args:
        name: in the address.
        title: on screen.
        options: what an entity can be, in the order in which they are listed.
        codes: `[entities]`, index into `options`, -1 for none of them.
    """

    name: str
    title: str
    options: tuple[str, ...]
    codes: Codes


def facets(run: RunView) -> list[Facet]:
    """The ways that a run has, whichever the map."""
    everyone = [
        _of("graph", "Graph", np.where(np.arange(run.n) < run.n_source, "source", "target"), ("source", "target")),
        _of("match", "Right or wrong", np.array(["not ranked", "wrong", "right"], object)[run.outcome + 1], MATCHES),
        _commonest("type", "Type", run.types, "no type"),
        _degree(run),
        _commonest("link", "Link", run.split, "no known link"),
    ]
    if run.failures is not None:
        titles = {name: cause.title for name, cause in CAUSES.items()}
        causes = np.array([titles.get(cause, cause) for cause in run.causes], object)
        everyone.append(_commonest("cause", "Cause of error", causes, "no error"))
    return [facet for facet in everyone if len(facet.options) > 1]


def freezing_state(run: RunView, view: str) -> Facet:
    """ "in use", "frozen" or "missing": of a modality, or of "fused" whether any is frozen, or all are missing."""
    state = np.full(run.n, "in use", object)
    if run.frozen_at is not None:
        rows = run.frozen_at if view == "fused" else run.frozen_at[[run.modalities.index(view)]]
        state[(rows >= 0).any(axis=0)] = "frozen"
        state[(rows == layout.MISSING).all(axis=0)] = "missing"
    return _of("frozen", f"Frozen: {'any modality' if view == 'fused' else view}", state, STATES)


def _of(name: str, title: str, values: npt.NDArray[np.generic], order: tuple[str, ...]) -> Facet:
    """The options that occur, in this order."""
    options = tuple(option for option in order if (values == option).any())
    codes = np.full(len(values), -1, np.int64)
    for code, option in enumerate(options):
        codes[values == option] = code
    return Facet(name=name, title=title, options=options, codes=codes)


def _commonest(name: str, title: str, values: npt.NDArray[np.object_], blank: str) -> Facet:
    """The commonest first; those without a value last."""
    options, codes, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    order = np.lexsort((-counts, options == ""))
    named = tuple(str(options[i]) or blank for i in order)
    return Facet(name=name, title=title, options=named, codes=np.argsort(order)[codes])


def _degree(run: RunView) -> Facet:
    """Relation triples, in classes that double."""
    codes = np.searchsorted(DEGREES, run.degree, side="right") - 1
    ends = [*DEGREES[1:], None]
    names = [
        f"{low}" if end == low + 1 else f"{low} or more" if end is None else f"{low} to {end - 1}"
        for low, end in zip(DEGREES, ends, strict=True)
    ]
    return _of("degree", "Relation triples", np.array(names, object)[codes], tuple(names))
