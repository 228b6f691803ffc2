"""Files of picture features, recognised by the names they are published under.

| what | file name | place |
|---|---|---|
| DBP15K | `zh_en_GA_id_img_feature_dict.pkl` | `pkls` beside the folder `DBP15K` |
| FB15K-DB15K, FB15K-YAGO15K | `FBDB15K_id_img_feature_dict.pkl`, `FBYG15K_…` | `pkls` beside the folder `FBDB15K` |
| Multi-OpenEA | `OEA_EN_FR_15K_V1_id_img_feature_dict.pkl`, … | `pkl` beside the data folder |
| MMEA-UMVM | the same with the share of entities that keep their picture: `…_dict_0.2.pkl` | the same |

Each may lie in the data folder as well. They are pickles, which may run anything when opened, so they never are:
`python -m pmf data convert` writes `….safetensors` with `ids` int64 `[k]` and `features` float32 `[k, w]`, and that is
what is read, from the same places.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pmf.data.notes import Note
from pmf.data.readers.session import note as say
from pmf.data.readers.tables import read_tensors
from pmf.errors import DataFormatError

OWN_NAME = "image_features.safetensors"

Features = tuple[dict[int, npt.NDArray[np.float32]], dict[int, npt.NDArray[np.float32]]]


def read_image_features(
    folder: Path, label: str, rows: list[dict[str, int]], ratio: float | None
) -> tuple[Features, tuple[Note, ...]]:
    """The features of both graphs' pictures.

    Args:
        folder: the data folder.
        label: the data set's name in its authors' files, e.g. "zh_en", "FBDB15K", "OEA_D_W_15K_V1".
        rows: per side, id as written → row.
        ratio: share of entities that keep their picture (MMEA-UMVM), None for all that have one.

    Returns:
        Per side, row → float32 `[w]`; and a note where there is only a file that has to be converted first.

    Raises:
        DataFormatError: the file is malformed, or there is none for the ratio.
    """
    own = folder / OWN_NAME
    if ratio is None and own.exists():
        return _read(own, rows), ()
    suffix = "" if ratio is None else f"_{ratio:g}"
    stems = [f"{label}{kind}_id_img_feature_dict{suffix}" for kind in ("_GA", "")]
    places = (folder, folder.parent / "pkl", folder.parent / "pkls", folder.parent.parent / "pkls")
    files = [place / stem for place in places for stem in stems]
    for file in files:
        converted = file.with_name(f"{file.name}.safetensors")
        if converted.exists():
            return _read(converted, rows), ()
    pickles = [pickled for file in files if (pickled := file.with_name(f"{file.name}.pkl")).exists()]
    if pickles:
        target = pickles[0].with_suffix(".safetensors")
        remedy = f"Convert them first: python -m pmf data convert {pickles[0]} --out {target}"
        if ratio is None:
            why = "picture features in a pickle, which may run anything when opened"
            return ({}, {}), (
                Note(kind="left out", unit="file", count=1, file=pickles[0].name, why=why, remedy=remedy),
            )
        raise DataFormatError(pickles[0], expected="a converted feature file", got=f"a pickle. {remedy}")
    if ratio is not None:
        raise DataFormatError(folder, expected=f"picture features {stems[0]}.safetensors", got="nothing")
    return ({}, {}), ()


def _read(path: Path, rows: list[dict[str, int]]) -> Features:
    """Rows about other entities are left out, as the published loaders do."""
    by_side: Features = ({}, {})
    tensors = read_tensors(path, ids=("I64", 1), features=("F32", 2))
    ids, features = tensors["ids"], tensors["features"].astype(np.float32, copy=False)
    if len(ids) != len(features):
        raise DataFormatError(path, expected=f"features of {len(ids)} ids", got=f"{len(features)} rows")
    for text, vector in zip(map(str, ids.tolist()), features, strict=True):
        side = next((side for side in (0, 1) if text in rows[side]), None)
        if side is None:
            say("left out", "an id that ent_ids does not list", path=path, example=text)
        elif rows[side][text] in by_side[side]:
            say("left out", "its id has a row already", path=path, example=text)
        else:
            by_side[side][rows[side][text]] = vector
    if len(ids) and not any(by_side):
        raise DataFormatError(path, expected="ids listed in ent_ids", got="none that is")
    return by_side
