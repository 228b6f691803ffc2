"""How a training ends early: on request, or for lack of memory, disk space or finite numbers; the run says which."""

from __future__ import annotations

import contextlib
import errno
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import torch

from pmf.errors import NonFiniteLossError, OutOfMemoryError, PMFError
from pmf.runs.reader import Reason
from pmf.runs.writer import RunWriter

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MESSAGES = {
    "request": "Stopped on request; resume to go on.",
    "disk full": "The disk took no more data; make room, then resume.",
    "out of memory": "There was not enough memory; end other programs and resume, or train anew with a smaller "
    "train.batch_size or model.width.",
}


def reason_of(error: BaseException) -> Reason:
    """Why a training that raised this has ended."""
    if isinstance(error, KeyboardInterrupt):
        return "request"
    if isinstance(error, NonFiniteLossError):
        return "not finite"
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL:
        return "disk full"
    # torch says it of a CPU in words only, and of a thread's or a library's memory in others
    out_of_memory = isinstance(error, RuntimeError) and any(
        words in str(error)
        for words in ("can't allocate memory", "not enough memory", "bad_alloc", "can't start new thread")
    )
    if (
        out_of_memory
        or number == errno.ENOMEM
        or isinstance(error, MemoryError | OutOfMemoryError | torch.OutOfMemoryError)
    ):
        return "out of memory"
    return "error"


def _in_words(error: BaseException) -> str:
    return str(error) if isinstance(error, PMFError) else f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def last_words(writer: RunWriter, *, resumable: bool = True) -> Iterator[None]:
    """Leave a word in the log when what happens within ends by an error or on request.

    Args:
        writer: of the run.
        resumable: whether the training can be gone on with, so that this is the advice.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        reason = reason_of(error)
        with contextlib.suppress(OSError):  # there may be no room even for that
            writer.last_word(
                "stopped" if reason == "request" else "failed",
                reason,
                (_MESSAGES.get(reason) if resumable else "Stopped on request." if reason == "request" else "")
                or _in_words(error),
            )
        raise


@contextlib.contextmanager
def memory_in_words() -> Iterator[None]:
    """Turn whatever a library raises for want of memory into one sentence.

    Raises:
        OutOfMemoryError: that is what happened within.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if reason_of(error) != "out of memory":
            raise
        raise OutOfMemoryError(_MESSAGES["out of memory"]) from error


@contextlib.contextmanager
def stop_requests(stop: threading.Event) -> Iterator[None]:
    """Within, the first SIGINT or SIGTERM sets the event and no more; any further one is a KeyboardInterrupt."""

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # signals go to the main thread
        yield
        return
    heard = [s for s in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(s) is not signal.SIG_IGN]
    before = {s: signal.signal(s, ask) for s in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
