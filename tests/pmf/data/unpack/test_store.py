"""A folder that is made whole or not at all, and what a kill in the middle leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from pmf.data.unpack import store
from tests.conftest import ROOT

HANGS = """
import sys, time
from pathlib import Path
from pmf.data.unpack import store

def fill(folder):
    (folder / "half").write_text("written so far")
    print("filling", flush=True)
    time.sleep(60)

store(Path(sys.argv[1]), "data", fill)
"""


def test_what_a_killed_process_left_is_swept_a_day_later(tmp_path: Path) -> None:
    left = []
    for _ in range(2):
        command = [sys.executable, "-c", HANGS, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "filling\n"
            process.kill()
        left.append(next(folder for folder in tmp_path.iterdir() if folder not in left))
    assert all(folder.name.startswith(".") for folder in left)
    yesterday, just_now = left
    os.utime(yesterday, (time.time() - 25 * 3600,) * 2)
    made = store(tmp_path, "data", lambda folder: None)
    assert set(tmp_path.iterdir()) == {made, just_now}
