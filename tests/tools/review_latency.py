"""Measures how long a key takes to bring the next card, in a real browser on a real run; for people, not for CI.

    python tests/tools/review_latency.py [--run atlas] [--keys 100] [--width 1280] [--height 720]

Starts the app on a store of its own in a temporary folder, and prints median, 95th percentile and worst time from the
key going down to the frame after the next card has been drawn with all its pictures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browsing import open_page, wait_for

ROOT = Path(__file__).parents[2]
KEYS = "axunf1"
BETWEEN = 400  # milliseconds in which an annotator looks at a card: a fast one
WATCH = """
() => {
  const names = () => [...document.querySelectorAll('.st-key-review-pair h3')].map(h => h.innerText).join('|');
  const pictures = () => [...document.querySelectorAll('.st-key-review-pair img')];
  window.nextCard = new Promise(resolve => {
    let before, start;
    document.addEventListener('keydown', event => {
      before = names(); start = event.timeStamp;
      const look = () => {
        const now = names();
        if (now && now !== before && pictures().every(p => p.complete && p.naturalWidth)) {
          requestAnimationFrame(() => resolve(performance.now() - start));
        } else if (performance.now() - start > 10000) {
          resolve(-1);
        } else {
          requestAnimationFrame(look);
        }
      };
      requestAnimationFrame(look);
    }, {once: true, capture: true});
  });
}
"""


def measure(page: Page, keys: int) -> list[float]:
    """Milliseconds from each key to the next card."""
    times = []
    for i in range(keys):
        page.evaluate(WATCH)
        page.keyboard.press(KEYS[i % len(KEYS)])
        took = page.evaluate("window.nextCard")
        if took < 0:
            raise TimeoutError(f"no next card within 10 s of key {i + 1}")
        times.append(took)
        page.wait_for_timeout(BETWEEN)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="atlas")
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    wanted = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        app = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app/main.py",
                "--server.headless=true",
                f"--server.port={port}",
            ],
            cwd=ROOT,
            env=os.environ | {"PMF_REVIEWS": f"sqlite:///{folder}/reviews.sqlite"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            chromium = play.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=["--no-sandbox", "--disable-gpu"],
            )
            page = chromium.new_page(viewport={"width": wanted.width, "height": wanted.height})
            page.set_default_timeout(120_000)
            open_page(page, f"http://localhost:{port}/review?run={wanted.run}")
            page.wait_for_selector(".st-key-review-pair h3")
            page.wait_for_timeout(2000)
            times = sorted(measure(page, wanted.keys))
        finally:
            app.terminate()
            app.wait(timeout=20)
    late = times[int(0.95 * len(times))]
    load = os.getloadavg()[0]
    print(  # noqa: T201
        f"{wanted.run}: {len(times)} keys, median {statistics.median(times):.0f} ms, p95 {late:.0f} ms, "
        f"worst {times[-1]:.0f} ms, load {load:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
