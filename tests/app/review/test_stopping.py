"""How many errors are left, and when one may stop: against the truth of the bundled run."""

from __future__ import annotations

import math
import uuid

import numpy as np
import pytest

from app.review.services.desk import fingerprint, key
from app.review.services.precision import Precision
from app.review.services.queue import AUDIT, audit_order
from app.review.services.stopping import GOAL, Outlook, in_words, outlook
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore
from pmf.runs import layout
from pmf.statistics import proportion


def say_the_truth(store: ReviewStore, run: RunView, queries: list[int], order: str) -> None:
    """A verdict by the links on each query, on disk."""
    events = []
    for query in queries:
        side, uri = key(run, query)
        events.append(
            Event(
                event_id=uuid.uuid4().hex, kind="verdict", fingerprint=fingerprint(run), run_id=run.run_id,
                annotator="ann", side=side, query=uri, other=str(run.uris[run.partner[query]]), verdict="match",
                version=1, order=order,
            )
        )  # fmt: skip
    store.append(*events)


def test_the_estimate_covers_the_truth_and_shrinks_as_errors_are_found(store: ReviewStore, atlas: RunView) -> None:
    order = audit_order(atlas, layout.SOURCE_TO_TARGET).tolist()
    wrong = np.array([atlas.best[query] != atlas.partner[query] for query in order])
    say_the_truth(store, atlas, order[:120], AUDIT)
    forecast = outlook(store, atlas)
    estimate, low, high = forecast.left
    assert forecast.corrected == wrong[:120].sum()
    assert low <= wrong[120:].sum() <= high
    rest = [query for query, bad in zip(order[120:], wrong[120:], strict=True) if bad]
    say_the_truth(store, atlas, rest[:20], "margin")
    later = outlook(store, atlas)
    assert later.left[0] == pytest.approx(max(0.0, estimate - 20))
    assert later.pace == 1.0
    say_the_truth(store, atlas, rest[20:], "margin")
    assert outlook(store, atlas).left[1] == 0.0


def made(right: int, n: int, corrected: int = 0, pace: float = 0.2, population: int = 1000) -> Outlook:
    audited = Precision(share=proportion(right, n), unclear=0, population=population)
    return Outlook(audited=audited, corrected=corrected, pace=pace)


def test_what_is_needed_is_what_is_too_much_over_the_pace() -> None:
    assert made(90, 100).left[0] == pytest.approx(100)
    assert made(90, 100).needed == pytest.approx((100 - GOAL * 1000) / 0.2)
    assert made(90, 100, corrected=92).needed == 0
    assert made(90, 100, pace=0.0).needed == math.inf
    assert math.isnan(made(0, 0).left[0])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (made(0, 0), "once the random audit has begun"),
        (made(90, 100), "about 450 more verdicts until ≤ 1% errors"),
        (made(90, 100, pace=math.nan), "After 10 verdicts"),
        (made(90, 100, pace=0.0), "found no error"),
        (made(100, 100), "by the estimate"),
        (made(1000, 1000), "You may stop"),
        (made(90, 100, corrected=1000), "You may stop"),
    ],
)
def test_it_is_said_in_words(found: Outlook, said: str) -> None:
    assert said in in_words(found)
