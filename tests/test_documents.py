"""What the documents say is there, and the commands they print can be typed."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from app.shared.services import glossary
from app.shared.services.headline import METRICS
from pmf.cli import parser
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "assets" / "docs").glob("*.md"))]
PATH = re.compile(r"(?<!This is )`((?:pmf|app|assets|tests)/[\w./-]+)`")
COMMAND = re.compile(r"^(?:python -m pmf|pmf) (.+?)(?:\s{2,}#.*|\s+#.*)?$", re.MULTILINE)
PLACEHOLDERS = {"…"}


def ids(file: Path) -> str:
    return file.name


@pytest.mark.parametrize("file", DOCUMENTS, ids=ids)
def test_links_and_paths_lead_somewhere(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", text) for link in link]
    local = [file.parent / link for link in links if link and "://" not in link]
    paths = [ROOT / path for path in PATH.findall(text) if "NAME" not in path]
    assert [str(path) for path in (*local, *paths) if not path.exists()] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=ids)
def test_commands_are_understood(file: Path) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    commands = [line for block in blocks for line in COMMAND.findall(re.sub(r"\\\n\s*", "", block))]
    for line in commands:
        words = shlex.split(line)
        if not PLACEHOLDERS & {*words}:
            assert isinstance(parser().parse_args(words), argparse.Namespace), line


def test_the_readme_is_two_screens_and_opens_every_document() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert [file.name for file in DOCUMENTS[1:] if f"assets/docs/{file.name}" not in text] == []


def test_the_glossary_is_short_and_has_the_metrics() -> None:
    lines = re.findall(r"^\*\*", glossary.GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    assert 12 <= len(lines) <= 20
    assert [title for title in METRICS.values() if not glossary.meaning(title)] == []
