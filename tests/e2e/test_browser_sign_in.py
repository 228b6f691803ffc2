"""Sign-in with a real provider, a real app and a real browser: who sees what, and who is turned away."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browsing import open_page, settle
from tests.oidc_provider import FORGED, Provider, running, secrets_toml

PEOPLE = {
    "Ada": {"email": "Ada@example.org", "email_verified": True},
    "Ann": {"email": "ann@lab.example", "email_verified": True},
    "Vic": {"email": "vic@elsewhere.example", "email_verified": True},
    "Liar": {"email": "ada@example.org", "email_verified": False},
    "Forger": {"email": "ada@example.org", "email_verified": True, FORGED: True},
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running(PEOPLE) as found:
        yield found


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def start_server(
    start_app: Callable[..., str], provider: Provider, data_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    def start(default_role: str) -> str:
        folder = tmp_path_factory.mktemp("server")
        (folder / "secrets.toml").write_text(secrets_toml(provider))
        return start_app(
            STREAMLIT_SECRETS_FILES=str(folder / "secrets.toml"),
            PMF_RUNS=str(folder / "runs"),
            PMF_DATA=str(data_root),
            PMF_ADMINS="ada@example.org",
            PMF_ANNOTATORS="@lab.example",
            PMF_DEFAULT_ROLE=default_role,
        )

    return start


@pytest.fixture(scope="module")
def server(start_server: Callable[[str], str]) -> str:
    """A server that lets everybody look."""
    return start_server("viewer")


@pytest.fixture(scope="module")
def closed_server(start_server: Callable[[str], str]) -> str:
    """A server that lets nobody in who is not named."""
    return start_server("none")


def sign_in(page: Page, server: str, person: str) -> None:
    open_page(page, server)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=person).click()
    page.wait_for_url(f"{server}/**")
    page.wait_for_selector("h1")
    settle(page)


def nav(page: Page) -> int:
    return page.locator("[data-testid='stTopNavLink']").count()


UPLOAD = """async session => {
    const token = document.cookie.split('; ').find(one => one.startsWith('_streamlit_xsrf='))?.split('=')[1] ?? '';
    const form = new FormData();
    form.append('file', new Blob(['x'.repeat(1000)]), 'x.zip');
    const sent = {method: 'PUT', headers: {'X-Xsrftoken': token.replaceAll('"', '')}, body: form};
    const answer = await fetch(`/_stcore/upload_file/${session}/any-id`, sent);
    return [answer.status, await answer.text()];
}"""


def uploaded(page: Page, do: Callable[[], None]) -> list[tuple[int, str]]:
    """What becomes of an upload to the session that something opens; the server names it first, among other ids."""
    found: list[str] = []

    def read(payload: str | bytes) -> None:
        data = payload if isinstance(payload, bytes) else payload.encode()
        found.extend(one.decode() for one in re.findall(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", data))

    page.on("websocket", lambda socket: socket.on("framereceived", read))
    do()
    return [tuple(page.evaluate(UPLOAD, session)) for session in dict.fromkeys(found[:4])]


def may_upload(answers: list[tuple[int, str]]) -> bool:
    """Whether an upload went through; else it was said why it did not."""
    allowed = 204 in [status for status, _ in answers]
    assert allowed or any("may not upload" in sentence for _, sentence in answers)
    return allowed


@pytest.mark.parametrize("name", ["", "matches?run=atlas"])
def test_a_stranger_sees_only_the_way_in(page: Page, server: str, name: str) -> None:
    open_page(page, f"{server}/{name}")
    page.get_by_role("button", name="Sign in").wait_for()
    assert nav(page) == 0
    assert "atlas" not in page.locator("[data-testid='stMain']").inner_text()


def test_a_viewer_looks_and_leaves(page: Page, server: str, provider: Provider) -> None:
    ended = provider.signed_out
    sign_in(page, server, "Vic")
    page.wait_for_url("**run=atlas*")
    assert nav(page) > 0
    assert not may_upload(uploaded(page, lambda: open_page(page, f"{server}/data")))
    page.get_by_text("Add a data set").click()
    page.wait_for_selector("text=only an admin may upload")
    page.wait_for_selector("text=below its data folder only")
    assert page.locator("input[type=file]").count() == 0
    open_page(page, f"{server}/data?data=/etc")
    page.wait_for_selector("text=lies outside the data root")
    open_page(page, f"{server}/train")
    page.wait_for_selector("text=Training is for admins")
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()
    open_page(page, f"{server}/account")
    assert "vic@elsewhere.example, with the role viewer" in page.locator("[data-testid='stMain']").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    assert provider.signed_out == ended + 1
    open_page(page, f"{server}/data")
    page.get_by_role("button", name="Sign in").wait_for()


def test_an_annotator_is_known_by_the_domain(page: Page, closed_server: str) -> None:
    sign_in(page, closed_server, "Ann")
    open_page(page, f"{closed_server}/account")
    assert "ann@lab.example, with the role annotator" in page.locator("[data-testid='stMain']").inner_text()
    assert not may_upload(uploaded(page, lambda: open_page(page, f"{closed_server}/data")))


def test_an_admin_uploads(page: Page, server: str, data_root: Path, tiny_data: Path, tmp_path: Path) -> None:
    archive = tmp_path / "shared.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in tiny_data.rglob("*"):
            file.write(path, Path("tiny") / path.relative_to(tiny_data))
    sign_in(page, server, "Ada")
    assert may_upload(uploaded(page, lambda: open_page(page, f"{server}/data")))
    page.get_by_text("Add a data set").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Unpack and read").click()
    page.wait_for_url("**data=shared*")
    open_page(page, f"{server}/train?data=demo")
    assert page.get_by_role("button", name="Train", exact=True).is_enabled()
    assert (data_root / "shared" / "tiny" / "ent_links").is_file()


@pytest.mark.parametrize(
    ("person", "why"),
    [("Vic", "has no access to this server"), ("Liar", "has not verified the address ada@example.org")],
)
def test_who_has_no_role_is_told_so(page: Page, closed_server: str, person: str, why: str) -> None:
    sign_in(page, closed_server, person)
    page.get_by_text(re.compile(re.escape(why))).wait_for()
    assert nav(page) == 0
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()


def test_a_token_of_another_key_is_no_sign_in(page: Page, server: str) -> None:
    sign_in(page, server, "Forger")
    page.get_by_role("button", name="Sign in").wait_for()
    assert nav(page) == 0


def test_who_is_not_signed_in_uploads_nothing(page: Page, closed_server: str) -> None:
    answers = uploaded(page, lambda: open_page(page, closed_server))
    assert {status for status, _ in answers} == {403}
    assert "Sign in to see this page." in [sentence for _, sentence in answers]


def test_answers_say_what_browsers_may_do(page: Page, server: str) -> None:
    for path in ("/", "/_stcore/health", "/static/none"):
        headers = page.request.get(f"{server}{path}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert page.request.get(f"{server}/_stcore/metrics").status == 404
