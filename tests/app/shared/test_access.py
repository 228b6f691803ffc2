"""Who may do what, that services ask, and that nobody gets in where a server is set up wrong."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from streamlit.testing.v1 import AppTest

from app.data.services import uploads
from app.shared.services.access import NotAllowedError, Role, User, local, require, signed_in
from app.shared.services.dataset import open_dataset
from app.shared.services.run_view import RunView
from pmf.errors import ConfigError
from pmf.places import only_root
from pmf.runs.reader import RunReader
from tests.app.pages import open_page, ran, sentences, session, visit
from tests.conftest import ROOT

APP = ROOT / "app"
DEPLOY = ROOT / "assets" / "deploy"
VIEWER = User(name="vic@elsewhere.example", role=Role.VIEWER)
ANNOTATOR = User(name="ann@lab.example", role=Role.ANNOTATOR)
# these read or prepare; `upcoming` and `let_go` take and give back the user's own leases
FOR_VIEWERS = {
    "require",
    "agreement",
    "annotators",
    "batches",
    "card",
    "deal_of",
    "export_verdicts",
    "group_card",
    "judged",
    "let_go",
    "mine",
    "others",
    "upcoming",
}
"""What changes nothing that another person sees."""
ADA = {"email": "ada@example.org", "email_verified": True}


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A server with one admin and a domain of annotators, closed to others."""
    monkeypatch.setenv("PMF_ADMINS", " Ada@Example.org , bob@example.org,")
    monkeypatch.setenv("PMF_ANNOTATORS", "@lab.example, carl@example.org")
    monkeypatch.delenv("PMF_DEFAULT_ROLE", raising=False)
    return monkeypatch


@pytest.mark.parametrize("have", Role)
@pytest.mark.parametrize("need", Role)
def test_a_role_includes_those_below(have: Role, need: Role) -> None:
    user = User(name="ann", role=have)
    if have >= need:
        require(user, need, "start a training")
        return
    sentence = f"ann may not start a training: that needs the role {need.name.lower()}, and theirs is"
    with pytest.raises(NotAllowedError, match=sentence):
        require(user, need, "start a training")


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("ada@example.org", Role.ADMIN),
        ("ADA@EXAMPLE.ORG", Role.ADMIN),
        ("carl@example.org", Role.ANNOTATOR),
        ("anybody@lab.example", Role.ANNOTATOR),
    ],
)
def test_roles_by_address_and_domain(roles: pytest.MonkeyPatch, email: str, role: Role) -> None:
    assert signed_in({"email": email, "email_verified": True}) == User(name=email.lower(), role=role)


def test_the_higher_of_two_roles_counts(roles: pytest.MonkeyPatch) -> None:
    roles.setenv("PMF_ADMINS", "ann@lab.example")
    assert signed_in({"email": "ann@lab.example", "email_verified": True}).role == Role.ADMIN


@pytest.mark.parametrize(
    "email",
    [
        "eve@example.org",
        "ada@example.org.evil.example",
        "eve@not-lab.example",
        "eve@sub.lab.example",
        "",
        "@lab.example@evil.example",
        "ada",
        "bo\N{KELVIN SIGN}@lab.example",
    ],
)
def test_who_is_not_listed_stays_outside(roles: pytest.MonkeyPatch, email: str) -> None:
    with pytest.raises(NotAllowedError, match=r"no access|no e-mail address"):
        signed_in({"email": email, "email_verified": True})


@pytest.mark.parametrize("verified", [False, None, "false", "", 1, "yes"])
def test_an_unverified_address_is_not_trusted(roles: pytest.MonkeyPatch, verified: object) -> None:
    roles.setenv("PMF_DEFAULT_ROLE", "viewer")
    with pytest.raises(NotAllowedError, match=r"has not verified the address ada@example\.org"):
        signed_in({**ADA, "email_verified": verified})
    assert signed_in({**ADA, "email_verified": "true"}).role == Role.ADMIN


@pytest.mark.parametrize(("default", "role"), [("viewer", Role.VIEWER), ("annotator", Role.ANNOTATOR)])
def test_the_default_role(roles: pytest.MonkeyPatch, default: str, role: Role) -> None:
    roles.setenv("PMF_DEFAULT_ROLE", default)
    assert signed_in({"email": "eve@evil.example", "email_verified": True}).role == role


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PMF_DEFAULT_ROLE", "admin"), ("PMF_ADMINS", "ada"), ("PMF_ADMINS", "*"), ("PMF_ANNOTATORS", "ann@")],
)
def test_a_list_that_cannot_be_read_lets_nobody_in(roles: pytest.MonkeyPatch, variable: str, value: str) -> None:
    roles.setenv(variable, value)
    with pytest.raises(ConfigError, match=variable):
        signed_in({"email": "eve@evil.example", "email_verified": True})


def test_without_sign_in_everybody_is_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local("anna") == User(name="anna", role=Role.ADMIN)
    monkeypatch.setenv("PMF_DEFAULT_ROLE", "none")
    with pytest.raises(NotAllowedError, match="PMF_DEFAULT_ROLE is set but nobody can sign in"):
        local("anna")


@pytest.mark.parametrize("user", [VIEWER, ANNOTATOR])
def test_uploads_are_for_admins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: User) -> None:
    monkeypatch.setenv("PMF_DATA", str(tmp_path / "data"))
    with pytest.raises(NotAllowedError, match="may not upload data sets"):
        uploads.receive(user, [("x.zip", io.BytesIO(b"PK"))])
    assert not (tmp_path / "data").exists()


def services_for_a_user() -> list[Callable[..., object]]:
    """Every public function of the services whose first argument is a `User`."""
    found = []
    for file in sorted(APP.glob("*/services/*.py")):
        module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            if function.__module__ == module.__name__ and name[0] != "_" and first and first.annotation == "User":
                found.append(function)
    return found


def test_every_service_that_changes_something_refuses_a_viewer() -> None:
    """Whatever the other arguments are: these agree to anything."""
    changing = [f for f in services_for_a_user() if f.__name__ not in FOR_VIEWERS]
    assert {"receive", "start", "stop", "kill", "resume", "cancel", "set_slots", "give", "take_back"} <= {
        function.__name__ for function in changing
    }
    for function in changing:
        _, *others = inspect.signature(function).parameters.values()
        needed = [p for p in others if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        positional = [MagicMock() for p in needed if p.kind is not p.KEYWORD_ONLY]
        named = {p.name: MagicMock() for p in needed if p.kind is p.KEYWORD_ONLY}
        with pytest.raises(NotAllowedError, match=r"^vic@elsewhere\.example may not "):
            function(VIEWER, *positional, **named)


def test_a_run_does_not_open_data_outside_the_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_run: Callable[..., Path], data_folder: Path
) -> None:
    run = RunView(RunReader(make_run()))
    assert open_dataset(run).pair is not None
    monkeypatch.setenv("PMF_DATA", str(tmp_path))
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    closed = open_dataset(run)
    assert closed.pair is None
    assert "lies outside the data root" in closed.problem
    monkeypatch.setenv("PMF_DATA", str(data_folder.parent))
    assert open_dataset(run).pair is not None


def account(**secrets: object) -> AppTest:
    test = session("account")
    test.secrets.update(secrets)
    return ran(test.run())


@pytest.fixture
def _no_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PMF_RUNS", str(tmp_path))
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "0")  # recorded as unset: what the app sets in the test goes with it
    monkeypatch.delenv("PMF_DATA_ONLY_ROOT")


@pytest.mark.usefixtures("_no_runs")
def test_a_local_user_goes_by_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "first")
    test = account()
    assert test.text_input[0].value == "first"
    assert "may do everything" in sentences(test)
    test.text_input[0].set_value("  Anna\u202e  B. ").run()
    assert test.text_input[0].value == "Anna B."
    assert "user" not in test.query_params
    linked = open_page("account", user="Anna B.")  # an address that somebody passed on
    assert linked.text_input[0].value == "first"
    assert "user" not in linked.query_params
    assert not only_root()


@pytest.mark.usefixtures("_no_runs")
def test_a_colour_of_ones_own_marks_what_is_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "first")
    test = account()
    assert ":blue-badge[:material/person: first]" in sentences(test)
    test.button_group(key="account.colour").set_value("violet").run()
    assert ":violet-badge[:material/person: first]" in sentences(test)
    assert dict(test.query_params) == {}
    visit(test, "learn")
    assert ":violet-badge[:material/person: first]" in sentences(visit(test, "account"))


@pytest.mark.usefixtures("_no_runs")
def test_sign_in_comes_before_any_page() -> None:
    test = account(auth={"cookie_secret": "0" * 64, "client_id": "x", "work": {"client_id": "y"}})
    assert [button.label for button in test.button] == ["Sign in", "Sign in with work"]
    assert test.text_input.len == 0
    assert only_root()
    test.button[0].click().run()
    assert "configure credentials" in test.error[0].value


@pytest.mark.usefixtures("_no_runs")
@pytest.mark.parametrize("secret", ["", "short"])
def test_a_guessable_cookie_secret_lets_nobody_in(secret: str) -> None:
    test = account(auth={"cookie_secret": secret, "client_id": "x"})
    assert "cookie_secret" in sentences(test)
    assert test.button.len == test.text_input.len == 0


@pytest.mark.parametrize("broken", ["[auth", "\udcff", None])
def test_secrets_that_cannot_be_read_let_nobody_in(tmp_path: Path, broken: str | None) -> None:
    file = tmp_path / ".streamlit" / "secrets.toml"
    file.parent.mkdir()
    if broken is None:
        file.mkdir()
    else:
        file.write_text(broken, errors="surrogateescape")
    code = "from app.shared.widgets import user; user.current()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "ConfigError: secrets.toml of this server cannot be read" in result.stderr


def variables(*folders: Path) -> set[str]:
    files = (
        file for folder in folders for file in folder.rglob("*") if file.is_file() and "__pycache__" not in str(file)
    )
    return {name for file in files for name in re.findall(r"\bPMF_[A-Z_]+\b", file.read_text(encoding="utf-8"))}


def test_every_variable_is_documented() -> None:
    text = (ROOT / "assets" / "docs" / "server.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(PMF_[A-Z_]+)`", text, re.MULTILINE))
    assert documented == variables(ROOT / "app", ROOT / "pmf")
    assert variables(DEPLOY) <= documented
