"""What config.json says of a run, by name and type; pages and commands ask these facts, never the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pmf.arrays import Ids
from pmf.config.config import Config, by_name
from pmf.runs.checks import config_check

_FORMER_OF_TRAIN = ("cuda_graphs",)
"""Settings of earlier versions that changed how fast a training was, and nothing that it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Where a run comes from that another system has made.

    Args:
        layout: what its files were recognised as.
        source: name of the file or folder.
        embeddings: whether embeddings came; without them pairs and their scores did.
        probabilities: whether those scores are probabilities that a pair is right.
        lines: what came, what was guessed and what is missing, a sentence each.
    """

    layout: str
    source: str
    embeddings: bool
    probabilities: bool
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """Where a run comes from that is an update of another one.

    Args:
        parent: the run that it is an update of, by its id.
        trained_on: the data that the model was trained on, as `Facts.data_path`.
        trained_fingerprint: their SHA-256.
        lines: what is new, changed and gone since the parent, a sentence each.
        due: why a new training is due, a sentence each; empty = it is not.
        judged: how that was judged, a sentence.
    """

    parent: str
    trained_on: str
    trained_fingerprint: str
    lines: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    judged: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a run says of itself; "", None or {} where it does not say.

    Args:
        n_source: entities of the source graph.
        n_entities: entities of both graphs.
        recorded: its settings as the file has them, nested; of another version, so some may be missing or unknown.
        data_name: of the data set.
        data_path: where it was read, or "demo".
        fingerprint: SHA-256 of the data.
        created: when it began, as ISO 8601.
        versions: of the program ("code_version"), "torch" and "python".
        device: "cpu" or "cuda".
        threads: of its process.
        scope: which candidates count, "closed" or "open".
        selection: which epoch is kept: "last", or the best on "validation" or "test" links.
        seed: of every random choice.
        account: what is used of the data and what is not.
        review: the verdicts that it uses: "matched" and "rejected" pairs, entities "alone", and counts; also
            "negatives", pairs that the data marks as not the same.
        adopted: where it comes from if another system has made it, None of one that was trained here.
        updated: where it comes from if it is an update of another run, None of one that was trained.
    """

    n_source: int
    n_entities: int
    recorded: Mapping[str, Any]
    data_name: str = ""
    data_path: str = ""
    fingerprint: str = ""
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    threads: int | None = None
    processes: int = 1
    scope: str
    selection: str
    seed: int | None = None
    account: Mapping[str, Any] | None = None
    review: Mapping[str, Any] = field(default_factory=dict)
    adopted: Adopted | None = None
    updated: Updated | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting as `section.name`; where the run recorded none, as this version has it."""
        return {**_OURS, **by_name(self.recorded)}

    @property
    def verdicts_used(self) -> int:
        """How many verdicts it trained with."""
        return sum(len(self.review.get(kind, ())) for kind in ("matched", "rejected", "alone", "relations"))

    def config(self) -> Config:
        """Its settings as this version's.

        Raises:
            ConfigError: it is of a version with other settings.
        """
        values = {"data": "", **self.recorded}
        if "train" in values:
            values["train"] = {name: value for name, value in values["train"].items() if name not in _FORMER_OF_TRAIN}
        return Config.from_dict(values)

    @property
    def denied(self) -> Ids:
        """Pairs `[r, 2]` that people, or the data, say are not the same."""
        pairs = [*self.review.get("rejected", []), *self.review.get("negatives", [])]
        return np.array(pairs, np.int64).reshape(-1, 2)

    @property
    def alone(self) -> Ids:
        """Entities `[a]` that people say have no counterpart."""
        return np.array(self.review.get("alone", []), np.int64)

    def why_missing(self, what: str) -> str:
        """Why a run has no embeddings, or nothing else that training stores with them, in a sentence.

        Args:
            what: is missing, with its verb: "embeddings are".
        """
        if self.adopted is None:
            return "its first training stage has not ended"
        return f"it comes from {self.adopted.layout}, and {what} not among what came"


_OURS = by_name(Config(data="").to_dict())


def read_facts(values: Any) -> Facts:
    """The checked facts of the values of config.json.

    Raises:
        ValueError: one sentence on what does not fit.
    """
    config_check()(values, "")
    if values["n_source"] >= values["n_entities"]:
        raise ValueError(f"n_source is {values['n_source']:,} of n_entities {values['n_entities']:,}, expected fewer")
    data, recorded = values.get("dataset", {}), by_name(values["config"])
    adopted, updated = values.get("adopted"), values.get("updated")
    plain = ("n_source", "n_entities", "created", "device", "threads", "processes", "seed", "account", "review")
    return Facts(
        recorded=values["config"],
        data_name=data.get("name", ""),
        data_path=data.get("path", ""),
        fingerprint=data.get("fingerprint", ""),
        versions={name: values[name] for name in ("code_version", "torch", "python") if name in values},
        scope=values.get("scope", recorded.get("evaluation.scope", _OURS["evaluation.scope"])),
        selection=values.get("selection", recorded.get("train.selection", "last")),
        adopted=adopted and _adopted(adopted),
        updated=updated and _updated(updated),
        **{name: values[name] for name in plain if name in values},
    )


def _updated(values: Mapping[str, Any]) -> Updated:
    names = ("parent", "trained_on", "trained_fingerprint")
    lines, reasons, judged = values.get("lines", ()), values.get("due", ()), values.get("judged", "")
    return Updated(lines=tuple(lines), due=tuple(reasons), judged=judged, **{name: values[name] for name in names})


def _adopted(values: Mapping[str, Any]) -> Adopted:
    names = ("layout", "source", "embeddings", "probabilities")
    return Adopted(lines=tuple(values.get("lines", ())), **{name: values[name] for name in names})
