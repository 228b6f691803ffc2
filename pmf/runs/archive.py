"""A run as one file, and back: a zip whose manifest has the SHA-256 of each file in it.

    manifest.json            {"format": 1, "files": {path: SHA-256}}
    …                        the files of the run folder as `pmf.runs.layout` names them, checkpoint included

What belongs to one process or machine stays behind: lock, heartbeat, reserve, work.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

from pmf.bounded.json_files import read_json
from pmf.data.unpack import Limits, store, unpack
from pmf.errors import DataFormatError, RunFormatError
from pmf.files import whole_file
from pmf.progress import step, tell
from pmf.runs import layout
from pmf.runs.about import read_about
from pmf.runs.lock import owner
from pmf.runs.reader import RunReader

SUFFIX = ".pmfrun.zip"
FORMAT = 1
MANIFEST = "manifest.json"

_LARGEST = 4_000_000_000  # bytes; a zip of more would need its 64-bit form, which unpacking refuses
_LIMITS = Limits(members=1000, size=_LARGEST + 2**20, ratio=1100, depth=2)  # NaN of epochs to come pack that tightly
_SINGLE = (
    layout.CONFIG,
    layout.ENTITIES,
    layout.LINKS,
    layout.EVENTS,
    layout.ABOUT,
    layout.PROCESS_LOG,
    layout.RELEVANCE,
    layout.FROZEN_AT,
    layout.PREDICTIONS,
    layout.HELD_BACK,
    layout.COUNTERFACTUALS,
    layout.FAILURES,
    layout.ACCEPTED,
    layout.SNAPSHOTS,
    layout.COURSE,
    layout.MAPS,
)
_SEVERAL = re.compile(
    rf"{layout.CHECKPOINTS}/(last|best)\.safetensors|({layout.EMBEDDINGS}|{layout.PROJECTIONS})/[a-z]+\.npy"
)
_CHUNK = 2**20


def export_run(folder: Path, out: Path) -> None:
    """Write a run into one file.

    Args:
        folder: the run folder, which no training may be writing.
        out: the file, which must not be there yet; by custom its name ends in `.pmfrun.zip`.

    Raises:
        RunFormatError: there is no run, it is being written, it is too large, or `out` is there already.
        OSError: `out` cannot be written.
    """
    RunReader(folder)
    if holder := owner(folder):
        raise RunFormatError(f"{folder} is being written by {holder}; stop the training first")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and _belongs(_name(path, folder)))
    if sum(path.stat().st_size for path in paths) > _LARGEST:
        raise RunFormatError(f"{folder} has more than {_LARGEST / 1e9:.0f} GB, too much for one file; copy the folder")
    if out.exists():
        raise RunFormatError(f"{out} is there already; choose another name")
    with (
        whole_file(out) as temporary,
        zipfile.ZipFile(temporary, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        files = {}
        for done, path in enumerate(paths):
            tell("files", done, len(paths))
            files[_name(path, folder)] = _add(archive, path, _name(path, folder))
        tell("files", len(paths), len(paths))
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT, "files": files}, indent=2))


def import_run(file: Path, root: Path) -> Path:
    """Unpack a run that `export_run` wrote, once everything in it has been checked.

    Args:
        file: the archive; nothing in it is believed.
        root: the folder of runs.

    Returns:
        The new run folder, named after the file, with a number where that name is taken.

    Raises:
        RunFormatError: it is no such file, or a damaged or a hostile one; nothing is left of it then.
    """

    def fill(folder: Path) -> None:
        with step("unpacking"), file.open("rb") as archive:
            unpack(archive, file.name, folder, _LIMITS)
        with step("checking"):
            _check(folder, file)

    try:
        return store(root, file.name.removesuffix(SUFFIX), fill)
    except DataFormatError as error:
        raise RunFormatError(str(error)) from None
    except OSError as error:
        raise RunFormatError(f"{file} cannot be read: {error.strerror}") from None


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _belongs(name: str) -> bool:
    return name in _SINGLE or _SEVERAL.fullmatch(name) is not None


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> str:
    """Pack a file, and return the SHA-256 of what was packed, even if somebody writes to it meanwhile."""
    digest = hashlib.sha256()
    with path.open("rb") as file, archive.open(name, "w") as packed:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            packed.write(chunk)
    return digest.hexdigest()


def _check(folder: Path, file: Path) -> None:
    """See that a folder holds the run that its manifest says, and leave the manifest out."""
    digests = _manifest(folder / MANIFEST, file)
    (folder / MANIFEST).unlink()
    there = {_name(path, folder) for path in folder.rglob("*")}
    folders = {name.rpartition("/")[0] for name in digests} - {""}
    if wrong := sorted(there ^ (digests.keys() | folders)):
        raise RunFormatError(f"{file} holds other files than its manifest says, among them {wrong[0]!r}")
    for name, digest in digests.items():
        with (folder / name).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                raise RunFormatError(f"{file} is damaged: {name} is not what was exported")
    try:
        run = RunReader(folder)
        run.check()
        read_about(folder)
        relevance = folder / layout.RELEVANCE
        if not relevance.is_file() or relevance.stat().st_size != run.relevance().nbytes:
            raise RunFormatError(f"{relevance} is not of the size that {layout.CONFIG} says")
    except RunFormatError as error:
        raise RunFormatError(f"{file} holds a run that cannot be read: {error}".replace(f"{folder}/", "")) from None


def _manifest(path: Path, file: Path) -> dict[str, str]:
    """Path → SHA-256 of the files that a run may have."""
    try:
        manifest = read_json(path, _CHUNK)
        if manifest["format"] != FORMAT:
            raise RunFormatError(f"{file} has format {manifest['format']!r}, this version imports format {FORMAT}")
        files: dict[str, str] = manifest["files"]
        strange = [name for name in files if not _belongs(name)]
    except (DataFormatError, KeyError, TypeError, AttributeError) as error:
        raise RunFormatError(f"{file} is no exported run: its {MANIFEST} cannot be read ({error})") from None
    if strange:
        raise RunFormatError(f"{file} holds {strange[0]!r}, which belongs to no run")
    return files
