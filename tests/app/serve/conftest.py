"""A service of the bundled run, and the store behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.shared.services.run_view import RunView
from app.store import ReviewStore, open_store
from pmf.runs.reader import RunReader
from tests.app.serve.service import RUN, Running, running


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('serve') / 'reviews.sqlite'}"


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[ReviewStore]:
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture(scope="module")
def run() -> RunView:
    return RunView(RunReader(RUN))


@pytest.fixture(scope="module")
def service(url: str, store: ReviewStore) -> Iterator[Running]:
    with running(url) as service:
        yield service
