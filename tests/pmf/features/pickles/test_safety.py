"""What a conversion refuses leaves no trace: no program run, no file, no memory or time beyond the limits."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from pmf.errors import ConfigError, DataFormatError
from pmf.features.pickles.convert import convert_features
from tests.conftest import ROOT
from tests.hostile_pickles import WRONG, Evil, programs

A = pickle.dumps({"a": [1.0]})


def convert(folder: Path, content: bytes, **limits: float) -> None:
    (folder / "x.pkl").write_bytes(content)
    convert_features(folder / "x.pkl", folder / "x.safetensors", **limits)  # type: ignore[arg-type]


def test_a_tensor_is_refused_by_name(tmp_path: Path) -> None:
    import torch

    with pytest.raises(DataFormatError, match=r"got torch\._utils\._rebuild_tensor_v2 at byte \d+"):
        convert(tmp_path, pickle.dumps({1: torch.ones(3)}))


@pytest.mark.parametrize("name", ["system, protocol 0", "system, protocol 5", "os.system as INST", "two pickles"])
def test_programs_do_not_run(tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    content, message = programs(canary)[name]
    with pytest.raises(DataFormatError, match=message):
        convert(tmp_path, content)
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]
    (tmp_path / "y.pkl").write_bytes(pickle.dumps(Evil(f"touch {canary}")))
    pickle.loads((tmp_path / "y.pkl").read_bytes())
    assert canary.exists()  # it is a program


@pytest.mark.parametrize("name", ["100,000 lists deep", "a key 100,000 tuples deep", "every row the same 240 kB"])
def test_bombs_end_within_the_limits(tmp_path: Path, name: str) -> None:
    content, message = WRONG[name]
    with pytest.raises(DataFormatError, match=message):
        convert(tmp_path, content)
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]


@pytest.mark.parametrize(
    ("mib", "message"),
    [(400, "got one that needs more memory"), (600, "a conversion that ended early: .*Cannot allocate memory")],
)
def test_memory_is_limited(tmp_path: Path, mib: int, message: str) -> None:
    size = mib * 2**20  # mapped, and then read: once or twice that; on disk the file has one block
    with (tmp_path / "x.pkl").open("wb") as file:
        file.write(b"\x80\x04\x8e" + struct.pack("<Q", size))
        file.truncate(11 + size)
    with pytest.raises(DataFormatError, match=message):
        convert_features(tmp_path / "x.pkl", tmp_path / "x.safetensors", memory_gb=0.5)
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]


def test_time_is_limited(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(DataFormatError, match="within 1 s and 4 GB, got a conversion that was not done in 1 s"):
        convert(tmp_path, b"N" * 50_000_000, seconds=1)
    assert time.monotonic() - began < 10
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]


def test_the_child_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(b"N" * 50_000_000)
    start = "from pmf.features.pickles.child import main; main()"
    with (tmp_path / "x.pkl").open("rb") as file:
        done = subprocess.run([sys.executable, "-c", start, str(2**32), "1"], stdin=file, cwd=ROOT, check=False)
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


MUTATE = """
import mmap, pickle, random, resource, sys
from pathlib import Path
import numpy as np
from pmf.features.pickles.child import features_of, write_features
from pmf.features.pickles.unpickler import Refused, read_pickled

resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
protocol = int(sys.argv[1])
honest = pickle.dumps({0: np.float32([1, -2.5]), 1: [0.1, 3e-12], np.int64(2): np.ones(2)}, protocol)
rng = random.Random(protocol)
refused = 0
for case in range(len(honest) + 1000):
    content = bytearray(honest[:case] if 0 < case < len(honest) else honest)
    for _ in range(rng.randint(1, 4) if case >= len(honest) else 0):
        content[rng.randrange(len(content))] = rng.randrange(256)
    with mmap.mmap(-1, len(content)) as data:
        data[:] = bytes(content)
        try:
            write_features(*features_of(read_pickled(data)), Path(sys.argv[2]), largest=2**20)
        except Refused:
            refused += 1
            assert case > 0  # the honest one comes first
assert refused > len(honest)
"""


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_cut_and_mutated_files_are_read_or_refused(tmp_path: Path, protocol: int) -> None:
    command = [sys.executable, "-W", "ignore:invalid escape", "-c", MUTATE, str(protocol), tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_there_stays_unless_forced(tmp_path: Path) -> None:
    out, listed = tmp_path / "x.safetensors", tmp_path / "x.txt"
    for path in (out, listed):
        path.write_text("mine")
        with pytest.raises(DataFormatError, match=f"{path.name}: expected no such file yet .*--force"):
            convert(tmp_path, A)
        assert [p.read_text() for p in (out, listed) if p.exists()] == ["mine"]
        path.unlink()
    out.write_text("mine")
    listed.write_text("mine")
    convert(tmp_path, A, overwrite=True)
    assert listed.read_text() == "a\n"
    with pytest.raises(DataFormatError, match="NaN"):
        convert(tmp_path, pickle.dumps({"a": [float("nan")]}), overwrite=True)
    assert load_file(out)["features"].tolist() == [[1]]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_text("untouched")
    (folder / "x.safetensors").symlink_to(elsewhere)
    (folder / "x.txt").symlink_to(tmp_path / "not there")
    with pytest.raises(DataFormatError, match="expected no such file yet"):
        convert(folder, A)
    convert(folder, A, overwrite=True)
    assert not (folder / "x.safetensors").is_symlink()
    assert not (folder / "x.txt").is_symlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["elsewhere", "root"]
    assert elsewhere.read_text() == "untouched"


@pytest.mark.parametrize(
    ("source", "out", "limits", "message"),
    [
        ("none.pkl", "x.safetensors", {}, "none.pkl: expected a file, got nothing"),
        ("pipe", "x.safetensors", {}, "pipe: expected a file, got something else"),
        ("empty.pkl", "x.safetensors", {}, "got an empty file"),
        ("empty.pkl", "x.pkl", {}, "must end in .safetensors, got"),
        ("empty.pkl", "no/x.safetensors", {}, "expected a folder to write into, got none there"),
        ("empty.pkl", "taken.safetensors", {"overwrite": True}, "got something there"),
        ("empty.pkl", "x.safetensors", {"memory_gb": float("inf")}, "the memory limit must be between"),
        ("empty.pkl", "x.safetensors", {"seconds": 0}, "the time limit must be between"),
    ],
)
def test_wrong_requests(tmp_path: Path, source: str, out: str, limits: dict[str, float], message: str) -> None:
    (tmp_path / "empty.pkl").touch()
    (tmp_path / "taken.safetensors").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises((DataFormatError, ConfigError), match=message):
        convert_features(tmp_path / source, tmp_path / out, **limits)  # type: ignore[arg-type]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty.pkl", "pipe", "taken.safetensors"]


def test_interrupted_it_leaves_nothing(tmp_path: Path) -> None:
    pickled = tmp_path / "x.pkl"
    pickled.write_bytes(b"N" * 100_000_000)
    arguments = ["data", "convert", pickled, "--out", tmp_path / "x.safetensors", "--quiet"]
    running = subprocess.Popen([sys.executable, "-m", "pmf", *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while len(list(tmp_path.iterdir())) == 1:  # until the child has its folder
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    assert running.communicate(timeout=60)[1] == "pmf: interrupted\n"
    assert running.returncode == 130
    assert list(tmp_path.iterdir()) == [pickled]
