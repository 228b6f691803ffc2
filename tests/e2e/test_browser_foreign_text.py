"""A run from somebody else, full of Markdown, HTML and addresses: a real browser fetches nothing and shows no link."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page

from pmf.runs import layout
from pmf.runs.about import About, write_about
from tests.browsing import open_page, still
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

PLACES = ("overview", "embeddings", "matches?entity=3", "review", "failures?pair=3", "failures?tab=slices")
PLACES += ("compare", "train?tab=watch")


class Sink:
    """A web server that writes down what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def text(self, place: str) -> str:
        """Whatever might make a browser ask for something, naming where it stood."""
        at = f"{self.address}/{place}"
        return f"![p]({at}/m) <img src={at}/i> {at}/bare [l]({at}/l) $x$ :red[{place}]"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.server.shutdown()
    sink.server.server_close()


@pytest.fixture(scope="module")
def server(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> str:
    root = tmp_path_factory.mktemp("runs")
    folder = Path(shutil.copytree(ROOT / "assets" / "runs" / "atlas", root / "theirs"))
    entities = pd.read_parquet(folder / layout.ENTITIES)
    for column in ("label", "type"):
        entities[column] = [sink.text(column)] * len(entities)
    entities["uri"] = [f"{sink.address}/uri/{number}" for number in range(len(entities))]
    entities.to_parquet(folder / layout.ENTITIES)
    config = json.loads((folder / layout.CONFIG).read_text())
    config["dataset"] |= {"name": sink.text("data"), "path": sink.text("path")}
    config["config"]["preset"] = sink.text("preset")
    for name in ("device", "torch", "selection"):
        config[name] = sink.text(name)[:190]
    (folder / layout.CONFIG).write_text(json.dumps(config))
    log = [json.loads(line) for line in (folder / layout.EVENTS).read_text().splitlines()]
    for event in log:
        if event["kind"] == "results":
            event |= {"decode": sink.text("decode")[:190]}
    (folder / layout.EVENTS).write_text("".join(json.dumps(event) + "\n" for event in log))
    failures = pd.read_parquet(folder / layout.FAILURES)
    failures.attrs |= {"decode": sink.text("decode"), "notes": [sink.text("notes")]}
    failures.to_parquet(folder / layout.FAILURES)
    write_about(
        folder, About(name=sink.text("n")[:99], notes=sink.text("notes"), tags=(sink.text("tag")[:39].strip(),))
    )
    shutil.copytree(folder, root / "other")
    return start_app(PMF_RUNS=str(root))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_it_is_fetched_and_nothing_is_a_link(page: Page, server: str, sink: Sink, place: str) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    mark = "&" if "?" in place else "?"
    open_page(page, f"{server}/{place}{mark}run=theirs&runs=theirs,other")
    still(page, 500)
    assert sink.asked == []
    assert [one for one in requests if one.startswith(sink.address)] == []
    links = page.eval_on_selector_all("a", "all => all.map(one => one.href.baseVal ?? one.href)")
    assert [one for one in links if sink.address in str(one)] == []
    assert page.locator("img[src*='127.0.0.1']").count() == page.locator(f"img[src*='{server}']").count()


def test_the_sink_would_notice(page: Page, sink: Sink) -> None:
    page.set_content(f"<img src='{sink.address}/noticed'>")
    page.wait_for_load_state("networkidle")
    assert sink.asked.pop() == "/noticed"
