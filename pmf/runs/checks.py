"""What config.json and the lines of events.jsonl must say, for a run folder may come from anybody.

Settings and fields of other versions are let through where they are plain values; those that the project reads have the
type and range it counts on.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import types
import typing
from collections.abc import Callable
from typing import Any, Literal

from pmf.bounded.shapes import (
    Check,
    group_of,
    list_of,
    number,
    one_of,
    optional,
    plain,
    record,
    text,
    truth,
    whole,
)
from pmf.config.config import Config
from pmf.modalities import RECORDED
from pmf.runs import layout

MOST_ENTITIES = 2**31 - 1
MOST_EPOCHS = 100_000
SPLITS = ("seed", "validation", "test")
SCOPES = ("closed", "open")
ACCEPTED_STATES = ("kept", "changed", "gone")


def event_check(modalities: tuple[str, ...], epochs: int) -> Check:
    """What a line of the log must be.

    Args:
        modalities: of the run.
        epochs: that it has.
    """
    by_modality = group_of(optional(number()), *modalities)
    directions = dict.fromkeys(layout.DIRECTIONS, _FIGURES)
    shares = group_of(_SHARE, *modalities)
    epoch = record(
        {"epoch": whole(0, epochs - 1)},
        {
            "stage": one_of(1, 2, 3),
            "losses": group_of(number()),
            "learning_rate": number(),
            "measured": truth,
            "threshold": by_modality,
            "proposals": group_of(_PROPOSAL, *modalities),
            "frozen_share": shares,
            "missing_share": shares,
            "metrics": group_of(record({}, directions), *SPLITS),
            "rules_seconds": number(0),
            "train_seconds": number(0),
            "eval_seconds": number(0),
            "peak_memory_bytes": whole(),
            "collected": group_of(plain),
        },
    )
    results = record(
        {},
        {
            "at": text(100),
            "epoch": whole(0, epochs),
            "split": one_of(*SPLITS),
            "scope": one_of(*SCOPES),
            "decode": text(200),
            "selection": text(100),
            "reliability": group_of(number(), *modalities),
            "label_share": group_of(_SHARE, *modalities),
            "rules_share": _SHARE,
            "single_modality": group_of(record({}, directions), *modalities),
            "review": group_of(whole()),
            "search": optional(_SEARCH),
            "chance": optional(_CHANCE),
            **directions,
        },
    )
    state = record({}, {"state": text(100), "reason": text(100), "message": text(), "epoch": whole(0, epochs)})
    kinds = {"epoch": epoch, "results": results, "state": state}

    def check(value: Any, where: str) -> None:
        record({"kind": text(100), "time": number(0, 1e11)}, {})(value, where)
        kinds.get(value["kind"], plain)(value, where)

    return check


_SHARE = number(0, 1)
_PROPOSAL = record(
    {
        "threshold": _SHARE,
        "features": whole(),
        "gain": number(),
        "error": number(0),
        "gain_now": number(),
        "taken": truth,
    },
    {},
)
_FIGURES = record({"hits@1": _SHARE}, {"hits@10": _SHARE, "mrr": _SHARE, "mean_rank": number(0)})
_USE = record({"modality": text(200), "used": truth, "alike": truth, "source": _SHARE, "target": _SHARE}, {})
_CHANCE = record({"at_chance": truth, "links": whole(), "split": one_of(*SPLITS)}, {})
_SEARCH = record({"recall": group_of(_SHARE), "ranked_links": whole(), "links": whole(), "k": whole(1)}, {})


@functools.cache
def config_check() -> Check:
    """What the values of config.json must be."""
    links = list_of(list_of(whole(0, MOST_ENTITIES), exactly=2), most=10_000_000)
    return record(
        {
            "config": _settings(Config),
            "n_source": whole(1, MOST_ENTITIES),
            "n_entities": whole(2, MOST_ENTITIES),
        },
        {
            "dataset": record({}, {"name": text(), "path": text(), "fingerprint": text(200), "format": text(100)}),
            "run_id": text(1000),
            "created": _moment,
            "code_version": text(200),
            "torch": text(200),
            "python": text(200),
            "device": text(200),
            "threads": whole(),
            "processes": whole(1),
            "scope": one_of(*SCOPES),
            "selection": text(100),
            "seed": whole(),
            "account": record({}, {"lines": list_of(text(5000), most=100), "modalities": list_of(_USE, most=100)}),
            "adopted": record(
                {"layout": text(200), "source": text(), "embeddings": truth, "probabilities": truth},
                {"lines": list_of(text(5000), most=100)},
            ),
            "updated": record(
                {"parent": text(1000), "trained_on": text(), "trained_fingerprint": text(200)},
                {**dict.fromkeys(("lines", "due"), list_of(text(5000), most=100)), "judged": text(5000)},
            ),
            "review": record(
                {},
                {
                    **dict.fromkeys(("matched", "rejected", "negatives"), links),
                    "alone": list_of(whole(0, MOST_ENTITIES), most=10_000_000),
                    "relations": list_of(list_of(whole(0, MOST_ENTITIES), exactly=3), most=1_000_000),
                    **dict.fromkeys(("left_out", "test_links_used", "unsure"), whole()),
                },
            ),
        },
    )


def _settings(kind: type) -> Check:
    """A section of the config: each setting of the type that this version gives it, those of `_RANGES` in a range."""
    checks = {name: _setting(hint) for name, hint in typing.get_type_hints(kind).items()}
    checks |= _RANGES.get(kind.__name__, {})
    return record({name: checks[name] for name in _NEEDED.get(kind.__name__, ())}, checks)


def _setting(hint: Any) -> Check:
    if dataclasses.is_dataclass(hint):
        return _settings(typing.cast("type", hint))
    if typing.get_origin(hint) is types.UnionType:
        return optional(_setting(next(one for one in typing.get_args(hint) if one is not type(None))))
    if typing.get_origin(hint) is tuple:
        return list_of(text(200), most=100)
    ours: dict[Any, Callable[[], Check]] = {bool: lambda: truth, int: whole, float: number, str: text}
    # a choice may have been another in another version, so any short text passes
    return text(200) if typing.get_origin(hint) is Literal else ours[hint]()


def _modalities(value: Any, where: str) -> None:
    list_of(one_of(*RECORDED), most=len(RECORDED))(value, where)
    if not value or len(set(value)) < len(value):
        raise ValueError(f"{where} must name modalities, each once")


def _moment(value: Any, where: str) -> None:
    text(100)(value, where)
    try:
        datetime.datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{where} is {value!r}, expected a date and time") from None


_RANGES: dict[str, dict[str, Check]] = {
    "Config": {"modalities": _modalities, "seed_ratio": number(0, 1), "preset": text(200)},
    "FreezingConfig": {"start_epoch": whole(0, MOST_EPOCHS), "every": whole(1, MOST_EPOCHS)},
    "LossConfig": {"temperature": number(1e-6, 1e6)},
    "EvaluationConfig": {
        "scope": one_of(*SCOPES),
        "csls_k": whole(1, 1_000_000),
        "csls_rounds": whole(1, 100),
        "top_k": whole(1, 100_000),
    },
    "TrainConfig": {
        "epochs": whole(1, MOST_EPOCHS),
        "iterative_epochs": whole(0, MOST_EPOCHS),
        "checkpoint_every": whole(1, MOST_EPOCHS),
    },
}
_NEEDED = {"Config": ("modalities", "train"), "TrainConfig": ("epochs",)}
