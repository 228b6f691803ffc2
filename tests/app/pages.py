"""A page of the app as Streamlit's own test client opens it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.conftest import ROOT

MAIN = ROOT / "app" / "main.py"


def session(page: str) -> AppTest:
    """A new session on a page, before its first run."""
    test = AppTest.from_file(str(MAIN), default_timeout=60)
    test._page_hash = calc_hash(page)  # switch_page knows the address only after a first run
    return test


def open_page(page: str, /, **parameters: object) -> AppTest:
    """A page with query parameters, in a session of its own."""
    return go(session(page), **parameters)


def go(test: AppTest, /, **parameters: object) -> AppTest:
    """The page with further query parameters."""
    for name, value in parameters.items():
        test.query_params[name] = str(value)
    return ran(test.run())


def visit(test: AppTest, page: str, /, **parameters: object) -> AppTest:
    """Another page in the same session, as by a click in the menu."""
    test.switch_page(f"{page}/page.py")
    return go(test, **parameters)


def ran(test: AppTest) -> AppTest:
    """The page, if it ran without an exception."""
    assert not test.exception, test.exception[0].value
    return test


def sentences(test: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (
        test.warning,
        test.info,
        test.error,
        test.success,
        test.caption,
        test.markdown,
        test.header,
        test.subheader,
    )
    said = " ".join(str(element.value) for elements in kinds for element in elements)
    return said.replace("\\", "").replace("\u2060", "")  # what keeps it from being Markdown


def press(test: AppTest, label: str) -> AppTest:
    """The page once a button has been pressed."""
    return ran(next(button for button in test.button if button.label == label).click().run())
