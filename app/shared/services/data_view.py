"""One data set with what the Data page asks of it, each part worked out once."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.dataset import Dataset
from pmf.audit.account import Account, take_account, usual_account
from pmf.audit.audit import Audit, audit
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair, degrees
from pmf.progress import Progress, silent

if TYPE_CHECKING:
    from pmf.alignment.explanation.doubtful_links import DoubtfulLink

Ids = npt.NDArray[np.int64]

SIDES = {"": "Both graphs", "source": "Source", "target": "Target"}
LINKS = {"": "Linked or not", "linked": "Linked", "unlinked": "No known link"}
PICTURES = {"": "Picture or not", "with": "With picture", "without": "No picture"}
MOST_ACCOUNTS = 20
ORDERS = {"": "As in the data", "name": "By name", "degree": "Most triples", "attributes": "Most attributes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityFilter:
    """Which entities to list; "" lets all through.

    Args:
        side: of `SIDES`.
        link: of `LINKS`.
        picture: of `PICTURES`.
        type: an entity type.
        text: that the name or the URI holds, whatever the case.
        order: of `ORDERS`.
    """

    side: str = ""
    link: str = ""
    picture: str = ""
    type: str = ""
    text: str = ""
    order: str = ""


class DataView:
    """A data set for the page; nothing is written to after it is made, so that sessions may share it."""

    def __init__(self, pair: GraphPair) -> None:
        self.pair, self.n, self.n_source = pair, len(pair), pair.n_source
        self.data = Dataset(pair)
        self._lock = threading.Lock()
        self._audits: dict[bool, Audit] = {}
        self._accounts: dict[tuple[object, ...], Account] = {}

    @property
    def n_pictures(self) -> int:
        """Entities that have a picture file."""
        return sum(len(graph.images) for graph, _ in self.pair.sides())

    @cached_property
    def partner(self) -> Ids:
        """The linked counterpart of each entity, -1 without one; of several the first."""
        partner = np.full(self.n, -1, np.int64)
        source, target = self.pair.links[::-1].T
        partner[source], partner[target] = target, source
        return partner

    @cached_property
    def entities(self) -> pd.DataFrame:
        """One row an entity id: label, uri, side, type, degree, attributes (triples), picture, linked, counterpart."""
        graphs = [graph for graph, _ in self.pair.sides()]
        labels = np.array(self.pair.labels, dtype=object)
        return pd.DataFrame(
            {
                "label": labels,
                "uri": [uri for graph in graphs for uri in graph.entities],
                "side": np.repeat(["source", "target"], [len(graph) for graph in graphs]),
                "type": [graph.types.get(row, "") for graph in graphs for row in range(len(graph))],
                "degree": np.concatenate([degrees(graph) for graph in graphs]),
                "attributes": np.concatenate(
                    [np.bincount(graph.attribute_triples[:, 0], minlength=len(graph)) for graph in graphs]
                ),
                "picture": [row in graph.images for graph in graphs for row in range(len(graph))],
                "linked": self.partner >= 0,
                "counterpart": np.where(self.partner >= 0, labels[self.partner], ""),
            }
        )

    @cached_property
    def usual(self) -> Account:
        """What the plain training would use of it, and what not and why."""
        return usual_account(self.pair)

    @cached_property
    def doubtful_links(self) -> tuple[DoubtfulLink, ...]:
        """Links that the others speak against, the clearest case first."""
        from pmf.alignment.explanation.doubtful_links import doubtful_links_of_data  # takes a second to import

        return doubtful_links_of_data(self.pair)

    def account(self, config: Config) -> Account:
        """What a training with these settings would use of it; the last few answers are kept."""
        about = (config.modalities, config.features, config.split, config.seed_ratio, config.seeds, config.seed)
        with self._lock:
            if about not in self._accounts:
                while len(self._accounts) >= MOST_ACCOUNTS:
                    del self._accounts[next(iter(self._accounts))]
                self._accounts[about] = take_account(self.pair, config)
            return self._accounts[about]

    @cached_property
    def types(self) -> list[str]:
        """The entity types, commonest first."""
        named = self.entities["type"][self.entities["type"] != ""]
        return [str(name) for name in named.value_counts().index]

    @cached_property
    def _searched(self) -> pd.Series:
        return (self.entities["label"].astype(str) + "\n" + self.entities["uri"].astype(str)).str.casefold()

    def is_source(self, entity: int) -> bool:
        """Whether an entity belongs to the source graph."""
        return entity < self.n_source

    def select(self, wanted: EntityFilter) -> Ids:
        """Ids of the entities that pass a filter, in its order."""
        table, keep = self.entities, np.ones(self.n, np.bool_)
        if wanted.side:
            keep &= (table["side"] == wanted.side).to_numpy()
        if wanted.link:
            keep &= table["linked"].to_numpy() == (wanted.link == "linked")
        if wanted.picture:
            keep &= table["picture"].to_numpy() == (wanted.picture == "with")
        if wanted.type:
            keep &= (table["type"] == wanted.type).to_numpy()
        if text := wanted.text.strip().casefold():
            keep &= self._searched.str.contains(text, regex=False).to_numpy()
        ids = np.flatnonzero(keep)
        if wanted.order == "name":
            return ids[table["label"].astype(str).str.casefold().iloc[ids].argsort(kind="stable")]
        if wanted.order:
            return ids[np.argsort(-table[wanted.order].to_numpy()[ids], kind="stable")]
        return ids

    @cached_property
    def example(self) -> int:
        """An entity worth looking at first: linked, with a picture, and with most to show."""
        table = self.entities
        shown = 4 * table["linked"] + 2 * table["picture"] + (table["attributes"] > 0)
        best = np.flatnonzero(shown == shown.max())
        return int(best[np.argmax(np.minimum(table["degree"].to_numpy()[best], 20))])

    def audited(self, *, pictures: bool) -> bool:
        """Whether `audit` has its answer ready."""
        return pictures in self._audits

    def audit(self, *, pictures: bool, progress: Progress = silent) -> Audit:
        """What looks wrong, see `pmf.audit.audit`; sessions that ask for the same wait for one answer."""
        with self._lock:
            if pictures not in self._audits:
                self._audits[pictures] = audit(self.pair, pictures=pictures, progress=progress)
        return self._audits[pictures]
