"""What the first page needs is loaded when the server starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ATLAS, ROOT

FIRST_VISIT = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
import app.main
from app import ahead
ahead.load()
loaded = set(sys.modules)
page = AppTest.from_file(str(Path("app/main.py").resolve()), default_timeout=120).run()
assert not page.exception and page.title[0].value == "Overview", page.title
print(*sorted(name for name in set(sys.modules) - loaded if name.split(".")[0] in sys.argv[1:]))
"""


def test_the_first_visitor_waits_for_no_import(tmp_path: Path) -> None:
    shutil.copytree(ATLAS, tmp_path / "runs" / "atlas")
    watched = ["app", "pmf", "plotly", "narwhals", "pandas", "pyarrow"]
    command = [sys.executable, "-c", FIRST_VISIT, *watched]
    here = {**os.environ, "PMF_RUNS": str(tmp_path / "runs")}
    done = subprocess.run(command, cwd=ROOT, env=here, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == []
    assert "MemoryCacheStorageManager" not in done.stderr  # a cache made before the server runs would say so on screen
