"""Name, notes and tags of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmf.errors import ConfigError, RunFormatError
from pmf.runs import layout
from pmf.runs.about import About, read_about, write_about


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_about(tmp_path) == About()
    about = About(name="<b>Über</b> alles", notes="one\ntwo\n", tags=("zh-en", "第一"))
    write_about(tmp_path, about)
    assert read_about(tmp_path) == about
    write_about(tmp_path, About(name="other"))
    assert read_about(tmp_path) == About(name="other")
    assert [path.name for path in tmp_path.iterdir()] == [layout.ABOUT]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": "x" * 101}, "at most 100 characters, got 101"),
        ({"name": "a\nb"}, "one line"),
        ({"notes": "x" * 10_001}, "at most 10,000"),
        ({"tags": tuple(map(str, range(21)))}, "at most 20 tags, got 21"),
        ({"tags": ("",)}, "1 to 40 characters"),
        ({"tags": (" a",)}, "blanks"),
        ({"tags": ("x" * 41,)}, "1 to 40 characters"),
        ({"tags": ("a", "a")}, "twice"),
    ],
)
def test_too_much_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        About(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"name": 1, "notes": "", "tags": []}',
        '{"name": "", "notes": "", "tags": "ab"}',
        '{"name": "", "notes": "", "tags": 3}',
        '{"name": "", "notes": "", "tags": [["a"]]}',
        '{"name": "' + "x" * 101 + '", "notes": "", "tags": []}',
        "[" * 100_000,
        '{"name": "' + "x" * 300_000 + '", "notes": "", "tags": []}',
        "\udcff",
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / layout.ABOUT).write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(RunFormatError, match=r"about\.json is damaged: .+") as raised:
        read_about(tmp_path)
    assert len(str(raised.value)) < 400
