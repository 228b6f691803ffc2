"""An empty review store in SQLite and one in a PostgreSQL server that the tests start themselves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store import ReviewStore, open_store

DIALECTS = ("sqlite", "postgresql")


class Postgres:
    """A server over a folder of its own, reached by a socket in that folder; it refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = _programs()
        self._as = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
        if self._as:
            shutil.chown(folder, "nobody", "nogroup")
        arguments = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        assert self._run("initdb", "--pgdata", "data", *arguments).wait() == 0
        self.start()

    def start(self) -> None:
        settings = ("-c", "listen_addresses=", "-c", "max_connections=50")
        self._server = self._run("postgres", "-D", "data", "-k", str(self.folder), *settings)
        for _ in range(600):
            if self._run("pg_isready", "--host", str(self.folder), "--username", "postgres").wait() == 0:
                return
            assert self._server.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        self.stop()
        pytest.fail("the PostgreSQL server does not answer")

    def kill(self) -> None:
        """kill -9 of the server and of every process it started."""
        server = self._server.pid
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in (server, *map(int, children)):
            os.kill(process, signal.SIGKILL)
        self._server.wait()

    def stop(self) -> None:
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"reviews_{uuid.uuid4().hex}"
        server = sa.create_engine(self._url("postgres", "postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        server.dispose()
        return self._url(name, "postgresql")

    def _url(self, database: str, driver: str) -> str:
        return f"{driver}://postgres@/{database}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            command = [self._programs / program, *arguments]
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)


def _programs() -> Path:
    """Where initdb and pg_ctl lie, which Debian keeps off the path."""
    program = shutil.which("initdb")
    folders = [Path(program).resolve().parent] if program else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("no PostgreSQL here: sh tests/tools/install_servers.sh")
    return folders[-1]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    _programs()
    folder = Path(tempfile.mkdtemp(prefix="pmf-pg-", dir="/tmp"))  # a socket's path is short, and nobody must get there
    server = None
    try:
        server = Postgres(folder)
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder)


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'reviews.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(url: str) -> Iterator[ReviewStore]:
    store = open_store(url)
    yield store
    store.close()
