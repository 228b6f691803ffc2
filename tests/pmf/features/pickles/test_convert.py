"""Honest pickles of every make become what the readers read; the rest leaves no trace."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import struct
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from pmf.features.pickles.convert import convert_features
from tests.conftest import ROOT

SMALL = {0: [1.0, -2.5, 0.1], 12: [0.0, 3e-12, 7.0], 5: [1e30, 4.0, -0.0]}
FEATURES = np.array(list(SMALL.values()), dtype=np.float32)


def converted(
    folder: Path, content: bytes, name: str = "x.safetensors", **limits: float
) -> dict[str, npt.NDArray[np.generic]]:
    (folder / "x.pkl").write_bytes(content)
    convert_features(folder / "x.pkl", folder / name, **limits)  # type: ignore[arg-type]
    return load_file(folder / name)


def as_numpy_1(content: bytes) -> bytes:
    """The same pickle as NumPy 1 writes it: `numpy.core` for `numpy._core`."""
    content = content.replace(b"cnumpy._core.", b"cnumpy.core.")
    shorter, count = re.subn(
        rb"\x8c(.)numpy\._core\.", lambda m: b"\x8c" + bytes([m[1][0] - 1]) + b"numpy.core.", content, flags=re.DOTALL
    )
    if shorter[2:3] == b"\x95":  # protocol 4 and 5 say how long the frame is
        length = struct.unpack("<Q", shorter[3:11])[0] - count
        shorter = shorter[:3] + struct.pack("<Q", length) + shorter[11:]
    return shorter


@pytest.mark.filterwarnings("ignore:numpy.core")
@pytest.mark.parametrize("numpy_1", [False, True])
@pytest.mark.parametrize("protocol", range(6))
def test_dict_of_arrays(tmp_path: Path, protocol: int, numpy_1: bool) -> None:
    arrays = {np.int64(i) if i == 12 else i: np.array(values, dtype=np.float32) for i, values in SMALL.items()}
    content = pickle.dumps(arrays, protocol)
    if numpy_1:
        content = as_numpy_1(content)
        assert b"_core" not in content
        assert pickle.loads(content).keys() == SMALL.keys()
    tensors = converted(tmp_path, content)
    assert tensors["ids"].tolist() == [0, 12, 5]
    assert tensors["ids"].dtype == np.int64
    assert np.array_equal(tensors["features"], FEATURES)
    assert tensors["features"].dtype == np.float32


def test_strings_of_python_2(tmp_path: Path) -> None:
    data = struct.pack("<2f", 1.5, -2)
    content = (
        b"\x80\x02}K\x07cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T\x08\x00\x00\x00" + data + b"tbs."
    )
    assert pickle.loads(content, encoding="latin1")[7].tolist() == [1.5, -2]
    assert converted(tmp_path, content)["features"].tolist() == [[1.5, -2]]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("width", [1, 2, 999, 1000, 1001, 9000])
def test_dict_of_lists(tmp_path: Path, protocol: int, width: int) -> None:
    values = np.random.default_rng(width).standard_normal((3, width))
    content = pickle.dumps(
        {4: values[0].tolist(), 2: tuple(values[1].tolist()), 9: [*values[2, 1:].tolist(), 3]}, protocol
    )
    tensors = converted(tmp_path, content)
    assert tensors["ids"].tolist() == [4, 2, 9]
    values[2] = [*values[2, 1:], 3]
    assert np.array_equal(tensors["features"], values.astype(np.float32))


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (FEATURES, [0, 1, 2]),
        (np.asfortranarray(FEATURES), [0, 1, 2]),
        (FEATURES.astype(">f8"), [0, 1, 2]),
        ((FEATURES, [7, 3, 5]), [7, 3, 5]),
        ([np.array([7, 3, 5], dtype=np.uint16), FEATURES], [7, 3, 5]),
        (OrderedDict(zip([7, 3, 5], FEATURES, strict=True)), [7, 3, 5]),
        ({1: FEATURES[0], 2: FEATURES[0]}, [1, 2]),
    ],
    ids=["array", "Fortran", "big-endian doubles", "array and ids", "ids and array", "OrderedDict", "shared row"],
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_other_forms(tmp_path: Path, content: object, ids: list[int], protocol: int) -> None:
    tensors = converted(tmp_path, pickle.dumps(content, protocol))
    assert tensors["ids"].tolist() == ids
    assert np.array_equal(tensors["features"], FEATURES if len(ids) == 3 else FEATURES[[0, 0]])


def test_half_precision_and_integers_become_float32(tmp_path: Path) -> None:
    half = np.array([0.1, 2], dtype=np.float16)
    tensors = converted(tmp_path, pickle.dumps({0: half, 1: np.array([3, 200], dtype=np.uint8)}))
    assert tensors["features"].tolist() == [half.tolist(), [3, 200]]


@pytest.mark.parametrize("keys", [list, np.array])
def test_text_keys_become_openea_features(tmp_path: Path, tiny_data: Path, keys: type) -> None:
    folder = tmp_path / "data"
    shutil.copytree(tiny_data, folder)
    (folder / "images_1.tsv").unlink()
    shutil.rmtree(folder / "images_1")
    uris = [f"http://tiny.example/1/e{i}" for i in (5, 0, 63)]
    tensors = converted(folder, pickle.dumps((keys(uris), FEATURES)), "image_features_1.safetensors")
    assert tensors.keys() == {"features"}
    assert (folder / "image_features_1.txt").read_text() == "".join(f"{uri}\n" for uri in uris)
    source = read_graph_pair(folder).source
    found = {source.entities[row]: vector.tolist() for row, vector in source.image_features.items()}
    assert found == dict(zip(uris, FEATURES.tolist(), strict=True))


def test_integer_keys_become_dbp15k_features(tmp_path: Path) -> None:
    for side, ids in ((1, "01"), (2, "23")):
        (tmp_path / f"ent_ids_{side}").write_text("".join(f"{i}\thttp://x/{i}\n" for i in ids))
        (tmp_path / f"triples_{side}").write_text(f"{ids[0]}\t0\t{ids[1]}\n")
    (tmp_path / "ill_ent_ids").write_text("0\t2\n")
    converted(tmp_path, pickle.dumps({3: FEATURES[0], 0: FEATURES[1]}), "image_features.safetensors")
    pair = read_graph_pair(tmp_path)
    assert [vector.tolist() for vector in pair.source.image_features.values()] == [FEATURES[1].tolist()]
    assert pair.target.image_features[1].tolist() == FEATURES[0].tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({1: [1.0], 2: [1.0, 2.0]}, "unequal widths: 1 numbers for 1, 2 for 2"),
        ({1: [1.0, float("nan")]}, "NaN, infinity or a number beyond float32 for 1"),
        ({1: [1.0], 7: np.array([1e300])}, "NaN, infinity or a number beyond float32 for 7"),
        ({1: [10**400]}, "a number beyond float32 for 1"),
        (([4, 4], np.ones((2, 2))), "2 vectors for 4"),
        (([4], np.ones((2, 2))), "1 keys for 2 vectors"),
        (({}, np.ones((2, 2))), "keys given as dict"),
        ({1: []}, "something else than a vector of numbers for 1"),
        ({1: np.ones((1, 2))}, "something else than a vector of numbers for 1"),
        ({1: np.array(["a"])}, "something else than a vector of numbers for 1"),
        ({1: "text"}, "something else than a vector of numbers for 1"),
        ({1: [1.0, "a"]}, "values for 1 that are not all numbers"),
        ({1: [1.0, True]}, "values for 1 that are not all numbers"),
        ({1: [1.0], "a": [1.0]}, "keys of type int, str"),
        ({True: [1.0]}, "keys of type bool"),
        ({-1: [1.0]}, "an id outside 0"),
        ({2**63: [1.0]}, "an id outside 0"),
        ({"a\tb": [1.0]}, "the key 'a.*b', which can't stand on a line of its own"),
        ({" ": [1.0]}, "which can't stand on a line of its own"),
        ({"\ud800": [1.0]}, "which can't stand on a line of its own"),
        ({}, "a pickled dict that holds no features"),
        (5, "a pickled int that holds no features"),
    ],
)
def test_features_at_odds_with_themselves_are_refused(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(DataFormatError, match=f"got .*{message}"):
        converted(tmp_path, pickle.dumps(content))
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]


def test_texts_beyond_unicode_are_refused(tmp_path: Path) -> None:
    content = pickle.dumps((np.array(["a", "b"]), np.ones((2, 2))), 4).replace(b"a\0\0\0b\0\0\0", b"\xff" * 8)
    with pytest.raises(DataFormatError, match="got "):
        converted(tmp_path, content)


def command(*arguments: str | Path) -> subprocess.Popen[str]:
    run = [sys.executable, "-m", "pmf", "data", "convert", *map(str, arguments)]
    return subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command(tmp_path: Path) -> None:
    pickled, out = tmp_path / "x.pkl", tmp_path / "x.safetensors"
    pickled.write_bytes(pickle.dumps({"a": [1.0, 2.0]}))
    printed, _ = command(pickled, "--out", out, "--json").communicate(timeout=60)
    assert json.loads(printed) == {"out": str(out), "entities": str(tmp_path / "x.txt"), "rows": 1, "width": 2}
    again = command(pickled, "--out", out, "--quiet")
    assert again.communicate(timeout=60)[1].count("\n") == 1
    assert again.returncode == 2
    printed, _ = command(pickled, "--out", out, "--force").communicate(timeout=60)
    assert printed == f"1 × 2 features to {out}, their entities to {tmp_path / 'x.txt'}\n"
