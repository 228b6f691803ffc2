"""The queue of trainings under a runs folder: what to train, in which order, and what became of it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from pmf import processes as process
from pmf.config.build import require
from pmf.errors import ConfigError, QueueError
from pmf.places import run_name
from pmf.queue.job import RESUMABLE, Job
from pmf.queue.outcome import outcome, tail
from pmf.queue.table import JobTable
from pmf.runs import layout
from pmf.runs.lock import owner

MOST_SLOTS = 64
_FOLDER = ".queue"
_KEPT_SECONDS = 90 * 86_400
_WORKERS: list[subprocess.Popen[bytes]] = []  # kept until they have ended: nobody else would collect them


class RunQueue:
    """What waits, runs and has run; any number of processes may hold one over the same folder.

    Submitting starts a worker process where none runs (`pmf.queue.worker`); it ends when nothing is left to do.
    A worker's end ends no training: the next worker, or the next page, finds them by their locks.

    Args:
        root: the runs folder; the queue lies in `.queue/` in it.

    Raises:
        QueueError: from every method, where the queue's file cannot be used.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.table = JobTable(self.root / _FOLDER / "jobs.sqlite")
        self.worker_lock = self.root / _FOLDER / "worker"

    def submit(
        self,
        *,
        data: str,
        preset: str,
        settings: Mapping[str, str],
        name: str = "",
        user: str = "",
    ) -> str:
        """Put a training at the end of the line.

        Args:
            data: folder of the data set, or "demo".
            preset: name of the preset.
            settings: by name, as text; they win over the preset.
            name: what to call it on screen, "" for its run id.
            user: who asks for it.

        Returns:
            The run id: the name its folder will have under the runs folder.

        Raises:
            ConfigError: an unknown preset or setting, or a value of the wrong type or range.
        """
        _check(data, preset, settings, name)
        now, stem = time.time(), run_name(data, preset)
        job = Job(
            run_id=stem,
            state="waiting",
            data=data,
            preset=preset,
            settings=dict(settings),
            name=name,
            user=user,
            cwd=str(Path.cwd()),
            submitted=now,
            queued=now,
        )
        copy = 1
        while (self.root / job.run_id).exists() or not self.table.add(job):
            copy += 1
            job = replace(job, run_id=f"{stem}-{copy}")
        self.table.forget(now - _KEPT_SECONDS)
        self.ensure_worker()
        return job.run_id

    def jobs(self) -> list[Job]:
        """Every job in the order of submission, with the outcome of those whose process has ended."""
        return [self._settled(job) for job in self.table.jobs()]

    def job(self, run_id: str) -> Job:
        """The job of a run id.

        Raises:
            QueueError: there is no such job.
        """
        for job in self.table.jobs():
            if job.run_id == run_id:
                return self._settled(job)
        raise QueueError(f"there is no training {run_id} in the queue of {self.root}")

    def stop(self, run_id: str) -> None:
        """Ask a training to finish its epoch, save and end; asking again changes nothing.

        Raises:
            QueueError: it does not run.
        """
        job = self.job(run_id)
        self._require(job, ("running",), "stopped")
        if not job.request:
            self._ask(job, "stop", SIGTERM, "Asked to stop: it finishes its epoch and saves.")

    def kill(self, run_id: str) -> None:
        """End a training's process at once; what it did since its last checkpoint is lost.

        Raises:
            QueueError: it does not run.
        """
        job = self.job(run_id)
        self._require(job, ("running",), "killed")
        self._ask(job, "kill", SIGKILL, "")

    def cancel(self, run_id: str) -> None:
        """Take a waiting training out of the line.

        Raises:
            QueueError: it does not wait.
        """
        self._require(self.job(run_id), ("waiting",), "cancelled")
        done = self.table.change(run_id, ("waiting",), state="cancelled", ended=time.time(), message="Never started.")
        if not done:
            raise QueueError(f"{run_id} has just started; stop it instead")

    def resume(self, run_id: str, user: str = "") -> None:
        """Put a training that has not finished at the end of the line, to go on from its last checkpoint.

        Args:
            run_id: of a job, or of any run folder under the root.
            user: who asks for it.

        Raises:
            QueueError: it waits, runs or has finished.
            RunFormatError: there is no such run.
        """
        if holder := owner(self.folder_of(run_id)):
            raise QueueError(f"{run_id} cannot be resumed: it is being trained by {holder}")
        if not any(job.run_id == run_id for job in self.table.jobs()):
            self.table.add(self._adopted(run_id))
        self._require(self.job(run_id), RESUMABLE, "resumed")
        again = {"state": "waiting", "queued": time.time(), "started": None, "ended": None, "request": ""}
        again |= {"message": "", "user": user} if user else {"message": ""}
        self.table.change(run_id, RESUMABLE, **again)
        self.ensure_worker()

    @property
    def slots(self) -> int:
        """How many trainings run at once."""
        return self.table.setting("slots", 1)

    def set_slots(self, slots: int) -> None:
        """Let so many trainings run at once, from the next start on.

        Raises:
            ConfigError: none, or more than a machine could ever want.
        """
        require(1 <= slots <= MOST_SLOTS, f"from 1 to {MOST_SLOTS} trainings can run at once, got {slots}")
        self.table.set_setting("slots", slots)
        self.ensure_worker()

    def log(self, run_id: str) -> str:
        """The last lines that a training's process printed."""
        return tail(self.folder_of(run_id) / layout.PROCESS_LOG)

    def folder_of(self, run_id: str) -> Path:
        """A job's run folder, whether it is there or not.

        Raises:
            QueueError: no run can have that id.
        """
        if not run_id or run_id.startswith(".") or Path(run_id).name != run_id or "\0" in run_id:
            raise QueueError(f"{run_id!r} is no run id")
        return self.root / run_id

    def lock_of(self, run_id: str) -> Path:
        """The file that is locked while a job's process lives."""
        return self.root / _FOLDER / "processes" / self.folder_of(run_id).name

    def ensure_worker(self) -> None:
        """Start a worker where there is something to do and none lives; cheap enough to call whenever a page opens.

        Raises:
            QueueError: it cannot be started.
        """
        _WORKERS[:] = [worker for worker in _WORKERS if worker.poll() is None]
        if process.is_locked(self.worker_lock):
            return
        if not any(job.state in ("waiting", "running") for job in self.table.jobs()):
            return
        log = self.root / _FOLDER / "worker.log"
        try:
            _WORKERS.append(process.start(["queue", "--root", str(self.root), "work"], log, cwd=str(self.root)))
        except OSError as error:
            raise QueueError(f"the queue cannot be worked on: {error.strerror}: {log}") from error

    def settle(self, job: Job) -> None:
        """Write down what became of a job whose process has ended."""
        state, message = outcome(self.folder_of(job.run_id), job)
        ended = max(self._last_sign(job.run_id), job.started or 0.0)
        self.table.change(job.run_id, ("running",), state=state, message=message, ended=ended)

    def _ask(self, job: Job, request: str, sign: Signals, message: str) -> None:
        # written down first: who then sees that the process has ended must know why
        self.table.change(job.run_id, ("running",), request=request, message=message)
        try:
            process.send(self.lock_of(job.run_id), sign)
        except QueueError:
            self.table.change(job.run_id, ("running",), request=job.request, message=job.message)
            raise

    def _settled(self, job: Job) -> Job:
        if job.state != "running" or process.is_locked(self.lock_of(job.run_id)):
            return job
        self.settle(job)
        return next((now for now in self.table.jobs() if now.run_id == job.run_id), job)

    def _last_sign(self, run_id: str) -> float:
        """When a job's process was last seen to do anything, in seconds since 1970."""
        folder = self.folder_of(run_id)
        paths = [folder / name for name in (layout.EVENTS, layout.HEARTBEAT, layout.PROCESS_LOG)]
        return max((path.stat().st_mtime for path in paths if path.exists()), default=time.time())

    def _adopted(self, run_id: str) -> Job:
        """A job for a run that was started elsewhere, e.g. on the command line."""
        from pmf.runs.reader import RunReader

        run = RunReader(self.folder_of(run_id))
        state = run.state()
        settings, now = run.facts.settings, time.time()
        return Job(
            run_id=run_id,
            state="interrupted" if state.name == "running" else state.name,
            data=settings["data"],
            preset=settings["preset"],
            cwd=str(Path.cwd()),
            submitted=now,
            queued=now,
            ended=now,
            message=state.message,
        )

    @staticmethod
    def _require(job: Job, states: tuple[str, ...], what: str) -> None:
        if job.state not in states:
            raise QueueError(f"{job.run_id} cannot be {what}: it is {job.state}, not {' or '.join(states)}")


def _check(data: str, preset_name: str, settings: Mapping[str, str], name: str) -> None:
    """Refuse at once what its process would refuse later."""
    from pmf.config.config import Config
    from pmf.config.presets import settings_of
    from pmf.runs.about import About

    About(name=name)
    if not data:
        raise ConfigError("say what to train on: a folder of a data set, or demo")
    Config(data=data, preset=preset_name).with_settings(settings_of(preset_name, settings))
