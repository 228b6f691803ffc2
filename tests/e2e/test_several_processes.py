"""Several processes behind one address, by the nginx configuration that we ship."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import wait_for
from tests.conftest import ROOT
from tests.e2e.test_load import stored
from tests.tools.load import load, started

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
LOG = "log_format which '$uid_got$uid_set $upstream_addr'; access_log which.log which;"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of nginx, before two processes of the app."""
    with started(tmp_path / "runs") as first, started(tmp_path / "runs") as second, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = (ROOT / "assets/deploy/nginx.conf").read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
        for old, app in (("8501", first), ("8502", second)):
            server = server.replace(f"127.0.0.1:{old}", f"127.0.0.1:{app.rpartition(':')[2]}")
        folders = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy"))
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid nginx.pid; error_log error.log; events {{}}\nhttp {{ {LOG} {folders}\n{server}\n}}"
        )
        with subprocess.Popen([NGINX, "-p", tmp_path, "-c", "nginx.conf"]) as nginx:
            try:
                wait_for(f"http://localhost:{port}/_stcore/health")
                yield f"http://localhost:{port}"
            finally:
                nginx.terminate()


@pytest.mark.skipif(not Path(NGINX).exists(), reason="there is no nginx here: sh tests/tools/install_servers.sh")
def test_everybody_keeps_to_one_process_and_all_share_the_verdicts(address: str, tmp_path: Path) -> None:
    for _ in range(12):
        with urllib.request.urlopen(f"{address}/_stcore/health") as first:
            cookie = first.headers["Set-Cookie"].partition(";")[0]
        for _ in range(2):
            urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookie})).close()
    told = asyncio.run(load(address, reviewers=6, browsing=0, run="atlas", pace=0.5, seconds=5))
    assert told["problems"] == []
    assert len(stored(tmp_path / "runs")) == told["saved"]["n"]
    processes = defaultdict(set)
    for line in (tmp_path / "which.log").read_text().splitlines():
        browser, process = line.split()
        processes[re.sub("-", "", browser)].add(process)
    assert {len(one) for one in processes.values()} == {1}
    assert len(set.union(*processes.values())) == 2
