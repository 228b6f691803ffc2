"""How a training ends before its time: each way really brought about, told by the run, and resumed where it can be."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmf.config.config import Config
from pmf.config.presets import preset
from pmf.errors import NonFiniteLossError, RunLockedError
from pmf.runs import layout
from pmf.runs.lock import RunLock, owner
from pmf.runs.reader import RunReader
from pmf.training.loop import checkpoint
from pmf.training.recording.ending import stop_requests
from pmf.training.run import train as train_here
from tests import trainings
from tests.conftest import ROOT, TINY_SETTINGS
from tests.trainings import assert_same_run, epochs, read_all, wait_until


def config_of(data: Path, **settings: str) -> Config:
    """As the command line makes it."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return Config(data=str(data)).with_settings({**preset("default"), **TINY_SETTINGS, **named})


def resume(folder: Path) -> None:
    process = trainings.train(folder, folder)
    process.join(120)
    assert process.exitcode == 0


@pytest.fixture(scope="module")
def whole(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing happens to."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    process = trainings.train(tiny_data, folder)
    process.join(120)
    assert process.exitcode == 0
    return folder


@pytest.fixture(scope="module")
def whole_here(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, trained in this process: what others have imported here may round differently."""
    folder = tmp_path_factory.mktemp("runs") / "whole_here"
    train_here(config_of(tiny_data), folder)
    return folder


def test_a_stop_finishes_the_epoch_and_saves(whole: Path, tiny_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = trainings.train(tiny_data, folder)
    wait_until(lambda: epochs(folder) > 2, process)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 130
    state = RunReader(folder).state()
    assert (state.name, state.reason) == ("stopped", "request")
    assert owner(folder) is None
    _, meta = checkpoint.load(folder / layout.CHECKPOINTS / "last.safetensors")
    assert meta["next_epoch"] == state.epoch + 1 < 8
    resume(folder)
    assert_same_run(whole, folder)
    assert not any(event["kind"] == "warning" for event in RunReader(folder).events())


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_asked_twice_it_stops_within_the_epoch(tiny_data: Path, tmp_path: Path, sign: signal.Signals) -> None:
    stops: list[str] = []

    def impatient(what: str, done: int, total: int) -> None:
        if (what == "batch" and epochs(tmp_path / "run") == 3) or what.startswith("last batches"):
            stops.append(what)
            os.kill(os.getpid(), sign)

    was = signal.signal(sign, signal.default_int_handler)  # a shell's background job is told to ignore Ctrl-C
    try:
        before = signal.getsignal(sign)
        with pytest.raises(KeyboardInterrupt):
            train_here(config_of(tiny_data), tmp_path / "run", progress=impatient)
        assert signal.getsignal(sign) is before
    finally:
        signal.signal(sign, was)
    assert len(stops) == 2
    assert epochs(tmp_path / "run") == 3
    assert RunReader(tmp_path / "run").state().reason == "request"
    _, meta = checkpoint.load(tmp_path / "run" / layout.CHECKPOINTS / "last.safetensors")
    assert meta["next_epoch"] == 2


def test_signals_are_left_alone_where_they_cannot_be_heard() -> None:
    """Only the main thread may set a handler, and a background job's shell has told it to ignore Ctrl-C."""
    before = signal.getsignal(signal.SIGTERM)
    found: list[Any] = []

    def elsewhere() -> None:
        with stop_requests(threading.Event()):
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [before]
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_requests(threading.Event()):
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not before
    finally:
        signal.signal(signal.SIGINT, ours)


def test_a_loss_beyond_all_numbers_is_told(tiny_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(NonFiniteLossError, match=r"lower train\.learning_rate \(now 1e\+30\)"):
        train_here(config_of(tiny_data, train__learning_rate="1e30"), folder)
    state = RunReader(folder).state()
    assert (state.name, state.reason) == ("failed", "not finite")
    assert "train.learning_rate" in state.message
    assert read_all(folder) == []


def test_no_state_beyond_all_numbers_gets_into_a_checkpoint(tiny_data: Path, tmp_path: Path) -> None:
    """One step an epoch: its loss is a number, what it leads to is not."""
    settings = {"train__learning_rate": "1e38", "train__batch_size": "1000", "train__warmup": "0"}
    with pytest.raises(NonFiniteLossError, match="the weights left the finite numbers in epoch 0"):
        train_here(config_of(tiny_data, train__checkpoint_every="1", **settings), tmp_path / "run")
    assert not (tmp_path / "run" / layout.CHECKPOINTS).exists()


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kept", [3, 5, 7])
def test_a_disk_that_takes_no_more_is_told_and_survived(
    whole_here: Path, tiny_data: Path, tmp_path: Path, kept: int
) -> None:
    """The checkpoint, the largest file of all, is the first that does not fit; and epoch 5's results."""
    folder = tmp_path / "run"
    limit = contextlib.ExitStack()

    def shrink(what: str, done: int, total: int) -> None:
        if what == "epoch" and done == kept:
            limit.enter_context(largest_file(60_000))

    with limit, pytest.raises(OSError, match="too large"):
        train_here(config_of(tiny_data), folder, progress=shrink)
    state = RunReader(folder).state()
    assert (state.name, state.reason) == ("failed", "disk full")
    assert "make room" in state.message
    assert read_all(folder) == []
    train_here(RunReader(folder).facts.config(), folder, resume=True)
    assert_same_run(whole_here, folder)


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from pmf.runs.reader import RunReader
from tests.trainings import train

if __name__ == "__main__":
    data, disk, out = map(Path, sys.argv[1:])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=420k", "tmpfs", disk], check=True)
    for size in ("100m", "101m"):
        process = train(data, disk / "run")
        process.join()
        state = RunReader(disk / "run").state()
        print("ended", process.exitcode, state.name, state.reason, flush=True)
        subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
    subprocess.run(["cp", "-r", disk / "run", out], check=True)
"""


def test_a_full_disk_is_told_and_survived(whole: Path, tiny_data: Path, tmp_path: Path) -> None:
    """A disk of the test's own, which nobody else sees and which is gone with the process."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let users mount a small disk of their own")
    (tmp_path / "disk").mkdir()
    (tmp_path / "full_disk.py").write_text(FULL_DISK)
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, tmp_path / "full_disk.py", tiny_data, tmp_path / "disk", tmp_path / "run"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "pmf: No space left on device" in done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("ended")]
    assert told == ["ended 2 failed disk full", "ended 0 finished "]
    assert_same_run(whole, tmp_path / "run")


def test_too_little_memory_is_told(tiny_data: Path, tmp_path: Path) -> None:
    """The limit comes down to what the process has once its run begins."""
    folder = tmp_path / "run"
    process = trainings.train(tiny_data, folder, model__width="4096", train__batch_size="1000")
    wait_until(lambda: (folder / layout.EVENTS).exists(), process)  # its threads have started by then
    status = Path(f"/proc/{process.pid}/statm").read_text().split()
    limit = int(status[0]) * resource.getpagesize()
    resource.prlimit(process.pid or 0, resource.RLIMIT_AS, (limit, limit))
    process.join(60)
    assert process.exitcode == 2
    state = RunReader(folder).state()
    assert (state.name, state.reason) == ("failed", "out of memory")
    assert "train.batch_size" in state.message
    assert read_all(folder) == []


def test_two_processes_never_write_one_run(whole: Path, tiny_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = trainings.train(tiny_data, folder)
    wait_until(lambda: epochs(folder) > 0, process)
    os.kill(process.pid or 0, signal.SIGSTOP)  # it holds on to the run, and does not end meanwhile
    try:
        holder = owner(folder)
        assert holder is not None
        assert holder.pid == process.pid
        with pytest.raises(RunLockedError, match=f"is being written by process {process.pid} on "):
            train_here(RunReader(folder).facts.config(), folder, resume=True)
        stale = RunReader(folder)
        os.utime(folder / layout.HEARTBEAT, (1, 1))
        assert stale.state().name == "interrupted"
        assert f"process {process.pid}" in stale.state().message
    finally:
        os.kill(process.pid or 0, signal.SIGCONT)
    process.kill()
    process.join(60)
    resume(folder)
    assert_same_run(whole, folder)
    told = [event["message"] for event in RunReader(folder).events() if event["kind"] == "warning"]
    assert len(told) == 1
    assert told[0].startswith(f"Taken over from process {process.pid} on ")


def test_a_run_that_goes_on_can_be_looked_at(tiny_data: Path, tmp_path: Path) -> None:
    """At each checkpoint the embeddings are those of the model, and fused as it scores them."""
    folder = tmp_path / "run"
    seen: dict[int, tuple[Any, Any]] = {}

    def look(what: str, done: int, total: int) -> None:
        if what == "epoch":
            run = RunReader(folder)
            fused, weight, parts = run.embedding("fused"), run.weight(), [run.embedding(m) for m in run.modalities]
            if fused is None:
                assert done < 2
                return
            assert weight is not None
            with RunLock(tmp_path / "elsewhere"):  # looking needs no lock, and takes none
                assert run.state().name == "running"
            assert run.frozen_at() is not None
            again = np.concatenate([w[:, None] * p for w, p in zip(weight, parts, strict=True)], axis=1)
            np.testing.assert_allclose(again, fused, atol=1e-3)
            seen[done] = np.array(fused), run.frozen_at()

    always = config_of(tiny_data, freezing__guard="false")  # something freezes, whatever validation links say
    with pytest.raises(KeyboardInterrupt):
        train_here(always, folder, progress=lambda *of: (look(*of), _stop_at(7, *of))[0])
    assert sorted(seen) == [2, 3, 4, 5, 6, 7]
    assert np.array_equal(seen[2][0], seen[3][0])
    assert not np.array_equal(seen[3][0], seen[4][0])
    assert (seen[4][1] >= 0).any()


def _stop_at(epoch: int, what: str, done: int, total: int) -> None:
    if what == "epoch" and done == epoch:
        raise KeyboardInterrupt
