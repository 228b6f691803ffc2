"""Text that came with data is shown letter by letter: nowhere in the app does it reach Markdown by another way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.shared.widgets.text import plain
from pmf.spreadsheets import neutral, restored
from tests.conftest import ROOT

READ_MARKDOWN = {
    *("markdown", "caption", "write", "badge", "title", "header", "subheader", "info", "warning", "error", "success"),
    *("toast", "metric", "button", "download_button", "checkbox", "toggle", "radio", "pills", "segmented_control"),
    *("tabs", "expander", "popover", "text_input", "text_area", "number_input", "selectbox", "multiselect", "slider"),
    *("select_slider", "progress", "spinner", "status", "page_link", "link_button", "image", "file_uploader"),
    *("form_submit_button", "dialog"),
}
FOREIGN = {
    *("label", "labels", "name", "title", "run_id", "uri", "uris", "types", "message", "reason", "notes", "tags"),
    *("data", "preset", "path", "problem", "annotator", "author", "user", "question", "dataset", "decode", "text"),
}
"""Names under which text of a person or of a file is known; whatever is called so goes through `plain`."""
PLAIN = {"plain", "count", "len", "meaning", "signed"}
OURS = {
    ("app/account/page.py", "visitor.role.name"),  # of three
    ("app/failures/widgets/causes.py", "failures.title"),  # of a cause of ours
    ("app/failures/widgets/examples.py", "failures.title"),
    ("app/overview/widgets/headline.py", "figure.title"),  # of a published table in our list
    ("app/overview/widgets/run_cards.py", "card.run_id"),  # compared, not shown
    ("app/overview/widgets/run_cards.py", "card.state.name"),  # compared too
    ("app/shared/services/data_cache.py", "path.name"),  # no call of Streamlit, and plain where it is shown
    ("app/shared/widgets/run_picker.py", "state.name"),  # of five
    ("app/shared/widgets/run_picker.py", "shown.text"),  # a figure
    ("app/train/widgets/start.py", "config.preset"),  # of the three that there are
    ("app/train/widgets/start.py", "draft.preset"),
}


def foreign(node: ast.AST) -> list[str]:
    """Expressions below a node that hold text of others and go through nothing that makes it plain."""
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called in PLAIN:
            return []
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        form = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
        if form.endswith(("%", "f", "e", "g", "d", ",")):
            return []  # a number
    found = [ast.unparse(node)] if isinstance(node, ast.Attribute) and node.attr in FOREIGN else []
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in FOREIGN:
        found = [ast.unparse(node)]
    return found + [one for child in ast.iter_child_nodes(node) for one in foreign(child)]


def test_all_text_of_others_goes_through_plain() -> None:
    found = set()
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in READ_MARKDOWN or not isinstance(node.func.value, ast.Name):
                continue
            named = [one.value for one in node.keywords if one.arg in ("label", "body", "help", "text", "caption")]
            first = node.args[:1] if node.func.attr != "image" else []
            where = Path(path).relative_to(ROOT).as_posix()
            found |= {(where, one) for argument in (*first, *named) for one in foreign(argument)}
    assert {one for one in found if one not in OURS and not one[1].endswith(".labels")} == set()


MADE_OF_TEXT = (
    *("unsafe_allow_html", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser"),
    *(" eval(", "(eval("),
)
"""What makes markup or code of text."""


def test_no_html_is_made_of_text() -> None:
    for path in (*(ROOT / "app").rglob("*.py"), *(ROOT / "app").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        for word in MADE_OF_TEXT:
            assert word not in text, path


@pytest.mark.parametrize(
    "text",
    ["https://x.example/a?b", "HTTP://x", "www.x.example", "see http://a and https://b", "WWW.x"],
)
def test_no_bare_text_becomes_a_link(text: str) -> None:
    """Markdown makes links of what is left once its escapes are gone."""
    shown = plain(text).replace("\\", "")
    assert shown.replace("\u2060", "") == text
    assert "http://" not in shown.lower()
    assert "https://" not in shown.lower()
    assert "www." not in shown.lower()


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", " =1", "＝1", "＋1", "\u3000＝1", "\ufeff=1"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert neutral(f"'{text}") == f"''{text}"
    for one in (text, f"'{text}", f"''{text}"):
        assert restored(neutral(one)) == one


@pytest.mark.parametrize("text", ["", "x", "1", "it's", "'quoted'", "a=b", "'"])
def test_other_text_stays(text: str) -> None:
    assert neutral(text) == text
    assert restored(text) == text
