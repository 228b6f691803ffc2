"""Write a run folder so that it can be read at any moment and after any kill."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmf.errors import RunFormatError
from pmf.files import replace_file
from pmf.runs import layout
from pmf.runs.reader import Reason

_RESERVE = 64 * 1024


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


class RunWriter:
    """One training process's hand on its run folder; use as a context manager, which keeps the heartbeat.

    Args:
        folder: the run folder; its name is the run id.
        epochs: epochs of the whole run.
        modalities: in the order of every array.
        n_entities: entities of both graphs together.
    """

    def __init__(self, folder: Path, *, epochs: int, modalities: tuple[str, ...], n_entities: int) -> None:
        self.folder = folder
        self._relevance_shape = (epochs, len(modalities), n_entities)
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def create(self, config: Mapping[str, Any], entities: pd.DataFrame, links: pd.DataFrame) -> None:
        """Lay out a new folder.

        Raises:
            RunFormatError: the folder holds a run already.
        """
        if (self.folder / layout.CONFIG).exists():
            raise RunFormatError(f"{self.folder} holds a run already; resume it, or choose another --run folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self.folder / layout.ENTITIES, entities.to_parquet)
        replace_file(self.folder / layout.LINKS, links.to_parquet)
        blank = np.full(self._relevance_shape, np.nan, np.float16)
        replace_file(self.folder / layout.RELEVANCE, lambda p: p.write_bytes(blank.tobytes()))
        # last: a folder without config.json is no run yet, one with it has everything it names
        text = json.dumps({"format": layout.FORMAT, **config}, indent=2, ensure_ascii=False)
        replace_file(self.folder / layout.CONFIG, lambda p: p.write_text(text + "\n", encoding="utf-8"))

    def __enter__(self) -> RunWriter:
        for path in self.folder.rglob(".*.tmp"):  # of a process that was killed while it wrote
            if not path.name.startswith(f".{layout.ABOUT}."):  # whose writers need not hold the run
                path.unlink(missing_ok=True)
        (self.folder / layout.RESERVE).write_bytes(os.urandom(_RESERVE))  # zeros would take no room on some disks
        self._touch()
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        (self.folder / layout.RESERVE).unlink(missing_ok=True)
        self._stop.set()
        self._heart.join()

    def _touch(self) -> None:
        (self.folder / layout.HEARTBEAT).write_text(f"{os.getpid()}\n", encoding="utf-8")

    def _beat(self) -> None:
        while not self._stop.wait(layout.HEARTBEAT_SECONDS / 2):
            with contextlib.suppress(OSError):  # on a full disk the process lives on, to say so
                os.utime(self.folder / layout.HEARTBEAT)

    def event(self, kind: str, **fields: Any) -> None:
        """Append one line to the log, on disk before this returns."""
        line = json.dumps({"kind": kind, "time": time.time(), **fields}, ensure_ascii=False, allow_nan=False)
        path = self.folder / layout.EVENTS
        with path.open("ab") as file:
            # a kill may have left half a line: end it, so that it alone is lost
            broken = file.tell() > 0 and not _ends_with_newline(path)
            file.write((b"\n" if broken else b"") + line.encode() + b"\n")
            _sync(file)

    def last_word(self, state: str, reason: Reason, message: str) -> None:
        """Log how the run ended; on a full disk there is room for that yet."""
        (self.folder / layout.RESERVE).unlink(missing_ok=True)
        self.event("state", state=state, reason=reason, message=message)

    def relevance(self, epoch: int, relevance: npt.NDArray[np.floating[Any]]) -> None:
        """Fill one epoch's `[modalities, entities]` of relevance; NaN = not scored."""
        row = relevance.astype(np.float16).tobytes()
        with (self.folder / layout.RELEVANCE).open("rb+") as file:  # not mapped: a full disk would be a fatal signal
            file.seek(epoch * len(row))
            file.write(row)
            _sync(file)

    def frozen_at(self, frozen_at: npt.NDArray[np.int16]) -> None:
        """Store `[modalities, entities]`: epoch frozen, -1 never, -2 missing."""
        replace_file(self.folder / layout.FROZEN_AT, lambda p: p.write_bytes(frozen_at.astype(np.int16).tobytes()))

    def embedding(self, name: str, values: npt.NDArray[Any], *, durable: bool = True) -> None:
        """Store one array under `embeddings/`; see `replace_file` for `durable`."""
        self._array(self.folder / layout.EMBEDDINGS / f"{name}.npy", values, durable=durable)

    def projection(self, name: str, values: npt.NDArray[np.float32]) -> None:
        """Store one array under `projection/`."""
        self._array(self.folder / layout.PROJECTIONS / f"{name}.npy", values)

    def snapshots(self, sample: npt.NDArray[np.int64], epochs: list[int], fused: list[npt.NDArray[np.float16]]) -> None:
        """Store the fused embeddings of a fixed sample at the epochs seen so far."""

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.savez(file, sample=sample, epochs=np.array(epochs), fused=np.stack(fused))

        replace_file(self.folder / layout.SNAPSHOTS, write)

    def course(self, table: pd.DataFrame) -> None:
        """Store how the test queries stood at the epochs seen so far, columns as in `layout.COURSE_COLUMNS`."""
        replace_file(self.folder / layout.COURSE, table.to_parquet)

    def predictions(self, table: pd.DataFrame) -> None:
        """Store the predictions, columns as in `layout.PREDICTION_COLUMNS`."""
        replace_file(self.folder / layout.PREDICTIONS, table.to_parquet)

    def accepted(self, table: pd.DataFrame) -> None:
        """Store the accepted pairs of an updated run, columns as in `layout.ACCEPTED_COLUMNS`."""
        replace_file(self.folder / layout.ACCEPTED, table.to_parquet)

    def held_back(self, table: pd.DataFrame) -> None:
        """Store what probabilities are fitted on, columns as in `layout.HELD_BACK_COLUMNS`."""
        replace_file(self.folder / layout.HELD_BACK, table.to_parquet)

    @staticmethod
    def _array(path: Path, values: npt.NDArray[Any], *, durable: bool = True) -> None:
        def write(temporary: Path) -> None:
            whole = np.ascontiguousarray(values)
            with temporary.open("wb") as file:  # `np.save` would not say that a disk is full
                np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(whole))
                file.write(whole.data)

        replace_file(path, write, durable=durable)


class SilentWriter(RunWriter):
    """Of a process that computes together with the one that writes: it leaves no trace in the folder."""

    def event(self, kind: str, **fields: Any) -> None:
        """Nothing."""

    def relevance(self, epoch: int, relevance: npt.NDArray[np.floating[Any]]) -> None:
        """Nothing."""

    def frozen_at(self, frozen_at: npt.NDArray[np.int16]) -> None:
        """Nothing."""

    def embedding(self, name: str, values: npt.NDArray[Any], *, durable: bool = True) -> None:
        """Nothing."""

    def snapshots(self, sample: npt.NDArray[np.int64], epochs: list[int], fused: list[npt.NDArray[np.float16]]) -> None:
        """Nothing."""

    def course(self, table: pd.DataFrame) -> None:
        """Nothing."""

    def predictions(self, table: pd.DataFrame) -> None:
        """Nothing."""

    def held_back(self, table: pd.DataFrame) -> None:
        """Nothing."""


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
