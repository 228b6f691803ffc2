"""The W3C Reconciliation Service API 0.2: manifest, batches of queries, batches of results.

What the manifest does not name is not there: no suggestions, previews or data extension. Of a query's properties one
counts, `id`: the id of the entity that is looked for, where the text is only its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pmf
from app.serve.services.lookup import MOST, Answer, Lookup, features
from app.shared.services.run_view import RunView
from app.store.consensus import opposite
from pmf.bounded.json_files import parse_json
from pmf.errors import PMFError

BATCH = 50
LONGEST = 1000  # characters of a query's text
USUAL = 5  # candidates of a query that does not say how many
TYPES_SHOWN = 10
ID = "id"
"""The property of a query that names the entity itself."""


class RequestError(PMFError):
    """A request that is refused; the sentence goes back to who sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query of a batch: text, id where it came apart from it, wanted types (() = any), and how many candidates."""

    text: str
    id: str
    types: tuple[str, ...]
    limit: int


def manifest(run: RunView, side: str, *, token: bool) -> dict[str, Any]:
    """The service's description.

    Args:
        run: the run that answers.
        side: of which graph the queries' entities are.
        token: whether queries need one.
    """
    other = opposite(side)
    part = slice(run.n_source, run.n) if other == "target" else slice(0, run.n_source)
    types, counts = _counted(run.types[part].tolist())
    name = run.reader.facts.data_name or run.run_id
    space = f"urn:pmf:{run.fingerprint[:16] or run.run_id}"
    described: dict[str, Any] = {
        "versions": ["0.2"],
        "name": f"PMF Explorer: {name}, {side} → {other}",
        "identifierSpace": f"{space}:{other}",
        "schemaSpace": f"{space}:types",
        "serviceVersion": pmf.__version__,
        "defaultTypes": [{"id": one, "name": one} for one in sorted(types, key=lambda one: -counts[one])[:TYPES_SHOWN]],
        "batchSize": BATCH,
    }
    if all(str(uri).startswith(("http://", "https://")) for uri in run.uris[part]):
        described["view"] = {"url": "{{id}}"}
    if token:
        described["authentication"] = {"type": "apiKey", "in": "header", "name": "Authorization"}
    return described


def _counted(types: list[str]) -> tuple[list[str], dict[str, int]]:
    counts: dict[str, int] = {}
    for one in types:
        if one:
            counts[str(one)] = counts.get(str(one), 0) + 1
    return list(counts), counts


def queries_of(text: str) -> dict[str, Query]:
    """The queries of a batch, by their keys.

    Raises:
        RequestError: it is none, or more than the service takes.
    """
    try:
        batch = parse_json(text)
    except ValueError:
        raise RequestError("queries is no JSON") from None
    if not isinstance(batch, dict):
        raise RequestError("queries must be a JSON object: key → query")
    if len(batch) > BATCH:
        raise RequestError(f"{len(batch):,} queries in a batch, {BATCH} at most")
    return {key: _query(key, values) for key, values in batch.items()}


def results(lookup: Lookup, side: str, queries: dict[str, Query]) -> dict[str, Any]:
    """The candidates of each query, by the same keys."""
    return {key: {"result": _result(lookup, side, query)} for key, query in queries.items()}


def _result(lookup: Lookup, side: str, query: Query) -> list[dict[str, Any]]:
    answer = lookup.look(query.id or query.text, side, MOST, name=query.text)
    listed = described(lookup, answer)
    if query.types:
        listed = [one for one in listed if set(query.types) & {kind["id"] for kind in one["type"]}]
    return [
        {name: one[name] for name in ("id", "name", "type", "score", "match", "features")}
        for one in listed[: query.limit]
    ]


def described(lookup: Lookup, answer: Answer) -> list[dict[str, Any]]:
    """The candidates of an answer, each with all that is known of it."""
    listed = []
    for one in answer.candidates:
        entity = lookup.described(one.entity)
        kind = entity.pop("type")
        listed.append(
            {
                **entity,
                "type": [{"id": kind, "name": kind}] if kind else [],
                "score": round(one.score, 4),
                "match": one.match,
                "state": one.state,
                "probability": one.probability,
                "pair": lookup.pair_id(one),
                "features": features(one),
            }
        )
    return listed


def _query(key: str, values: Any) -> Query:
    if not isinstance(values, dict):
        raise RequestError(f"query {key!r:.40} must be a JSON object")
    properties = values.get("properties", [])
    if not isinstance(properties, list) or not all(
        isinstance(one, dict) and isinstance(one.get("pid"), str) and "v" in one for one in properties
    ):
        raise RequestError(f"query {key!r:.40} has properties that are no list of pid and v")
    ids = [_text_of(one["v"]) for one in properties if one["pid"] == ID]
    text, id_ = values.get("query", ""), ids[0] if ids else ""
    if not isinstance(text, str) or not (text or properties):
        raise RequestError(f"query {key!r:.40} has no text")
    for one in (text, id_):
        check_length(one)
    types = values.get("type", [])
    types = [types] if isinstance(types, str) else types
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        raise RequestError(f"query {key!r:.40} has a type that is no text")
    return Query(
        text=text, id=id_, types=tuple(one for one in types if one), limit=_limit(key, values.get("limit", USUAL))
    )


def _text_of(value: Any) -> str:
    """The text of a property's value; "" of one that names nothing."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("id", "")
    return value if isinstance(value, str) else ""


def check_length(text: str) -> None:
    """Refuse a text that is longer than any name.

    Raises:
        RequestError: it is.
    """
    if len(text) > LONGEST:
        raise RequestError(f"a text has {len(text):,} characters, {LONGEST:,} at most")


def _limit(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        raise RequestError(f"query {key!r:.40} has a limit that is no number from 1 on")
    return int(min(value, MOST))
