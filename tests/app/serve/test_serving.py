"""How `pmf serve` starts, whom it lets in, and how it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlencode

import jsonschema
import pytest

from tests.app.serve.schemas import MANIFEST
from tests.app.serve.service import FR, RUN, Running, running

TOKEN = "0123456789abcdef"


def test_sigterm_ends_it_cleanly(url: str) -> None:
    with running(url, "--side", "target") as service:
        assert service.match(entity=f"{FR}Autriche")["entities"][0]["name"] == "Autriche"
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
        assert service.process.stderr is not None
        (line,) = service.process.stderr.read().splitlines()
        assert line.startswith("pmf serve: answer over HTTP")  # what it does, and nothing of its end


def test_others_are_let_in_by_a_token_alone(url: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    with running(url, "--host", "0.0.0.0", "--token-file", str(file)) as service:
        for path in ("/match?entity=Austria", f"/?{urlencode({'queries': '{}'})}"):
            status, _, headers = service.ask(path)
            assert (status, headers["www-authenticate"]) == (401, "Bearer")
            assert service.ask(path, headers={"Authorization": f"Bearer {TOKEN}x"})[0] == 401
            assert service.ask(path, headers={"Authorization": "Bearer é".encode().decode("latin-1")})[0] == 401
            assert service.ask(path, headers={"Authorization": f"Bearer {TOKEN}"})[0] == 200
        manifest = service.ask("/", headers={"Host": "data.example"})[1]
        jsonschema.validate(manifest, MANIFEST)
        assert manifest["authentication"]["name"] == "Authorization"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((str(RUN), "--host", "0.0.0.0"), "0.0.0.0 lets others in, so it needs --token-file FILE"),
        ((str(RUN), "--token-file", "nowhere"), "No such file or directory: nowhere"),
        ((str(RUN), "--token-file", os.devnull), "must hold a token of 16 letters"),
        (("nowhere",), "nowhere is no run folder"),
    ],
)
def test_what_it_does_not_start_with(
    url: str, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    from app.serve.__main__ import main

    assert main([*options, "--store", url]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.err.count("\n") == 1


def test_a_port_that_is_taken_is_one_line(service: Running, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    from app.serve.__main__ import main

    assert main([str(RUN), "--store", url, "--port", str(service.port)]) == 2
    assert capsys.readouterr().err == f"pmf serve: Address already in use: 127.0.0.1:{service.port}\n"
