"""Which system left a folder or a file, and what each file of it is; recognised by looking.

| layout | recognised by |
|---|---|
| OpenEA's output folder | `kg1_ent_ids` and `kg2_ent_ids` (or `kg12_ent_ids`) beside `ent_embeds.npy`, else beside \
  `kg1_ent_embeds_txt` and `kg2_ent_embeds_txt`, else beside `alignment_results_12` |
| numpy dumps of modalities | arrays whose names say what they hold, see `names.py` |
| MEAformer's candidates | a text with the columns `query_id`, `ret1`, `v1`, … |
| Splink's predictions | columns `match_weight` or `match_probability`, and `…_l`, `…_r` |
| dedupe's clusters | a column `Cluster ID` |
| SSSOM | columns `subject_id`, `object_id` |
| a table of pairs | two columns of ids, see `pmf.data.readers.columns.PAIRS` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from pmf.adopting.listed import is_ranked, is_results
from pmf.adopting.names import FUSED, SIMILARITY, Called, called, epoch_of
from pmf.adopting.reading import members
from pmf.adopting.sparse import is_sparse
from pmf.adopting.tables import is_pairs
from pmf.errors import ConfigError, DataFormatError
from pmf.modalities import MODALITIES

ARRAYS = (".npy", ".npz", ".safetensors")
TABLES = (".csv", ".tsv", ".parquet")
TEXTS = (".txt", ".vec", ".w2v", ".emb")
_SNAPSHOTS = re.compile(r"(epochs?|snapshots?|checkpoints?)", re.IGNORECASE)
_IDS = re.compile(
    r"(?:(?P<kg>kg1|kg2|kg12|source|target)_)?(?:(?:ent(?:ity)?_)?ids(?:_(?P<side>1|2))?|entities)(?:\.(?:txt|tsv))?"
)
_SIDE = {"kg1": "source", "source": "source", "1": "source", "kg2": "target", "target": "target", "2": "target"}
_MOST_FILES = 10_000
ROLES = (FUSED, *MODALITIES, "weights", "relevance", SIMILARITY, "pairs", "ids", "epochs")
"""What a file can be said to be."""

LOOKS_FOR = "embeddings, a similarity or a table of pairs (its documents list the layouts: assets/docs/adopt.md)"


@dataclass(frozen=True, slots=True)
class Piece:
    """An array among the files.

    Args:
        called: what it holds.
        path: its file.
        member: its name in a file of several, else "".
    """

    called: Called
    path: Path
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What another system left.

    Args:
        layout: its name for people.
        path: the file or folder.
        pieces: arrays, by what they hold.
        ids: files with the ids of the rows, by side ("" for both).
        pairs: a table of pairs.
        sparse: a sparse similarity.
        mapping: a matrix that takes source embeddings into the space of the target's.
        epochs: files of fused embeddings by epoch.
        not_used: names of files that nothing is made of.
    """

    layout: str
    path: Path
    pieces: tuple[Piece, ...] = ()
    ids: tuple[tuple[str, Path], ...] = ()
    pairs: Path | None = None
    sparse: Path | None = None
    mapping: Path | None = None
    epochs: tuple[tuple[int, Path], ...] = ()
    not_used: tuple[str, ...] = ()


def recognise(path: Path, roles: Mapping[str, Path] | None = None) -> Left:
    """What lies at a path.

    Args:
        path: a file or a folder.
        roles: files whose role a person has said, by role (`ROLES`); they win.

    Raises:
        DataFormatError: nothing there is known.
        ConfigError: there is no such role.
    """
    if unknown := [role for role in roles or {} if role not in ROLES]:
        raise ConfigError(f"{unknown[0]} is no role of a file; there are {', '.join(ROLES)}")
    if not path.exists():
        raise DataFormatError(path, expected="a file or a folder", got="nothing")
    left = _folder(path) if path.is_dir() else _file(path)
    left = _with_roles(left, roles or {})
    if left.epochs and not any(piece.called.role in (FUSED, *MODALITIES) for piece in left.pieces):
        last = left.epochs[-1][1]
        left = replace(left, pieces=(*left.pieces, Piece(Called(FUSED), last, members(last)[0])))
    if not (left.pieces or left.pairs or left.sparse):
        shown = ", ".join(left.not_used[:10]) or "an empty folder"
        raise DataFormatError(path, expected=LOOKS_FOR, got=shown)
    return _only_one_kind(left)


def _file(path: Path) -> Left:
    if path.suffix in TABLES + TEXTS and is_ranked(path):
        return Left(layout="MEAformer's candidates", path=path, pairs=path)
    if path.suffix in TABLES and is_pairs(path):
        return Left(layout="a table of pairs", path=path, pairs=path)
    if path.suffix in (*ARRAYS, *TABLES, *TEXTS):
        if is_sparse(path):
            return Left(layout="a sparse similarity", path=path, sparse=path)
        pieces, odd = _pieces(path)
        if len(pieces) + len(odd) == 1 and odd:  # a file by itself need not say what it is
            pieces, odd = [Piece(Called(FUSED), path, members(path)[0])], []
        return Left(layout="arrays", path=path, pieces=tuple(pieces), not_used=tuple(odd))
    return Left(layout="", path=path, not_used=(path.name,))


def _folder(folder: Path) -> Left:
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))[:_MOST_FILES]
    files = {path.name: path for path in paths if path.is_file()}
    if openea := _openea(folder, files):
        return openea
    left = Left(layout="arrays by name", path=folder)
    for path in files.values():
        left = _take(left, path)
    for below in (path for path in paths if path.is_dir() and _SNAPSHOTS.fullmatch(path.name)):
        left = replace(left, epochs=_epochs(below))
    return left


def _take(left: Left, path: Path) -> Left:
    if (match := _IDS.fullmatch(path.name)) and path.suffix not in ARRAYS:
        side = _SIDE.get(match["kg"] or match["side"] or "", "")
        return replace(left, ids=(*left.ids, (side, path)))
    new = _file(path)
    return replace(
        left,
        layout=new.layout if new.pairs or new.sparse else left.layout,
        pieces=left.pieces + tuple(piece for piece in new.pieces if not _unnamed(piece)),
        pairs=left.pairs or new.pairs,
        sparse=left.sparse or new.sparse,
        not_used=left.not_used + new.not_used + tuple(piece.path.name for piece in new.pieces if _unnamed(piece)),
    )


def _unnamed(piece: Piece) -> bool:
    """Whether a file in a folder does not say what it is: among others nothing is guessed."""
    return called(piece.member or piece.path.stem) is None


def _openea(folder: Path, files: Mapping[str, Path]) -> Left | None:
    """OpenEA's folder, None where it is none."""

    def named(stem: str, *endings: str) -> Path | None:
        return next((files[stem + ending] for ending in (*endings, "", ".txt", ".tsv") if stem + ending in files), None)

    apart = [(side, named(f"kg{number}_ent_ids")) for number, side in ((1, "source"), (2, "target"))]
    ids = [("", joint)] if (joint := named("kg12_ent_ids")) else apart
    whole = named("ent_embeds", ".npy")
    texts = [(side, named(f"kg{number}_ent_embeds_txt")) for number, side in ((1, "source"), (2, "target"))]
    pieces = (
        [Piece(Called(FUSED), whole)] if whole else [Piece(Called(FUSED, side), path) for side, path in texts if path]
    )
    results = next((path for name, path in files.items() if is_results(name)), None)
    if not all(path for _, path in ids) or not (pieces or results):
        return None
    id_files = tuple((side, path) for side, path in ids if path)
    mapping = files.get("mapping_mat.npy") if pieces else None
    used = (
        {piece.path.name for piece in pieces} | {path.name for _, path in id_files} | {mapping.name if mapping else ""}
    )
    used |= set() if pieces or not results else {results.name}
    return Left(
        layout="OpenEA's output folder",
        path=folder,
        pieces=tuple(pieces),
        ids=id_files,
        pairs=None if pieces else results,
        mapping=mapping,
        not_used=tuple(name for name in files if name not in used),
    )


def _pieces(path: Path) -> tuple[list[Piece], list[str]]:
    """The arrays of a file by what their names say, and the names that say nothing."""
    pieces, odd = [], []
    for member in members(path):
        what = called(member or path.stem)
        if what is None:
            odd.append(f"{path.name}:{member}" if member else path.name)
        else:
            pieces.append(Piece(what, path, member))
    return pieces, odd


def _epochs(folder: Path) -> tuple[tuple[int, Path], ...]:
    """Files of a folder by the epoch in their names, in order."""
    numbered = [(epoch_of(path.stem), path) for path in sorted(folder.iterdir()) if path.suffix in ARRAYS + TEXTS]
    epochs = sorted((epoch, path) for epoch, path in numbered if epoch is not None)
    if len({epoch for epoch, _ in epochs}) < len(epochs):
        raise DataFormatError(folder, expected="one file of fused embeddings an epoch", got="two with one number")
    return tuple(epochs)


def _with_roles(left: Left, roles: Mapping[str, Path]) -> Left:
    for role, path in roles.items():
        if not path.exists():
            raise DataFormatError(path, expected=f"the {role}", got="nothing")
        used = tuple(name for name in left.not_used if name != path.name)
        rest = tuple(piece for piece in left.pieces if piece.path != path and piece.called.role != role)
        if role == "pairs":
            unused = dict.fromkeys(piece.path.name for piece in left.pieces)
            left = replace(left, pairs=path, pieces=(), not_used=(*used, *unused), layout="a table of pairs")
        elif role == "ids":
            left = replace(left, ids=(("", path),), not_used=used)
        elif role == "epochs":
            left = replace(left, epochs=_epochs(path), not_used=used)
        elif role == SIMILARITY and is_sparse(path):
            left = replace(left, sparse=path, not_used=used, pieces=rest)
        else:
            made = tuple(Piece(Called(role), path, member) for member in members(path)[:1])
            left = replace(left, pieces=rest + made, not_used=used)
    return left


def _only_one_kind(left: Left) -> Left:
    """Embeddings before a similarity before pairs: a run is ranked by one of them."""
    similar = [piece for piece in left.pieces if piece.called.role == SIMILARITY]
    vectors = [piece for piece in left.pieces if piece.called.role in (FUSED, *MODALITIES)]
    if vectors:
        unused = [piece.path.name for piece in similar] + [path.name for path in (left.pairs, left.sparse) if path]
        rest = tuple(piece for piece in left.pieces if piece not in similar)
        left = replace(left, pieces=rest, pairs=None, sparse=None, not_used=left.not_used + tuple(unused))
    elif similar or left.sparse:
        unused = [left.pairs.name] if left.pairs else []
        left = replace(left, pairs=None, not_used=left.not_used + tuple(unused))
    if twice := next(_twice(left.pieces), None):
        raise DataFormatError(left.path, expected=f"one array of {twice[0].called.role}", got=_names(twice))
    return left


def _twice(pieces: tuple[Piece, ...]) -> Iterator[list[Piece]]:
    ordered = sorted(pieces, key=lambda piece: (piece.called.role, piece.called.side))
    for _, group in groupby(ordered, key=lambda piece: piece.called):
        if len(alike := list(group)) > 1:
            yield alike


def _names(pieces: list[Piece]) -> str:
    return ", ".join(f"{piece.path.name}:{piece.member}" if piece.member else piece.path.name for piece in pieces)
