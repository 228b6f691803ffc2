"""What config.json says of a run, by name and type; pages and commands ask these facts, never the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmf.config.config import Config, by_name
from pmf.runs.checks import config_check


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
        review: the verdicts that it uses: "matched" and "rejected" pairs, entities "alone", and counts.
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

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting as `section.name`; where the run recorded none, as this version has it."""
        return {**_OURS, **by_name(self.recorded)}

    @property
    def verdicts_used(self) -> int:
        """How many verdicts it trained with."""
        return sum(len(self.review.get(kind, ())) for kind in ("matched", "rejected", "alone"))

    def config(self) -> Config:
        """Its settings as this version's.

        Raises:
            ConfigError: it is of a version with other settings.
        """
        return Config.from_dict({"data": "", **self.recorded})


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
    plain = ("n_source", "n_entities", "created", "device", "threads", "processes", "seed", "account", "review")
    return Facts(
        recorded=values["config"],
        data_name=data.get("name", ""),
        data_path=data.get("path", ""),
        fingerprint=data.get("fingerprint", ""),
        versions={name: values[name] for name in ("code_version", "torch", "python") if name in values},
        scope=values.get("scope", recorded.get("evaluation.scope", _OURS["evaluation.scope"])),
        selection=values.get("selection", recorded.get("train.selection", "last")),
        **{name: values[name] for name in plain if name in values},
    )
