"""The bundled run, and a database with what it proposes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.alignment.__main__ import main
from app.shared.services import catalog
from app.shared.services.run_view import RunView
from pmf.runs.reader import RunReader

RUN = str(catalog.BUNDLED / "atlas")


@pytest.fixture(scope="session")
def run() -> RunView:
    return RunView(RunReader(Path(RUN)))


@pytest.fixture(scope="session")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with what the run proposes."""
    path = tmp_path_factory.mktemp("proposed") / "reviews.sqlite"
    assert main(["--store", f"sqlite:///{path}", "propose", RUN]) == 0
    return path
