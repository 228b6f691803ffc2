"""What terms mean, read from the glossary."""

from __future__ import annotations

from pathlib import Path

from app.shared.services import glossary
from app.shared.services.headline import METRICS

TEXT = """# Glossary

Words of this project.

**Hits@1**: share of queries whose counterpart comes first.
It lies between 0 and 100 %.

- **source, target** — the two graphs.

| **no** | entry |
"""


def test_entries_are_read_with_all_their_lines_and_names(tmp_path: Path) -> None:
    file = tmp_path / "glossary.md"
    file.write_text(TEXT, encoding="utf-8")
    listed = glossary.entries(file)
    assert listed == {
        "hits@1": "share of queries whose counterpart comes first. It lies between 0 and 100 %.",
        "source": "the two graphs.",
        "target": "the two graphs.",
    }


def test_without_a_glossary_nothing_is_explained(tmp_path: Path) -> None:
    assert glossary.entries(tmp_path / "none.md") == {}
    assert glossary.meaning("a term that nobody uses") is None


def test_the_figures_on_screen_are_explained() -> None:
    for term in (*METRICS.values(), "seed", "Threshold", "margin", "Verdict"):
        found = glossary.meaning(term)
        assert found, term
        assert found[0].isupper()
        assert found.endswith(".")
