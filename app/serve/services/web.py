"""The service over HTTP: `GET /match`, and reconciliation at `/` and `/reconcile`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.serve.services.lookup import MOST, Lookup
from app.serve.services.reconcile import USUAL, RequestError, check_length, described, manifest, queries_of, results
from app.store import SIDES, StoreError
from pmf.errors import PMFError

LARGEST = 2**20  # bytes of a request's body
LOCAL = ("127.0.0.1", "localhost")
OPENREFINE = ("http://127.0.0.1:3333", "http://localhost:3333")
"""Where OpenRefine's own pages come from; they ask for the manifest, all the rest comes from its server."""

_FORM = "application/x-www-form-urlencoded"


class _RefusedError(PMFError):
    """A request that ends with a status of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Service:
    """The answers to requests.

    Args:
        lookup: of the run.
        side: of which graph the entities are that are asked about, unless a request says.
        token: what requests have to bring along, "" = nothing.
        local: whether only names of this machine are answered to, so that no web page passes itself off as it.
    """

    def __init__(self, lookup: Lookup, side: str, *, token: str = "", local: bool = True) -> None:
        self._lookup, self._side, self._token, self._local = lookup, side, token, local

    async def reconcile(self, request: Request) -> Response:
        """The manifest, or the results of a batch."""

        async def answer() -> Any:
            self._check_host(request)
            fields = dict(request.query_params) if request.method == "GET" else await _form(request)
            if "queries" not in fields:
                if request.method == "GET" and not fields:
                    return manifest(self._lookup.run, self._side, token=bool(self._token))
                raise RequestError("this service takes batches of queries, in the parameter queries")
            self._check_token(request)
            return await run_in_threadpool(self._results, fields["queries"])

        return await _answered(answer)

    async def match(self, request: Request) -> Response:
        """Who an entity is: `entity` (id or name), `side` (source or target), `k` (how many)."""

        async def answer() -> Any:
            self._check_host(request)
            self._check_token(request)
            asked = request.query_params
            if unknown := sorted(set(asked) - {"entity", "side", "k"}):
                raise RequestError(f"there is no parameter {unknown[0][:40]}; there are entity, side and k")
            text, side, count = asked.get("entity", ""), asked.get("side", self._side), asked.get("k", str(USUAL))
            check_length(text)
            if not text:
                raise RequestError("entity is missing: an id or a name")
            if side not in SIDES:
                raise RequestError("side is source or target")
            if not (count.isascii() and count.isdigit() and len(count) < 4 and 1 <= int(count) <= MOST):
                raise RequestError(f"k is a number from 1 to {MOST}")
            return await run_in_threadpool(self._match, text, side, int(count))

        return await _answered(answer)

    def _results(self, queries: str) -> dict[str, Any]:
        return results(self._lookup, self._side, queries_of(queries))

    def _match(self, text: str, side: str, count: int) -> dict[str, Any]:
        answer = self._lookup.look(text, side, count)
        candidates = described(self._lookup, answer)
        return {
            "run": self._lookup.run.run_id,
            "side": side,
            "found_by": answer.how,
            "entities": [self._lookup.described(entity) for entity in answer.entities],
            "candidates": [{name: value for name, value in one.items() if name != "features"} for one in candidates],
        }

    def _check_host(self, request: Request) -> None:
        if self._local and (request.url.hostname or "") not in LOCAL:
            raise _RefusedError(421, "this service answers to 127.0.0.1 and localhost alone")

    def _check_token(self, request: Request) -> None:
        brought = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not secrets.compare_digest(brought.encode(), self._token.encode()):
            raise _RefusedError(401, "this service needs its token: Authorization: Bearer TOKEN")


def application(service: Service, origins: tuple[str, ...] = OPENREFINE) -> Starlette:
    """The ASGI application.

    Args:
        service: what answers.
        origins: web pages that may read answers in a browser.
    """
    both = ["GET", "POST"]
    routes = [
        Route("/", service.reconcile, methods=both),
        Route("/reconcile", service.reconcile, methods=both),
        Route("/match", service.match, methods=["GET"]),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=origins, allow_methods=both, allow_headers=["Authorization"])
    return Starlette(routes=routes, middleware=[cors], exception_handlers={404: _missing, 405: _missing})


async def _answered(answer: Callable[[], Any]) -> Response:
    """What a function gives, as JSON; a refusal with its status and a sentence."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    try:
        return JSONResponse(await answer(), headers=headers)
    except PMFError as error:
        status = 503 if isinstance(error, StoreError) else error.status if isinstance(error, _RefusedError) else 400
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if status == 413:
            headers["Connection"] = "close"  # what it still wants to send is not read
        return JSONResponse({"error": str(error)}, status, headers)


async def _missing(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return JSONResponse({"error": f"there is no {request.method} {request.url.path[:100]} here"}, status)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form, each once."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise _RefusedError(415, f"a batch comes as {_FORM}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise _RefusedError(413, f"a request has {LARGEST:,} bytes at most")
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10)
    except (UnicodeError, ValueError):
        raise RequestError("the form is no UTF-8, or has too many fields") from None
    return {name: values[0] for name, values in fields.items()}
