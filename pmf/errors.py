"""Every error the project raises on purpose.

    PMFError
    ├── ConfigError              a setting that cannot be used
    ├── DataFormatError          a file that is not what it should be (path, line, expected, got)
    ├── MissingModalityError     a modality that the data set does not have
    ├── NonFiniteLossError       training left the finite numbers
    ├── CheckpointMismatchError  a checkpoint of another model, data set or configuration
    ├── RunFormatError           a run folder that cannot be read
    ├── RunLockedError           a run folder that another process writes
    ├── OutOfMemoryError         training needs more memory than there is
    ├── LostProcessError         one of several processes that train together has ended
    ├── QueueError               a queue of trainings that cannot be kept, or cannot do what is asked
    └── UnfinishedError          a measurement that ended without an answer

Each message is one sentence for a person: what is wrong, where, and what to do about it. The command
line prints it and exits with 2; the pages of the app show it in place of the chart.
"""

from __future__ import annotations

from pathlib import Path


class PMFError(Exception):
    """The root: anything wrong that a user can be told in one sentence."""


class ConfigError(PMFError):
    """A setting is unknown, out of range or at odds with another one."""


class DataFormatError(PMFError):
    """A data file is missing, malformed or at odds with the others.

    Args:
        path: the file or folder at fault.
        expected: what should be there.
        got: what is there.
        line: 1-based line number, where one line is at fault.
    """

    def __init__(self, path: Path, *, expected: str, got: str, line: int | None = None) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        shown = got if len(got) <= 120 else got[:117] + "…"
        super().__init__(f"{place}: expected {expected}, got {shown}")
        self.path, self.line, self.expected, self.got = path, line, expected, got


class MissingModalityError(PMFError):
    """A modality was asked for that the data set has no features for."""


class NonFiniteLossError(PMFError):
    """A loss became NaN or infinite."""


class CheckpointMismatchError(PMFError):
    """A checkpoint does not belong to this model, data set or configuration."""


class RunFormatError(PMFError):
    """A run folder is missing, damaged or written by a newer version."""


class RunLockedError(PMFError):
    """Another process writes the run folder."""


class OutOfMemoryError(PMFError):
    """Training needs more memory than there is."""


class LostProcessError(PMFError):
    """One of several processes that train together has ended."""


class QueueError(PMFError):
    """The queue of trainings cannot be kept, or a job in it is not in a state for what is asked."""


class UnfinishedError(PMFError):
    """A measurement ended without an answer: out of time, or out of memory."""
