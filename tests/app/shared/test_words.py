"""Plain words on screen: labels of three words at most, and no phrase that readers stumbled over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

RIDDLES = (
    "Seed of chance",
    "One entity's way",
    "Name holds",
    "Name or reason holds",
    "142 along",
    "Two for one",
    "says nothing of how far",
    "See how it gets on",
    "Errors too many",
    "to take along",
    "Who speaks for",
    "Do they know",
    "as often as said",
)
LABELLED = {
    *("button", "download_button", "selectbox", "multiselect", "segmented_control", "radio", "checkbox", "toggle"),
    *("number_input", "text_input", "text_area", "expander", "popover", "header", "slider", "select_slider"),
}
ROOMS = ("account", "compare", "failures", "report", "slices", "studies", "train")
LONGEST = 3


def sources() -> list[Path]:
    files = [file for room in ("app", "pmf") for end in ("py", "js") for file in (ROOT / room).rglob(f"*.{end}")]
    return [file for file in files if file.is_file()]


@pytest.mark.parametrize("phrase", RIDDLES)
def test_no_riddle_is_on_screen(phrase: str) -> None:
    assert [str(file.relative_to(ROOT)) for file in sources() if phrase in file.read_text(encoding="utf-8")] == []


def labels(source: str) -> list[str]:
    """Constant labels of widgets and headings, also of those that live in the address."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        in_address = node.func.attr in ("choose", "several") and len(node.args) > 1
        label = node.args[1] if in_address else node.args[0] if node.func.attr in LABELLED else None
        if isinstance(label, ast.Constant) and isinstance(label.value, str):
            found.append(label.value)
    return found


def test_labels_have_three_words_at_most() -> None:
    assert labels("st.button('Open the whole list')") == ["Open the whole list"]
    files = [file for room in ROOMS for file in (ROOT / "app" / room).rglob("*.py")]
    found = {label for file in files for label in labels(file.read_text(encoding="utf-8"))}
    assert len(found) > 30
    assert {label for label in found if len(label.split()) > LONGEST} == set()
