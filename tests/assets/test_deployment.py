"""How a shared server starts: the service and the container, as far as they can be tried without either."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browsing import wait_for
from tests.conftest import ROOT

DEPLOY = ROOT / "assets" / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_service_is_sound_and_closed(tmp_path: Path) -> None:
    unit = tmp_path / "pmf-explorer.service"
    text = (DEPLOY / unit.name).read_text()
    unit.write_text(text.replace("/opt/pmf-explorer/.venv/bin/python", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    safe = ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit]  # tenths; 100 is wide open
    assert subprocess.run(safe, capture_output=True, check=False).returncode == 0


def test_the_container_starts_closed(tmp_path: Path) -> None:
    """The steps of the Containerfile without a container: its files, its environment, its command, its health check."""
    text = (
        (DEPLOY / "Containerfile")
        .read_text()
        .replace("\\\n", " ")
        .replace("/var/lib/pmf-explorer", str(tmp_path / "lib"))
    )
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    home = tmp_path / "home"
    home.mkdir()
    for source, target in (shlex.split(rest) for step, rest in steps if step == "COPY"):
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
        (home / target).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / source, home / target)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    told = dict(pair.split("=", 1) for step, rest in steps if step == "ENV" for pair in shlex.split(rest))
    environment = {**os.environ, **told, "STREAMLIT_SERVER_PORT": port, "STREAMLIT_SERVER_ADDRESS": "localhost"}

    def command(step: str) -> list[str]:
        (found,) = (rest for name, rest in steps if name == step)
        name, *rest = re.findall(r'"([^"]*)"', found)
        assert name == "python"
        return [sys.executable, *(word.replace("8501", port) for word in rest)]

    with subprocess.Popen(command("CMD"), cwd=home, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            assert subprocess.run(command("HEALTHCHECK"), check=False).returncode == 0
        finally:
            process.terminate()
    assert subprocess.run(command("HEALTHCHECK"), capture_output=True, check=False).returncode != 0
    who = [sys.executable, "-c", "from app.shared.widgets import user; user.current()"]
    refused = subprocess.run(who, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert "PMF_DEFAULT_ROLE is set but nobody can sign in" in refused.stderr
