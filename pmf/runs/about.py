"""What a person notes about a run: a name, notes, tags. The run id never changes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pmf.bounded.json_files import read_json
from pmf.config.build import require
from pmf.errors import ConfigError, DataFormatError, RunFormatError
from pmf.files import replace_file
from pmf.runs import layout

LONGEST_NAME = 100
LONGEST_NOTES = 10_000
LONGEST_TAG = 40
MOST_TAGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a person says of a run.

    Args:
        name: to be shown instead of the run id; "" = none.
        notes: any text.
        tags: each once.

    Raises:
        ConfigError: one is too long, a tag is empty, or a tag stands twice.
    """

    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(len(self.name) <= LONGEST_NAME, f"a name has at most {LONGEST_NAME} characters, got {len(self.name)}")
        require("\n" not in self.name, "a name is one line")
        require(len(self.notes) <= LONGEST_NOTES, f"notes have at most {LONGEST_NOTES:,} characters")
        require(len(self.tags) <= MOST_TAGS, f"a run has at most {MOST_TAGS} tags, got {len(self.tags)}")
        require(
            all(0 < len(tag) <= LONGEST_TAG and tag == tag.strip() and "\n" not in tag for tag in self.tags),
            f"a tag is one line of 1 to {LONGEST_TAG} characters, without blanks at its ends",
        )
        require(len(set(self.tags)) == len(self.tags), "a tag stands twice")


def read_about(folder: Path) -> About:
    """What was said of the run; everything empty when nothing was.

    Raises:
        RunFormatError: the file is damaged.
    """
    path = folder / layout.ABOUT
    try:
        values = read_json(path, 20 * LONGEST_NOTES)
        name, notes, tags = values["name"], values["notes"], values["tags"]
        if not isinstance(tags, list) or not all(isinstance(text, str) for text in (name, notes, *tags)):
            raise TypeError("not text")
        return About(name=name, notes=notes, tags=tuple(tags))
    except (DataFormatError, KeyError, TypeError, ConfigError) as error:
        if not path.exists():
            return About()
        raise RunFormatError(f"{path} is damaged: {error}") from None


def write_about(folder: Path, about: About) -> None:
    """Store what is said of the run, in place of what was said before."""
    text = json.dumps(asdict(about), indent=2, ensure_ascii=False) + "\n"
    replace_file(folder / layout.ABOUT, lambda path: path.write_text(text, encoding="utf-8"))
