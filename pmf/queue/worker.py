"""The process that starts the waiting trainings, as many at once as there are slots, until nothing is left."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from pmf import processes as process
from pmf.queue.job import Job
from pmf.queue.queue import RunQueue
from pmf.runs import layout

_LOOK_SECONDS = 0.3


def work(root: Path) -> None:
    """Work on the queue until it is empty; at once done where another worker lives.

    Trainings that run already, because an earlier worker started them, count and are waited for like its own.

    Raises:
        QueueError: the queue's file cannot be used.
    """
    queue = RunQueue(root)
    while any(job.state in ("waiting", "running") for job in queue.jobs()):
        lock = process.try_lock(queue.worker_lock)
        if lock is None:
            return
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        try:
            _work_while_there_is_any(queue)
        finally:
            os.close(lock)
        # look once more: what came before the lock was let go has started no worker of its own


def _work_while_there_is_any(queue: RunQueue) -> None:
    children: list[subprocess.Popen[bytes]] = []
    while True:
        children = [child for child in children if child.poll() is None]
        jobs = queue.jobs()
        running = [job for job in jobs if job.state == "running"]
        waiting = sorted((job for job in jobs if job.state == "waiting"), key=lambda job: job.queued)
        if not running and not waiting:
            return
        slots = queue.slots
        for job in waiting[: max(0, slots - len(running))]:
            if child := _start(queue, job, slots):
                children.append(child)
        time.sleep(_LOOK_SECONDS)


def _start(queue: RunQueue, job: Job, slots: int) -> subprocess.Popen[bytes] | None:
    """Start a job, unless it was cancelled meanwhile or its process is alive already."""
    lock = process.try_lock(queue.lock_of(job.run_id))
    if lock is None:
        return None
    try:
        threads = _threads(slots) if job.threads is None else job.threads
        now = time.time()
        if not queue.table.change(job.run_id, ("waiting",), state="running", started=now, threads=threads):
            return None
        folder = queue.folder_of(job.run_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _keep_name(folder, job)
            return process.start(
                _command(folder, job), folder / layout.PROCESS_LOG, cwd=job.cwd, threads=threads, lock=lock
            )
        except OSError as error:
            message = f"It could not be started: {error.strerror}: {error.filename}"
            queue.table.change(job.run_id, ("running",), state="failed", message=message, ended=time.time())
            return None
    finally:
        os.close(lock)


def _command(folder: Path, job: Job) -> list[str]:
    if (folder / layout.CONFIG).exists():
        return ["train", "--json", "--resume", str(folder)]
    settings = [part for name, value in job.settings.items() for part in ("--set", f"{name}={value}")]
    new = ["--data", job.data, "--preset", job.preset, "--run", str(folder)]
    return ["train", "--json", *new, *settings]


def _threads(slots: int) -> int:
    """Threads of each training where several share the machine; 0 leaves a training alone to its own choice."""
    setting = os.environ.get("OMP_NUM_THREADS", "")
    cores = int(setting) if setting.isdecimal() else process.cores()
    return 0 if slots == 1 else max(1, cores // slots)


def _keep_name(folder: Path, job: Job) -> None:
    from pmf.runs.about import About, write_about

    if job.name and not (folder / layout.ABOUT).exists():
        write_about(folder, About(name=job.name))
