"""Pickled picture features into safetensors, the only form that the project reads.

A process of its own (`pmf.features.pickles.child`) reads the file, and can call nothing but what features need
(`pmf.features.pickles.unpickler`). It has limits on memory, time and what it writes, no path to the file or to the
output, and an empty folder to work in. Only what it made there, checked, is moved into place.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pmf.bounded.tensors import open_tensors
from pmf.config.build import require
from pmf.errors import DataFormatError, UnfinishedError
from pmf.features.pickles.child import ENTITIES, RESULT
from pmf.processes import answered
from pmf.progress import step

_START = "import sys; sys.path.insert(0, sys.argv[1]); from pmf.features.pickles.child import main; main()"
_ROOT = Path(__file__).parents[3]
_FEATURES = "pickled features: a dict of vectors, or a 2-d array with or without its ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What a conversion wrote: `rows` × `width` features to `out`, and for text keys a list of them to `entities`."""

    out: Path
    entities: Path | None
    rows: int
    width: int


def convert_features(
    source: Path, out: Path, *, memory_gb: float = 4, seconds: int = 600, overwrite: bool = False
) -> Converted:
    """Write the features of a pickle as safetensors, without executing it.

    Integer keys go into the file as `ids` int64 `[k]`, beside `features` float32 `[k, w]`: the form of DBP15K's
    `image_features.safetensors`. Keys that are text go, a line each, into a file of the same name that ends in
    `.txt`: the form of OpenEA's `image_features_{1,2}`. An array without ids is numbered from 0.

    Args:
        source: the pickle, of protocol 0 to 5, made with NumPy 1 or 2.
        out: where to write; its name ends in `.safetensors`.
        memory_gb: the most memory the conversion may take, in GiB.
        seconds: the longest it may take.
        overwrite: whether `out`, and the list beside it, may exist. A link there is replaced, not followed.

    Raises:
        ConfigError: a limit out of range, or `out` is not named as it should be.
        DataFormatError: the pickle holds anything else than features, is damaged, needs more than the limits, or
            `out` exists already. Nothing is written then.
    """
    require(0.5 <= memory_gb <= 1024, f"the memory limit must be between 0.5 and 1024 GB, got {memory_gb}")
    require(1 <= seconds <= 86_400, f"the time limit must be between 1 s and a day, got {seconds}")
    require(out.suffix == ".safetensors", f"the file to write must end in .safetensors, got {out}")
    entities = out.with_suffix(".txt")
    if not out.parent.is_dir():
        raise DataFormatError(out, expected="a folder to write into", got="none there")
    _check_free(out, overwrite)
    if not source.is_file():  # opening a named pipe would wait for ever
        raise DataFormatError(source, expected="a file", got="something else" if source.exists() else "nothing")
    if not source.stat().st_size:
        raise DataFormatError(source, expected=_FEATURES, got="an empty file")
    # beside the output, so that moving it there is one step
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=out.parent) as name, source.open("rb") as file:
        folder = Path(name)
        with step(f"converting {source}"):
            report = _run(source, file, folder, int(memory_gb * 2**30), seconds)
        if "refused" in report:
            raise DataFormatError(source, expected=_FEATURES, got=report["refused"])
        _check(folder / RESULT, report)
        if report["text"]:
            _check_free(entities, overwrite)
            out.unlink(missing_ok=True)  # at no moment the new list beside the old features
            (folder / ENTITIES).replace(entities)
        (folder / RESULT).replace(out)
    listed = entities if report["text"] else None
    return Converted(out=out, entities=listed, rows=report["rows"], width=report["width"])


def _check_free(path: Path, overwrite: bool) -> None:
    if path.is_dir() or (os.path.lexists(path) and not overwrite):
        raise DataFormatError(path, expected="no such file yet (--force replaces one)", got="something there")


def _run(source: Path, file: BinaryIO, folder: Path, memory: int, seconds: int) -> dict[str, Any]:
    """The report of the child process, which has `file` as its stdin and works in `folder`."""
    command = [sys.executable, "-I", "-c", _START, str(_ROOT), str(memory), str(seconds)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # its threads' buffers count as memory
    within = f"a file that converts within {seconds} s and {memory / 2**30:g} GB"
    try:
        return answered(command, "a conversion that", seconds, stdin=file, cwd=folder, env=environment)
    except UnfinishedError as error:
        raise DataFormatError(source, expected=within, got=str(error)) from None


def _check(result: Path, report: dict[str, Any]) -> None:
    """Refuse a result that is not what the report says."""
    expected = {"features": ("F32", [report["rows"], report["width"]])}
    if not report["text"]:
        expected["ids"] = ("I64", [report["rows"]])
    with open_tensors(result, "numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        stored = {name: (part.get_dtype(), part.get_shape()) for name, part in slices.items()}
    if stored != expected:
        raise DataFormatError(result, expected=str(expected), got=str(stored))
