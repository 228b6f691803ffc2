"""`pmf serve` as a process, over HTTP: answers, the rules of the Reconciliation API 0.2, and what is refused."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest

from app.shared.services.run_view import RunView
from app.store import ReviewStore
from pmf.runs.accepted import pair_id
from tests.app.serve.schemas import MANIFEST
from tests.app.serve.service import EN, FORM, FR, Running
from tests.app.store.events import new_event


def ids(candidates: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in candidates]


def unlinked(run: RunView, place: int) -> int:
    """A ranked source entity of a test link, whose name nobody else has."""
    assert run.predictions is not None
    names = run.labels.tolist()
    ranked = [q for q in run.predictions.index if run.is_source(q) and run.split[q] == "test"]
    return [q for q in ranked if names.count(run.labels[q]) == 1][place]


@pytest.mark.parametrize("path", ["/", "/reconcile"])
def test_the_manifest_claims_what_there_is(service: Running, path: str) -> None:
    status, manifest, headers = service.ask(path)
    assert status == 200
    jsonschema.validate(manifest, MANIFEST)
    assert manifest["view"] == {"url": "{{id}}"}
    assert {"id": "country", "name": "country"} in manifest["defaultTypes"]
    assert "authentication" not in manifest
    assert headers["x-content-type-options"] == "nosniff"


def test_the_runs_candidates_of_an_entity_by_id_and_by_name(service: Running, run: RunView) -> None:
    query = unlinked(run, 0)
    assert run.predictions is not None
    stored = run.predictions.loc[query]
    for text, how in ((run.uris[query], "id"), (str(run.labels[query]).upper(), "name")):
        answer = service.match(entity=text, k=4)
        assert (answer["run"], answer["side"], answer["found_by"]) == ("atlas", "source", how)
        assert [one["id"] for one in answer["entities"]] == [run.uris[query]]
        assert ids(answer["candidates"]) == [run.uris[i] for i in stored["candidates"][:4]]
        first = answer["candidates"][0]
        assert first["score"] == pytest.approx(100 * float(stored["similarity"][0]), abs=1e-3)
        assert (first["match"], first["pair"]) == (False, pair_id(run.uris[query], first["id"]))
    back = service.match(entity=answer["candidates"][0]["id"], side="target")
    assert back["side"] == "target"
    assert all(one["id"].startswith(EN) for one in back["candidates"])


def test_a_batch_has_an_answer_for_each_query(service: Running, run: RunView) -> None:
    query = unlinked(run, 1)
    by_id = {"query": "some other name", "properties": [{"pid": "id", "v": {"id": run.uris[query]}}]}
    queries = {
        "q0": {"query": run.labels[query], "limit": 2},
        "q1": by_id,
        "q2": {"query": "", "properties": [{"pid": "population", "v": 7}]},
        "北京": {"query": "§§§"},
    }
    results = service.reconcile(queries)
    assert list(results) == list(queries)
    assert ids(results["q0"]) == ids(results["q1"])[:2] != []
    assert (results["q2"], results["北京"]) == ([], [])
    status, by_get, _ = service.ask(f"/?{urlencode({'queries': json.dumps(queries)})}")
    assert status == 200
    assert {key: one["result"] for key, one in by_get.items()} == results
    assert service.reconcile({}) == {}


def test_types_filter_and_an_unknown_one_has_nobody(service: Running, run: RunView) -> None:
    query = unlinked(run, 2)
    text, kind = run.labels[query], str(run.types[query])
    both = service.reconcile(
        {
            "a": {"query": text, "type": kind, "limit": 50},
            "b": {"query": text, "type": ["nothing", kind], "type_strict": "any", "limit": 50},
            "c": {"query": text, "type": "nothing"},
        }
    )
    assert both["a"] == both["b"] != []
    assert {one["type"][0]["id"] for one in both["a"]} == {kind}
    assert both["c"] == []


def test_a_text_that_nobody_is_called_is_matched_by_its_letters(service: Running) -> None:
    answer = service.match(entity="Austra")
    assert answer["found_by"] == "letters"
    assert f"{EN}Austria" in [one["id"] for one in answer["entities"]]
    assert f"{FR}Autriche" in ids(answer["candidates"])
    assert not any(one["match"] for one in answer["candidates"])
    scores = [one["score"] for one in answer["candidates"]]
    assert scores == sorted(scores, reverse=True)


def test_what_people_say_counts_at_once_and_before_the_run(service: Running, store: ReviewStore, run: RunView) -> None:
    query = unlinked(run, 3)
    uri, data = str(run.uris[query]), run.fingerprint
    before = ids(service.match(entity=uri)["candidates"])
    far = str(run.uris[run.n - 1])
    assert far not in before
    said = new_event(uri, other=far, fingerprint=data)
    store.append(said)
    first, *rest = service.match(entity=uri, k=50)["candidates"]
    assert (first["id"], first["match"], first["state"]) == (far, True, "accepted")
    assert first["score"] >= max(one["score"] for one in rest)
    assert ids(service.match(entity=far, side="target")["candidates"])[0] == uri
    store.append(new_event(far, other=before[0], fingerprint=data))  # of no entity of that side: changes nothing

    store.append(new_event(before[0], other=uri, side="target", fingerprint=data))  # a second counterpart
    two = service.match(entity=uri)["candidates"][:2]
    assert {one["id"] for one in two} == {far, before[0]}
    assert [one["match"] for one in two] == [False, False]  # none of them is certain

    store.take_back(said.event_id, "Ann")
    (result,) = service.reconcile({"q": {"query": uri, "limit": 1}}).values()
    assert [(one["id"], one["match"]) for one in result] == [(before[0], True)]
    assert {"id": "confirmed", "value": True} in result[0]["features"]


def test_who_is_rejected_or_alone_is_not_offered(service: Running, store: ReviewStore, run: RunView) -> None:
    one, other = unlinked(run, 4), unlinked(run, 5)
    best = str(run.uris[run.best[one]])
    store.append(
        new_event(str(run.uris[one]), "not", other=best, fingerprint=run.fingerprint),
        new_event(str(run.uris[other]), "none", fingerprint=run.fingerprint),
    )
    assert best not in ids(service.match(entity=run.uris[one], k=50)["candidates"])
    assert service.match(entity=run.uris[other])["candidates"] == []


def test_links_that_the_run_was_given_are_certain(service: Running, run: RunView) -> None:
    links = run.reader.links
    seed = links[links["split"] == "seed"].iloc[0]
    first = service.match(entity=run.uris[seed["source"]])["candidates"][0]
    assert (first["id"], first["match"], first["state"]) == (run.uris[seed["target"]], True, "given")


LONG = "1" * 5000


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "entity is missing"),
        ({"entity": "x", "k": "0"}, "k is a number from 1 to 50"),
        ({"entity": "x", "k": LONG}, "k is a number from 1 to 50"),
        ({"entity": "x", "k": "٣"}, "k is a number from 1 to 50"),
        ({"entity": "x", "side": "left"}, "side is source or target"),
        ({"entity": LONG}, "a text has 5,000 characters, 1,000 at most"),
        ({"entity": "x", "callback": "f"}, "there is no parameter callback"),
    ],
)
def test_a_match_that_is_refused(service: Running, query: dict[str, str], says: str) -> None:
    status, body, _ = service.ask(f"/match?{urlencode(query)}")
    assert status == 400
    assert list(body) == ["error"]
    assert says in body["error"]


@pytest.mark.parametrize(
    ("queries", "says"),
    [
        ('{"q0": {"query": "a"', "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"q0": {"query": "a", "limit": NaN}}', "no JSON"),
        (f'{{"q0": {{"query": "a", "limit": {LONG}}}}}', "no JSON"),  # more digits than Python reads
        ('{"q0": {"query": "a", "limit": -1}}', "a limit that is no number"),
        ('{"q0": {"query": "a", "limit": true}}', "a limit that is no number"),
        ("[]", "must be a JSON object"),
        ('{"q0": "a"}', "must be a JSON object"),
        ('{"q0": {}}', "has no text"),
        ('{"q0": {"query": 7}}', "has no text"),
        ('{"q0": {"query": "a", "type": 3}}', "a type that is no text"),
        ('{"q0": {"query": "a", "properties": [1]}}', "properties that are no list"),
        (json.dumps({"q0": {"query": LONG}}), "5,000 characters"),
        (json.dumps({"q0": {"query": "", "properties": [{"pid": "id", "v": LONG}]}}), "5,000 characters"),
        (json.dumps({f"q{i}": {"query": "a"} for i in range(51)}), "51 queries in a batch, 50 at most"),
    ],
)
def test_a_batch_that_is_refused(service: Running, queries: str, says: str) -> None:
    status, body, _ = service.ask("/reconcile", body=urlencode({"queries": queries}).encode(), headers=FORM)
    assert status == 400
    assert says in body["error"]


def test_requests_that_are_refused(service: Running) -> None:
    assert service.ask("/reconcile", body=b"x=1", headers=FORM)[0] == 400
    assert service.ask("/reconcile", body=b"queries=%FF", headers=FORM)[0] == 400
    assert service.ask("/reconcile", body=b"{}", headers={"Content-Type": "application/json"})[0] == 415
    assert service.ask("/reconcile?extend=%7B%7D")[0] == 400
    assert service.ask("/suggest/entity?prefix=a")[0] == 404
    assert service.ask("/match", method="DELETE")[0] == 405
    assert service.ask("/", headers={"Host": "evil.example"})[0] == 421
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
        connection.request("GET", f"/match?entity={'a' * 60_000}")  # longer than any address
        assert connection.getresponse().status == 400
    assert service.match(entity="Austria")["found_by"] == "name"  # it lives


def test_a_body_that_is_too_large_is_not_read_to_its_end(service: Running) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
        connection.putrequest("POST", "/reconcile")
        connection.putheader("Content-Type", FORM["Content-Type"])
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        connection.send(b"queries=" + b"a" * (2**20 + 1))
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (413, {"error": "a request has 1,048,576 bytes at most"})


def test_only_openrefines_own_pages_may_read_in_a_browser(service: Running) -> None:
    allowed = "access-control-allow-origin"
    assert service.ask("/", headers={"Origin": "http://127.0.0.1:3333"})[2][allowed] == "http://127.0.0.1:3333"
    assert allowed not in service.ask("/", headers={"Origin": "https://evil.example"})[2]
