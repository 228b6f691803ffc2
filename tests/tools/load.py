"""Many people at one server: annotators who give verdicts and others who open pages, all over Streamlit's own socket.

    python -m tests.tools.load --reviewers 20 --browsing 10 --seconds 120

Starts the app with a database of its own, or takes one that runs (`--url`). Each annotator is a person with a name who
gives a verdict every `--pace` seconds; whoever browses opens one page after the other and reads each for as long. No
browser takes part, so what is measured is the server's part: from a verdict sent to the reply that says it is saved,
and from the wish for a page to the end of its script. The next card lies in the browser already:
`tests/e2e/test_browser_review_saves.py` measures that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from app.store import VERDICTS
from tests.browsing import wait_for
from tests.conftest import ROOT

PAGES = ("start", "freezing", "embeddings", "matches", "failures", "compare", "data", "train", "learn")
DECK = "review_deck"
HAND, ROOM = 28, 6  # cards in the browser, and at a time, as the deck asks for them
PATIENCE = 120.0  # seconds
Acts = tuple[list[float], list[str]]
"""Seconds that what somebody did took, and what was refused or went wrong."""
FEWEST = 3  # verdicts of a person, however slow the server is


class Visitor:
    """One open tab: it asks for pages, and keeps the deck's component where there is one."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection, self.page, self.query = connection, "", ""
        self.deck, self.fragment, self.reply = "", "", {}
        self.problems: list[str] = []

    async def open(self, page: str, **query: str) -> float:
        """Go to a page; the seconds until its script has ended."""
        self.page, self.query, self.deck = page, urlencode(query), ""
        return await self._ask(BackMsg(rerun_script={"page_name": page, "query_string": self.query}))

    async def send(self, message: dict[str, Any]) -> float:
        """Give the deck's server a message; the seconds until its reply is here."""
        message["n"] = n = time.time_ns() // 1000
        state = {"id": self.deck, "json_value": json.dumps({"sent": message})}
        rerun = {"query_string": self.query, "fragment_id": self.fragment, "widget_states": {"widgets": [state]}}
        seconds = await self._ask(BackMsg(rerun_script=rerun))
        if self.reply.get("n") != n:
            raise RuntimeError(f"no reply to the message: {self.problems[-1:]}")
        return seconds

    async def _ask(self, message: BackMsg) -> float:
        start = time.perf_counter()
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            async for raw in self.connection:
                answer = ForwardMsg.FromString(raw)
                self._look(answer)
                if answer.WhichOneof("type") == "script_finished":
                    return time.perf_counter() - start
        raise ConnectionError("the server hung up")

    def _look(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and "went wrong" in element.alert.body):
            self.problems.append(element.exception.message or element.alert.body)
        if kind == "bidi_component" and element.bidi_component.component_name.endswith(DECK):
            self.deck, self.fragment = element.bidi_component.id, message.delta.fragment_id or self.fragment
            self.reply = json.loads(element.bidi_component.json or "{}").get("reply") or {}


@contextlib.asynccontextmanager
async def visitor(url: str, name: str) -> AsyncIterator[Visitor]:
    """A tab of a person of this name."""
    address = urlsplit(url)._replace(scheme="ws").geturl().rstrip("/") + "/_stcore/stream"
    headers = {"Cookie": f"pmf_user={name}", "Origin": url}
    async with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None) as connection:
        yield Visitor(connection)


async def review(url: str, name: str, run: str, pace: float, end: float) -> Acts:
    """Give verdicts until the end; seconds from each to its being saved, and what was refused."""
    saved: list[float] = []
    refused: list[str] = []
    async with visitor(url, name) as tab:
        await tab.open("review", run=run)
        deck = uuid.uuid4().hex
        wishes: dict[str, Any] = {"deck": deck, "others": [], "have": [], "skipped": [], "before": None, "past": 0}
        hand: list[dict[str, Any]] = []

        def held() -> list[list[Any]]:
            return [[one["id"], one["query"]["entity"]] for one in hand]

        await tab.send(wishes | {"events": [], "room": ROOM})
        hand += tab.reply["cards"]
        while hand and (time.time() < end or len(saved) < FEWEST):
            press = time.perf_counter() + random.uniform(0.5, 1.5) * pace
            if len(hand) <= HAND - ROOM:
                await tab.send(wishes | {"events": [], "have": held(), "room": ROOM})
                hand += tab.reply["cards"]
            await asyncio.sleep(max(0.0, press - time.perf_counter()))  # cards come while somebody looks
            card = hand.pop(0)
            verdict = random.choice(VERDICTS)
            event = {"id": uuid.uuid4().hex, "card": card["id"], "verdict": verdict, "seconds": pace, "row": 0}
            event["other"] = "" if verdict == "none" else card["candidates"][0]["uri"]
            await tab.send(wishes | {"events": [event], "have": held(), "room": 0})
            saved.append(time.perf_counter() - press)  # a message that was under way is waited for
            refused += [one["why"] for one in tab.reply["refused"]]
        return saved, refused + tab.problems


async def browse(url: str, name: str, run: str, pace: float, end: float) -> Acts:
    """Open pages until the end; the seconds of each, and what went wrong."""
    seconds = []
    async with visitor(url, name) as tab:
        pages = itertools.cycle(random.sample(PAGES, len(PAGES)))
        while time.time() < end:
            seconds.append(await tab.open(next(pages), run=run))
            await asyncio.sleep(random.uniform(0.5, 1.5) * pace)
        return seconds, tab.problems


@contextlib.contextmanager
def started(folder: str | Path) -> Iterator[str]:
    """The app with this folder of runs and verdicts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        process = subprocess.Popen(
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
            env=os.environ | {"PMF_RUNS": folder},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


async def load(
    url: str, *, reviewers: int, browsing: int, run: str, pace: float, seconds: float, arrive: float = 0
) -> dict[str, Any]:
    """Everybody at once; they arrive one after the other, the last of them after `arrive` seconds."""
    end = time.time() + arrive + seconds
    people = [review(url, f"annotator-{i}", run, pace, end) for i in range(reviewers)]
    people += [browse(url, f"visitor-{i}", run, pace, end) for i in range(browsing)]
    random.shuffle(order := list(range(len(people))))
    waits = [arrive * place / len(people) for place in order]
    results = await asyncio.gather(*(_after(wait, one) for wait, one in zip(waits, people, strict=True)))
    told = {"reviewers": reviewers, "browsing": browsing, "pace": pace, "load": os.getloadavg()[0]}
    for what, group in (("saved", results[:reviewers]), ("page", results[reviewers:])):
        times = np.array([one for times, _ in group for one in times] or [np.nan])
        told[what] = {"n": len(times)} | {f"p{p}": round(float(np.percentile(times, p)), 3) for p in (50, 95, 100)}
    return told | {"problems": sorted({problem for _, problems in results for problem in problems})}


async def _after(seconds: float, act: Coroutine[Any, Any, Acts]) -> Acts:
    await asyncio.sleep(seconds)
    return await act


async def warm(url: str, run: str) -> None:
    """Fill the caches by a visit to each page."""
    async with visitor(url, "first") as tab:
        for page in (*PAGES, "review"):
            await tab.open(page, run=run)


def main() -> int:
    """Exit status 1 where something was refused or went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="of an app that runs; without it one is started")
    parser.add_argument("--run", default="atlas")
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--browsing", type=int, default=10)
    parser.add_argument("--pace", type=float, default=3.6, help="seconds between two acts of a person, on average")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--arrive", type=float, default=0, help="seconds within which they arrive (0, all at once)")
    wanted = vars(parser.parse_args())
    with contextlib.ExitStack() as opened:
        url = wanted.pop("url") or opened.enter_context(started(opened.enter_context(tempfile.TemporaryDirectory())))
        asyncio.run(warm(url, wanted["run"]))
        told = asyncio.run(load(url, **wanted))
    print(json.dumps(told, indent=2))  # noqa: T201
    return int(bool(told["problems"]))


if __name__ == "__main__":
    sys.exit(main())
