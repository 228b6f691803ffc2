"""What the rest of the code asks about a modality, in one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pmf.arrays import Flags, Ids, Matrix
from pmf.progress import Progress

if TYPE_CHECKING:  # floors above; a record is called with their objects and loads its builder when it is used
    from pmf.config.features import FeatureOptions
    from pmf.data.graph_pair import GraphPair, KnowledgeGraph


@dataclass(frozen=True, kw_only=True)
class Modality:
    """One kind of description of entities; a file in this folder that defines `MODALITY` adds one.

    Args:
        name: as in settings and run folders.
        place: modalities are listed in this order everywhere.
        title: what people call it, in the plural: "pictures".
        having: what an entity has: "a picture".
        colour: of everything drawn of it, `#RRGGBB`; no other modality's.
        dash: of its lines, a dash of Plotly.
        symbol: of its points, a symbol of Plotly.
        build: makes the input matrix, rows are entities of the pair; loads the libraries it needs when it is called.
            Its last argument is the pair whose words, relations, … are the columns: the same pair, or the one that a
            finished model was trained on. None for a modality that is learned from the graph alone.
        lacking: why a data set may have no features of it, after "it has no features: ".
        present: which entities of a graph have it, bool `[n]`; None where only the built features tell.
        usable: as `present`, after a closer look that takes a while; None where there is nothing to look at.
        unseen: how many of a graph `usable` takes on trust, because looking at them would take too long.
        useless: what is wrong with one that makes no feature, after "a picture that".
        items: (entities, items), int64 `[t]` each: what the graph says of each entity, for the overlap of two
            entities. None where entities are compared by their vectors.
        words: what its encoder is given of one entity of the pair, in words.
        comparable: whether its features mean the same in both graphs, so that entities can be compared by them before
            anything is learned, see `pmf.model.direct`.
        written: whether it compares what people wrote: the answer is then given away in published benchmarks, whose
            graphs were made from one another's names.
        on_request: "" for a modality that is used wherever the data has it, else why it is used only when named.
        audited: False where another modality is had by the same entities, so that findings would say all twice.
    """

    name: str
    place: int
    title: str
    having: str
    colour: str
    dash: str
    symbol: str
    build: Callable[[GraphPair, FeatureOptions, Progress, GraphPair], Matrix] | None
    lacking: str = ""
    present: Callable[[KnowledgeGraph], Flags] | None = None
    usable: Callable[[KnowledgeGraph], Flags] | None = None
    unseen: Callable[[KnowledgeGraph], int] | None = None
    useless: str = "makes no feature"
    items: Callable[[KnowledgeGraph], tuple[Ids, Ids]] | None = None
    words: Callable[[GraphPair, int], Iterable[str]] = lambda pair, entity: ()
    comparable: bool = False
    written: bool = False
    on_request: str = ""
    audited: bool = True


def flags(rows: npt.ArrayLike, n: int) -> Flags:
    """True at the rows, which may repeat, bool `[n]`."""
    marked = np.zeros(n, np.bool_)
    marked[np.asarray(rows, np.int64)] = True
    return marked
