"""Uploaded output of another system becomes a run, or one line says why not."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from app.overview.services import adopting
from app.shared.services.access import NotAllowedError, Role, User
from pmf.errors import ConfigError, DataFormatError
from pmf.places import runs_folder
from pmf.runs.reader import RunReader
from tests import foreign_systems as foreign

ADMIN = User(name="ada", role=Role.ADMIN)
CLOSED = {"evaluation.scope": "closed"}
OPEN = {"evaluation.scope": "open", "evaluation.decode": "csls", "evaluation.csls_k": "10"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "runs", "cache"):
        monkeypatch.setenv(f"PMF_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    foreign.numbered_data(tmp_path / "data" / "numbered")
    foreign.table_data(tmp_path / "data" / "tables")


def packed(folder: Path) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"{folder.name}/{path.name}")
    return stream


def test_an_archive_and_files(tmp_path: Path) -> None:
    source, target = foreign.openea_output(tmp_path / "output")
    stream = packed(tmp_path / "output")
    run = RunReader(
        runs_folder() / adopting.receive(ADMIN, "numbered", [("output.zip", stream)], split=None, settings=CLOSED)
    )
    by_hand = foreign.figures_of(lambda i, j: foreign.cosine(source[i], target[j]))
    results = run.results()
    assert results is not None
    assert results["source_to_target"] == pytest.approx(by_hand[0])
    files = [(path.name, io.BytesIO(path.read_bytes())) for path in (tmp_path / "output").iterdir()]
    other = adopting.receive(ADMIN, "numbered", files, split=run.run_id, settings=OPEN)
    evaluation = RunReader(runs_folder() / other).facts.config().evaluation
    assert (evaluation.scope, evaluation.decoding_name) == ("open", "csls(k=10, rounds=1)")


def test_one_table(tmp_path: Path) -> None:
    foreign.splink_predictions(tmp_path / "p.csv")
    files = [("p.csv", io.BytesIO((tmp_path / "p.csv").read_bytes()))]
    run = RunReader(runs_folder() / adopting.receive(ADMIN, "tables", files, split=None, settings=CLOSED))
    assert run.facts.adopted is not None
    assert run.facts.adopted.layout == "Splink's predictions"


@pytest.mark.parametrize(
    ("user", "data", "files", "error", "message"),
    [
        (User(name="eve", role=Role.VIEWER), "tables", [("p.csv", b"")], NotAllowedError, "adopt"),
        (ADMIN, "tables", [], DataFormatError, "expected one archive, or files"),
        (ADMIN, "../..", [("p.csv", b"source,target\na1,b1\n")], ConfigError, "outside the data root"),
        (ADMIN, "tables", [("p.csv", b"source,target\nx,y\n")], DataFormatError, "^upload/p.csv: expected ids"),
        (ADMIN, "tables", [("x.zip", b"PK")], DataFormatError, "archive"),
    ],
)
def test_refused(user: User, data: str, files: list[tuple[str, bytes]], error: type[Exception], message: str) -> None:
    streams = [(name, io.BytesIO(content)) for name, content in files]
    with pytest.raises(error, match=message):
        adopting.receive(user, data, streams, split=None, settings=CLOSED)
    assert not runs_folder().exists() or not list(runs_folder().iterdir())
