"""A review store on disk, people, and runs to review: the bundled one, and one whose numbers are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.review.services.card import card
from app.review.services.sources import Table
from app.shared.services import catalog
from app.shared.services.access import User
from app.shared.services.dataset import Dataset, open_dataset
from app.shared.services.run_view import RunView
from app.store import Event, ReviewStore, open_store
from pmf.runs.reader import RunReader
from tests.app.review.people import ANN, Judge, answer


@pytest.fixture(scope="session")
def atlas() -> RunView:
    """The bundled run."""
    return RunView(RunReader(catalog.BUNDLED / "atlas"))


@pytest.fixture(scope="session")
def atlas_data(atlas: RunView) -> Dataset:
    data = open_dataset(atlas)
    assert not data.problem
    return data


@pytest.fixture
def small(make_run: Callable[..., Path]) -> RunView:
    """Twelve countries, see `tests/app/conftest.py`."""
    return RunView(RunReader(make_run()))


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'reviews.sqlite'}"


@pytest.fixture
def store(store_url: str) -> Iterator[ReviewStore]:
    store = open_store(store_url)
    yield store
    store.close()


@pytest.fixture
def judge(store: ReviewStore, atlas: RunView, atlas_data: Dataset) -> Judge:
    """Shows somebody a card of the bundled run, and saves their answer."""

    def judge(user: User, query: int, verdict: str, *, order: str = "margin", **said: object) -> Event:
        shown = card(user, store, atlas, atlas_data, query, order=order)
        return answer(user, store, atlas, shown, verdict, **said)

    return judge


@pytest.fixture
def table(store: ReviewStore, atlas: RunView, atlas_data: Dataset) -> Table:
    return Table(user=ANN, store=store, run=atlas, data=atlas_data, blind=True)
