"""What does not fit is refused in one line, and nothing is written."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pmf.cli import main
from tests import foreign_systems as foreign
from tests.foreign_systems import COUNT


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.table_data(tmp_path_factory.mktemp("data") / "things")


def rows(count: int = 2 * COUNT) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 4))


def saved(name: str, values: object) -> Callable[[Path], Path]:
    def save(folder: Path) -> Path:
        np.save(folder / name, values)
        return folder / name

    return save


def text(name: str, content: str) -> Callable[[Path], Path]:
    def save(folder: Path) -> Path:
        (folder / name).write_text(content)
        return folder / name

    return save


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("loaded",)


def pickled(folder: Path) -> Path:
    (folder / "emb.npy").write_bytes(pickle.dumps(Trap()))
    return folder / "emb.npy"


def outside(folder: Path) -> Path:
    np.savez(folder / "s.npz", format=b"coo", shape=[COUNT, COUNT], data=[1.0], row=[COUNT], col=[0])
    return folder / "s.npz"


def only_one_side(folder: Path) -> Path:
    np.savez(folder / "e.npz", source_emb=rows(COUNT))
    return folder / "e.npz"


def two_of_one(folder: Path) -> Path:
    np.save(folder / "img_emb.npy", rows())
    np.save(folder / "visual.npy", rows())
    return folder


def nan() -> np.ndarray:
    values = rows()
    values[5, 2] = np.nan
    return values


@pytest.mark.parametrize(
    ("save", "message"),
    [
        (saved("emb.npy", rows(79)), "expected 80 rows, one for each entity, or a file of ids, got 79"),
        (saved("emb.npy", nan()), "expected finite numbers, got NaN or infinity, first in row 5"),
        (saved("emb.npy", rows().ravel()), "expected a row of numbers for each entity, got shape (320,)"),
        (saved("emb.npy", np.array([Trap()], object)), "expected a NumPy array, got values of type object"),
        (saved("similarity.npy", rows()), "expected 40 × 40 similarities, got shape (80, 4)"),
        (outside, "expected a sound sparse matrix of finite numbers"),
        (pickled, "expected a NumPy array"),
        (only_one_side, "expected fused embeddings of both graphs, got e.npz"),
        (two_of_one, "expected one array of image, got img_emb.npy, visual.npy"),
        (text("e.txt", "a0 1 2\nb0 1\n"), "e.txt:2: expected 2 numbers, got 1"),
        (text("e.txt", "x 1 2\ny 1 2\n"), "expected ids of the data set, got 2 others, the first 'x'"),
        (text("p.csv", "source,target,score\na0,b0,high\n"), "p.csv:2: expected a finite score, got 'high'"),
        (text("p.csv", "source,target,score\nx,y,1\n"), "expected ids of the two graphs of the data"),
        (text("notes.md", "nothing"), "expected embeddings, a similarity or a table of pairs"),
        (lambda folder: folder / "nothing", "expected a file or a folder, got nothing"),
    ],
)
def test_refused(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], save: Callable[[Path], Path], message: str
) -> None:
    (tmp_path / "from").mkdir()
    out = tmp_path / "run"
    arguments = ["adopt", "--quiet", "--data", str(data), "--from", str(save(tmp_path / "from")), "--out", str(out)]
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert "loaded" not in printed.out
    assert [path.name for path in tmp_path.iterdir()] == ["from"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--split", "none such"], "there is no split, run or file none such"),
        (["--file", "picture=x.npy"], "picture is no role of a file"),
    ],
)
def test_wrong_options(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], option: list[str], message: str
) -> None:
    np.save(tmp_path / "emb.npy", rows())
    arguments = ["adopt", "--data", str(data), "--from", str(tmp_path / "emb.npy"), "--out", str(tmp_path / "run")]
    assert main([*arguments, *option]) == 2
    assert message in capsys.readouterr().err


def test_a_run_that_is_there_stays(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "emb.npy", rows())
    (tmp_path / "run").mkdir()
    assert (
        main(["adopt", "--data", str(data), "--from", str(tmp_path / "emb.npy"), "--out", str(tmp_path / "run")]) == 2
    )
    assert "exists already" in capsys.readouterr().err
