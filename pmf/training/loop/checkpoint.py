"""State to a safetensors file and back: model, optimiser, random numbers, freezing. Never a pickle."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from pmf.bounded.json_files import parse_json
from pmf.bounded.tensors import open_tensors
from pmf.errors import CheckpointMismatchError, DataFormatError
from pmf.files import replace_file


def save(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors and JSON-ready `meta` in one step; the old file stays whole until then.

    Raises:
        OSError: the disk is full, or fails otherwise.
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        replace_file(path, lambda p: save_file(contiguous, p, metadata={"meta": json.dumps(meta)}))
    except SafetensorError as error:  # it tells the system's error number in words only
        number = re.search(r"\(os error (\d+)\)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `save` wrote.

    Raises:
        CheckpointMismatchError: the file is missing, damaged or no checkpoint of ours.
    """
    try:
        with open_tensors(path, "pt") as file:
            meta = parse_json(file.metadata()["meta"])
            return {name: file.get_tensor(name) for name in file.keys()}, meta  # noqa: SIM118 (no mapping)
    except (DataFormatError, KeyError, TypeError, ValueError) as error:
        raise CheckpointMismatchError(f"{path} is no checkpoint that can be read: {error}") from None
