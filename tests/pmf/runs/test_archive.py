"""A run as one file: out, back in, and everything that may be wrong with what comes in."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmf.cli import main
from pmf.errors import RunFormatError
from pmf.runs import layout
from pmf.runs.about import About, read_about, write_about
from pmf.runs.archive import MANIFEST, export_run, import_run
from pmf.runs.lock import RunLock
from pmf.runs.reader import RunReader
from tests.conftest import ATLAS
from tests.trainings import read_all

Files = dict[str, bytes]
LEFT = {"lock", "heartbeat", "reserve", "work/maps.json", "notes.txt", "embeddings/.fused.npy.1.tmp"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The bundled run, with a checkpoint, something said about it, and what a process leaves in it."""
    large = shutil.ignore_patterns("structure.npy", "relation.npy", "attribute.npy", "snapshots.npz", layout.WORK)
    folder = shutil.copytree(ATLAS, tmp_path / "from" / "atlas", ignore=large)
    (folder / layout.CHECKPOINTS).mkdir()
    (folder / layout.CHECKPOINTS / "last.safetensors").write_bytes(random.Random(0).randbytes(1000))
    write_about(folder, About(name="Atlas", tags=("demo",)))
    (folder / layout.WORK).mkdir()
    for name in LEFT:
        (folder / name).write_text("123")
    return folder


@pytest.fixture
def archive(run: Path, tmp_path: Path) -> Path:
    export_run(run, tmp_path / "atlas.pmfrun.zip")
    return tmp_path / "atlas.pmfrun.zip"


def test_out_and_back_in(run: Path, archive: Path, tmp_path: Path) -> None:
    folder = import_run(archive, tmp_path / "to")
    assert folder == tmp_path / "to" / "atlas"
    there = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    came = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there - came == LEFT
    assert came < there
    for name in came:
        assert (folder / name).read_bytes() == (run / name).read_bytes()
    assert RunReader(folder).state().name == "finished"
    assert read_about(folder).name == "Atlas"
    assert import_run(archive, tmp_path / "to").name == "atlas-2"
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["atlas", "atlas-2"]


def test_a_run_cut_short_is_interrupted_where_it_arrives(run: Path, tmp_path: Path) -> None:
    log = (run / layout.EVENTS).read_text().splitlines(keepends=True)
    (run / layout.EVENTS).write_text("".join(log[:5]) + log[5][:20])
    export_run(run, tmp_path / "cut.pmfrun.zip")
    state = RunReader(import_run(tmp_path / "cut.pmfrun.zip", tmp_path / "to")).state()
    assert (state.name, state.reason) == ("interrupted", "killed")


def test_what_cannot_be_exported(run: Path, tmp_path: Path) -> None:
    with RunLock(run), pytest.raises(RunFormatError, match="is being written by process"):
        export_run(run, tmp_path / "a.zip")
    with pytest.raises(RunFormatError, match="is no run folder"):
        export_run(tmp_path, tmp_path / "a.zip")
    export_run(run, tmp_path / "a.zip")
    with pytest.raises(RunFormatError, match="is there already"):
        export_run(run, tmp_path / "a.zip")
    with (run / layout.PREDICTIONS).open("ab") as file:
        file.truncate(5 * 10**9)  # takes no room
    with pytest.raises(RunFormatError, match="more than 4 GB"):
        export_run(run, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def members(archive: Path) -> Files:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def write(archive: Path, files: Files, *, manifest: bool = True) -> None:
    """Pack files, with a manifest that fits them."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST}
    told = {MANIFEST: json.dumps({"format": 1, "files": digests}).encode()} if manifest else {}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in {**files, **told}.items():
            opened.writestr(name, data)


def refuse(archive: Path, root: Path, says: str) -> None:
    with pytest.raises(RunFormatError, match=says) as raised:
        import_run(archive, root)
    assert "\n" not in str(raised.value)
    assert not root.exists() or list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.update({layout.EVENTS: f[layout.EVENTS] + b"{}"}), r"damaged: events\.jsonl is not what was"),
        (lambda f: f.pop(layout.LINKS), r"other files than its manifest says, among them 'links\.parquet'"),
        (lambda f: f.update({layout.ABOUT: b"{}x", "lock": b""}), "among them 'lock'"),
        (lambda f: f.update({"lock/": b""}), "among them 'lock'"),
        (lambda f: f.pop(MANIFEST), r"no exported run: its manifest\.json cannot be read"),
        (lambda f: f.update({MANIFEST: b"{}"}), "no exported run"),
        (lambda f: f.update({MANIFEST: b"[" * 100_000}), "no exported run"),
        (lambda f: f.update({MANIFEST: b'{"format": 1, "files": [["a"]]}'}), "no exported run|belongs to no run"),
        (lambda f: f.update({MANIFEST: b'{"format": 2, "files": {}}'}), "has format 2, this version imports format 1"),
        (lambda f: f.update({MANIFEST: b'{"format": 1, "files": {"../x": "0"}}'}), r"'\.\./x', which belongs to no"),
        (lambda f: f.update({"../outside": b"x"}), "names of files inside"),
        (lambda f: f.update({"/outside": b"x"}), "names of files inside"),
    ],
)
def test_a_changed_archive_is_refused(
    archive: Path, tmp_path: Path, change: Callable[[Files], object], says: str
) -> None:
    files = members(archive)
    change(files)
    write(archive, files, manifest=False)
    refuse(archive, tmp_path / "to", says)
    assert not (tmp_path / "outside").exists()


def parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame({"source": np.zeros(rows, np.int64), "target": 0, "split": "seed"}).to_parquet(buffer)
    return buffer.getvalue()


def claim(files: Files, **values: object) -> None:
    files[layout.CONFIG] = json.dumps({**json.loads(files[layout.CONFIG]), **values}).encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.update({"evil.py": b"print()"}), r"'evil\.py', which belongs to no run"),
        (lambda f: f.update({"embeddings/../../x.npy": b""}), "names of files inside|belongs to no run"),
        (lambda f: f.update({"embeddings/x.pkl": b""}), "belongs to no run"),
        (lambda f: claim(f, n_entities=10**12), "n_entities is 1000000000000"),
        (lambda f: claim(f, n_entities=-1, n_source=-2), "expected a whole number"),
        (lambda f: claim(f, format=9), "has format 9"),
        (lambda f: f.update({layout.RELEVANCE: b""}), "is not of the size"),
        (lambda f: f.pop(layout.RELEVANCE), "is not of the size"),
        (lambda f: f.pop(layout.ENTITIES), "expected a file, got nothing"),
        (lambda f: f.pop(layout.CONFIG), "is no run folder"),
        (lambda f: f.update({layout.LINKS: parquet(10**6)}), "rows at most, got 1,000,000"),
        (lambda f: f.update({layout.FAILURES: parquet(3)}), "expected a column direction"),
        (lambda f: f.update({layout.LINKS: b"PAR1"}), r"links\.parquet cannot be read"),
        (lambda f: f.update({layout.FROZEN_AT: b"abc"}), "has 3 bytes"),
        (lambda f: f.update({"embeddings/weight.npy": b"abc"}), "expected a NumPy array"),
        (lambda f: f.update({layout.SNAPSHOTS: b"PK"}), "expected NumPy arrays"),
    ],
)
def test_a_dishonest_run_is_refused(
    archive: Path, tmp_path: Path, change: Callable[[Files], object], says: str
) -> None:
    """Its manifest fits; it is the run that cannot be."""
    files = members(archive)
    change(files)
    write(archive, files)
    refuse(archive, tmp_path / "to", says)


def test_an_archive_cut_or_flipped_anywhere_is_refused(archive: Path, tmp_path: Path) -> None:
    whole, rng = archive.read_bytes(), random.Random(0)
    for _ in range(12):
        archive.write_bytes(whole[: rng.randrange(len(whole))])
        refuse(archive, tmp_path / "to", ".")
    refused = 0
    for _ in range(12):
        at = rng.randrange(len(whole))
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :])
        try:
            folder = import_run(archive, tmp_path / "to")
        except RunFormatError:
            refused += 1
        else:  # a bit that says nothing, such as a member's date
            assert read_all(folder) == []
            shutil.rmtree(folder)
    assert refused > 8
    refuse(tmp_path / "nothing.zip", tmp_path / "to", "No such file")


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(2000):
            opened.writestr(f"embeddings/{number}.npy", b"")
    refuse(tmp_path / "bomb.zip", tmp_path / "to", "at most 1,000 files")


def test_the_commands(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(*arguments: str | Path) -> str:
        assert main(["runs", *map(str, arguments)]) == 0
        return capsys.readouterr().out.strip()

    root = tmp_path / "to"
    file = tmp_path / "one.pmfrun.zip"
    assert say("export", run, "--out", file) == str(file)
    assert json.loads(say("import", file, "--into", root, "--json")) == {"run": str(root / "one")}
    (root / "broken").mkdir()
    (root / "broken" / layout.CONFIG).write_text("{")
    rows = {row["run"]: row for row in json.loads(say("list", root, "--json"))}
    assert rows["broken"]["state"] == "damaged"
    assert "cannot be read" in rows["broken"]["problem"]
    assert {name: rows["one"][name] for name in ("state", "reason", "name", "tags", "epoch", "epochs")} == {
        "state": "finished",
        "reason": "",
        "name": "Atlas",
        "tags": ["demo"],
        "epoch": 49,
        "epochs": 50,
    }
    text = say("list", root)
    assert "finished     epoch 50 of 50" in text
    assert "damaged" in text
    assert say("delete", root / "one") == str(root / ".trash" / "one")
    assert [row["run"] for row in json.loads(say("list", root, "--json"))] == ["broken"]
    assert say("restore", "one", "--into", root) == str(root / "one")
    assert main(["runs", "restore", "one", "--into", str(root)]) == 2
    assert capsys.readouterr().err.strip().endswith("one is no deleted run")
