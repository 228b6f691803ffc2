"""`pmf serve` as a process, and how it is asked."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlencode

import jsonschema

from app.shared.services import catalog
from tests.app.serve.schemas import RESULTS
from tests.conftest import ROOT

RUN = catalog.BUNDLED / "atlas"
EN, FR = "http://atlas.example/en/resource/", "http://atlas.example/fr/ressource/"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Running:
    """A service that runs, and how it is asked."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def ask(
        self, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str = ""
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON and headers of an answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method or ("GET" if body is None else "POST"), path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null"), {k.lower(): v for k, v in answer.getheaders()}

    def match(self, **asked: object) -> Any:
        status, body, _ = self.ask(f"/match?{urlencode(asked)}")
        assert status == 200, body
        return body

    def reconcile(self, queries: object) -> Any:
        status, body, _ = self.ask("/reconcile", body=form(queries), headers=FORM)
        assert status == 200, body
        jsonschema.validate(body, RESULTS)
        return {key: value["result"] for key, value in body.items()}


def form(queries: object) -> bytes:
    return urlencode({"queries": json.dumps(queries)}).encode()


@contextmanager
def running(url: str, *options: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "pmf", "serve", str(RUN), "--port", "0", "--store", url, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "answers at http://" in line, line + process.communicate()[1]
        yield Running(process, int(line.split("/reconcile")[0].rpartition(":")[2]))
    finally:
        process.kill()
        process.communicate()
