"""Measures what every page costs on a run, in a real browser; for people, not for CI.

    python tests/tools/page_costs.py [--run atlas] [page ...]  (page: a name, and what follows it in the address)

Starts the app anew for each page, opens it, and opens it again in a new session. Prints, of the first time and of the
second, the seconds from the browser's first message to the server until the page's script has ended, and how many of
them the server computed, which does not depend on what else the machine does; then the whole second time, from the
address to a page that stands still; the MiB sent; and by how much the server's memory grew, the first and second time.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browsing import chromium, settle, wait_for

ROOT = Path(__file__).parents[2]
PAGES = sorted(file.parent.name for file in (ROOT / "app").glob("*/page.py"))
PATIENCE = 300_000  # milliseconds
IDLE = "account"  # a page that reads no run


@dataclass
class Traffic:
    """What goes over the page's socket: when the first message left, when the last came, and how much that was."""

    first: float = 0.0
    last: float = 0.0
    size: int = 0

    def watch(self, socket_: WebSocket) -> None:
        """Begin with a new socket."""
        socket_.on("framesent", lambda _: self._sent())
        socket_.on("framereceived", self._received)

    def _sent(self) -> None:
        self.first = self.first or time.perf_counter()

    def _received(self, message: str | bytes) -> None:
        self.last = time.perf_counter()
        self.size += len(message)


@contextmanager
def started(folder: str) -> Iterator[tuple[str, int]]:
    """The app on a store of its own: its address and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.headless=true"]
    app = subprocess.Popen(
        [*command, f"--server.port={port}", "--server.fileWatcherType=none"],
        cwd=ROOT,
        env=os.environ | {"PMF_REVIEWS": f"sqlite:///{folder}/reviews.sqlite"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
        yield f"http://localhost:{port}", app.pid
    finally:
        app.terminate()
        app.wait(timeout=20)


def memory(process: int) -> float:
    """Resident memory of a process in MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def computed(process: int) -> float:
    """Seconds of all cores that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Of opening a page once.

    Args:
        server: seconds until its script had ended.
        computed: seconds of them that the server computed.
        still: seconds until the page stood still.
        sent: MiB to the browser.
        grew: MiB by which the server's memory grew.
    """

    server: float
    computed: float
    still: float
    sent: float
    grew: float


def opened(page: Page, address: str, process: int) -> Cost:
    """Open a page and measure."""
    page.set_default_timeout(PATIENCE)
    traffic, used, held = Traffic(), computed(process), memory(process)
    page.on("websocket", traffic.watch)
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("h1")
    settle(page)
    ended = time.perf_counter()
    cost = Cost(
        server=traffic.last - traffic.first,
        computed=computed(process) - used,
        still=ended - began,
        sent=traffic.size / 2**20,
        grew=memory(process) - held,
    )
    page.close()
    return cost


def measure(browser: Browser, name: str, run: str) -> str:
    """One line of the table."""
    view, _, rest = name.partition("?")
    address = f"{view}?run={run}" + (f"&{rest}" if rest else "")
    with tempfile.TemporaryDirectory() as folder, started(folder) as (base, process):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened(context.new_page(), f"{base}/{IDLE}", process)
        cold = opened(context.new_page(), f"{base}/{address}", process)
        warm = opened(context.new_page(), f"{base}/{address}", process)
        context.close()
    times = f"{cold.server:>8.2f}{cold.computed:>8.2f}{warm.server:>8.2f}{warm.computed:>8.2f}{warm.still:>8.2f}"
    return f"{name:<30}{times}{cold.sent:>8.2f}{cold.grew:>8.0f}{warm.grew:>8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="atlas")
    parser.add_argument("pages", nargs="*", default=PAGES)
    wanted = parser.parse_args()
    print(f"{wanted.run}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # noqa: T201
    heads = ("cold s", "CPU s", "warm s", "CPU s", "still s", "MiB", "+MiB", "+MiB")
    print(f"{'page':<30}" + "".join(f"{head:>8}" for head in heads))  # noqa: T201
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for name in wanted.pages:
            print(measure(browser, name, wanted.run), flush=True)  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
