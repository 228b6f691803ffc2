"""Go on training with what the annotators said: confirmed pairs as seed links, rejected ones as hard negatives."""

from __future__ import annotations

import csv
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.review.services.consensus import ABSTAIN, Outcome, consensus, ids
from app.review.services.desk import Key, fingerprint
from app.shared.services import trainings as training
from app.shared.services.access import Role, User, require
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.services.training_plan import as_text
from app.store import ReviewStore
from pmf.config.config import by_name
from pmf.errors import ConfigError, PMFError
from pmf.places import runs_folder
from pmf.runs import layout
from pmf.training.start import run_config

CONFIRMATION = "These verdicts may use test links"
"""What somebody types for verdicts on test links to count; those links are then no part of the figures."""

FOLDER = ".verdicts"
ON_TEST, IN_CONFLICT, ABSTAINED, CONTRADICTING = (
    "on test links",
    "in conflict between annotators",
    "unsure or flagged",
    "at odds with another verdict",
)

Row = tuple[str, str, str]
"""Source uri, target uri, and match, not or none; with none, one uri is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What goes into a training.

    Args:
        rows: of the verdict file, sorted.
        left_out: why → how many queries' verdicts stay out.
    """

    rows: tuple[Row, ...]
    left_out: Mapping[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """match, not and none → how many go in."""
        return {kind: sum(row[2] == kind for row in self.rows) for kind in ("match", "not", "none")}


def harvest(store: ReviewStore, run: RunView, *, test_links: bool = False) -> Harvest:
    """The verdicts on a run's data that everybody agrees on, or that were adjudicated.

    Probes stay out altogether: their links are seeds already.

    Args:
        store: the review store.
        run: the run to go on from; its split says what a test link is.
        test_links: whether verdicts on entities of test links go in.
    """
    left_out: Counter[str] = Counter()
    found: list[Row] = []
    known, tested = ids(run), _tested(run)
    for key, outcome in consensus(store.current(fingerprint(run))).items():
        if outcome.conflict or outcome.verdict in ABSTAIN:
            left_out[IN_CONFLICT if outcome.conflict else ABSTAINED] += 1
            continue
        for row in _rows(key, outcome):
            touched = {known.get(named) for named in zip(("source", "target"), row[:2], strict=True)}
            if not test_links and touched & tested:
                left_out[ON_TEST] += 1
            else:
                found.append(row)
    contradicting = _contradicting(found)
    left_out[CONTRADICTING] = sum(row in contradicting for row in found)
    return Harvest(rows=tuple(sorted(set(found) - contradicting)), left_out=+left_out)


def _tested(run: RunView) -> set[int]:
    links = run.reader.links
    return set(np.unique(links.loc[links["split"] == "test", ["source", "target"]]).tolist())


def _rows(key: Key, outcome: Outcome) -> list[Row]:
    """What an outcome says: of its counterpart, and of each candidate that was rejected."""
    (side, query), said = key, [(other, "not") for other in outcome.rejected]
    if outcome.verdict != "not":
        said.append((outcome.other, outcome.verdict))
    return [(query, other, verdict) if side == "source" else (other, query, verdict) for other, verdict in said]


def _contradicting(rows: list[Row]) -> set[Row]:
    """Rows that give an entity two counterparts, or one and none, and pairs both confirmed and rejected."""
    counterparts: dict[Key, set[str]] = defaultdict(set)
    for source, target, verdict in rows:
        if verdict != "not":
            counterparts["source", source].add(target)
            counterparts["target", target].add(source)
    said = set(rows)
    return {
        row
        for row in said
        if (row[2] == "match" and (*row[:2], "not") in said)
        or (row[2] == "not" and (*row[:2], "match") in said)
        or (row[2] != "not" and any(uri and len(counterparts[side, uri]) > 1 for side, uri in _ends(row)))
    }


def _ends(row: Row) -> tuple[Key, Key]:
    return ("source", row[0]), ("target", row[1])


def start(user: User, store: ReviewStore, run: RunView, data: Dataset, *, confirm: str = "") -> str:
    """Put a training in the queue that goes on from a run with its verdicts.

    Args:
        user: who starts it.
        store: the review store.
        run: the run to go on from.
        data: its data set.
        confirm: `CONFIRMATION` where verdicts on test links are to count, "" where not.

    Returns:
        The run id.

    Raises:
        NotAllowedError: the user is no admin.
        ConfigError: no verdict is left to train with, the confirmation is another sentence, or the data is not there.
    """
    require(user, Role.ADMIN, "start a training")
    if confirm not in ("", CONFIRMATION):
        raise ConfigError(f"To let verdicts touch test links, type exactly: {CONFIRMATION}")
    found = harvest(store, run, test_links=bool(confirm))
    if (reason := obstacle(run, data, found)) or data.pair is None:
        raise ConfigError(reason)
    settings = {
        **basis(run),
        "verdicts.file": str(write(found, runs_folder() / FOLDER)),
        "verdicts.may_use_test_links": "true" if confirm else "false",
    }
    plan = training.Plan(
        preset=_preset(run),
        settings=settings,
        name=f"{run.run_id} and {len(found.rows):,} verdicts"[:100],
    )
    return training.start(user, plan, data.pair)


def obstacle(run: RunView, data: Dataset, found: Harvest) -> str:
    """Why no training can go on from a run with these verdicts, in a sentence; "" where one can."""
    if data.pair is None:
        return data.problem
    if run.state.name != "finished":
        return f"This run is {run.state.name}; a training goes on from a finished one."
    if not found.rows:
        reasons = ", ".join(f"{n:,} {why}" for why, n in found.left_out.items()) or "there are none"
        return f"No verdict is left to train with: {reasons}."
    try:
        settings = basis(run)
        if has_weights(run):
            run_config("", settings)
            return ""
    except PMFError as error:
        return f"This run cannot be gone on from: {error}."
    return training.problem(training.Plan(preset=_preset(run), settings=settings), data.pair)


def has_weights(run: RunView) -> bool:
    """Whether a run's last checkpoint is there; the bundled ones are shipped without."""
    return (run.reader.folder / layout.CHECKPOINTS / "last.safetensors").is_file()


def basis(run: RunView) -> dict[str, str]:
    """What a training takes over from a run: its weights and links, else every setting that leads to the same links.

    Raises:
        ConfigError: its settings are no longer understood, or it was itself a short continuation.
    """
    if has_weights(run):
        return {"verdicts.base": str(run.reader.folder.absolute())}
    config = replace(run.reader.facts.config(), data="")
    if config.verdicts.base is not None:
        raise ConfigError("its weights are not kept here, and it was itself a continuation")
    usual = by_name(training.config_of(config.preset).to_dict())
    return {
        name: as_text(value)
        for name, value in by_name(config.to_dict()).items()
        if name not in ("data", "preset", "device") and not name.startswith("verdicts.") and value != usual[name]
    }


def _preset(run: RunView) -> str:
    return str(run.reader.facts.settings["preset"])


def write(found: Harvest, folder: Path) -> Path:
    """The verdict file that `pmf train --verdicts` reads, under a new name in a folder.

    Raises:
        ConfigError: it cannot be written.
    """
    path = folder / f"{uuid.uuid4().hex}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(("source", "target", "verdict"))
            rows.writerows(found.rows)
    except OSError as error:
        raise ConfigError(f"The verdicts cannot be written to {folder}: {error.strerror}.") from error
    return path
