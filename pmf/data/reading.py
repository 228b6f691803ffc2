"""How a folder is to be read, where looking at it is not enough: `reading.json` in it, or `--read NAME=VALUE`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from pathlib import Path

from pmf.bounded.json_files import parse_json
from pmf.errors import ConfigError, DataFormatError
from pmf.files import replace_file

READING = "reading.json"
_LONGEST = 1_000_000  # bytes of a reading.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Choices a person makes about a folder; "" leaves each to the reader, which then says what it guessed.

    Written as NAME=VALUE, an underscore between a file and its column is a dot: `source.id=isbn`.

    Args:
        encoding: of text files that are not UTF-8, e.g. cp1252.
        missing: words that stand for a missing value, separated by commas; "none" for no such words.
        bad_statements: RDF statements that cannot be parsed: "skip" them, or "refuse" the file.
        types: only entities of these types are aligned, separated by blanks; the others are structure.
        prefixes: only entities whose id begins with one of these, separated by blanks.
        only: file in the folder with the ids of the entities to be aligned, one a line.
        source: file of the source graph.
        source_id: its column of ids.
        source_name: its column of names.
        source_type: its column of types.
        source_image: its column of picture files.
        target: file of the target graph; its columns as for the source.
        target_id: see `source_id`.
        target_name: see `source_name`.
        target_type: see `source_type`.
        target_image: see `source_image`.
        links: file of the links; "none" for no links.
        links_source: its column of source ids.
        links_target: its column of target ids.
        links_label: its column that says whether a pair is the same (1) or not (0).
        links_score: its column of scores.
        links_split: its column of train, valid or test.
        least_score: pairs with a lower score are left out.
    """

    encoding: str = ""
    missing: str = ""
    bad_statements: str = ""
    types: str = ""
    prefixes: str = ""
    only: str = ""
    source: str = ""
    source_id: str = ""
    source_name: str = ""
    source_type: str = ""
    source_image: str = ""
    target: str = ""
    target_id: str = ""
    target_name: str = ""
    target_type: str = ""
    target_image: str = ""
    links: str = ""
    links_source: str = ""
    links_target: str = ""
    links_label: str = ""
    links_score: str = ""
    links_split: str = ""
    least_score: str = ""

    def __post_init__(self) -> None:
        if self.bad_statements not in ("", "skip", "refuse"):
            raise ConfigError(f"bad_statements is skip or refuse, not {self.bad_statements}")
        if self.encoding:
            try:
                b"".decode(self.encoding)
            except LookupError:
                raise ConfigError(f"there is no encoding {self.encoding}; usual ones: {', '.join(ENCODINGS)}") from None
        if self.least_score and score_of(self.least_score) is None:
            raise ConfigError(f"least_score is a number, not {self.least_score}")

    def with_settings(self, settings: Mapping[str, str]) -> Reading:
        """A copy with settings by name, a dot or an underscore in it.

        Raises:
            ConfigError: an unknown name, or a value that cannot be.
        """
        options = {f.name for f in fields(Reading)}
        plain = {name.replace(".", "_"): value for name, value in settings.items()}
        if unknown := sorted(plain.keys() - options):
            names = ", ".join(dotted(name) for name in sorted(options))
            raise ConfigError(f"there is no reading option {unknown[0]}; known: {names}")
        return replace(self, **plain)

    def chosen(self) -> dict[str, str]:
        """What is not left to the reader, by name."""
        return {dotted(name): value for name, value in asdict(self).items() if value}


ENCODINGS = ("cp1252", "cp1250", "cp1251", "latin-1", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "utf-16")
"""Usual encodings of tables that are not UTF-8."""


def score_of(text: str) -> float | None:
    """The number that a score is, written as .95, 0,95 or 95 %; None for any other text."""
    plain = text.replace("\u00a0", " ").strip()
    share = plain.removesuffix("%").strip()
    try:
        value = float(share if "." in share else share.replace(",", "."))
    except ValueError:
        return None
    return None if not isfinite(value) else value / 100 if share != plain else value


def dotted(name: str) -> str:
    """The name as people write it: `source.id`."""
    head, _, column = name.partition("_")
    return f"{head}.{column}" if head in ("source", "target", "links") and column else name


def load_reading(folder: Path) -> Reading:
    """The choices kept in a folder; none where it has no `reading.json`.

    Raises:
        DataFormatError: the file is malformed, or a choice in it cannot be.
    """
    path = folder / READING
    if not path.is_file():
        return Reading()
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError("a larger file")
        values = parse_json(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise ValueError("no table of texts")
        return Reading().with_settings(values)
    except (ValueError, RecursionError, OSError, ConfigError) as error:
        raise DataFormatError(path, expected="reading options by name", got=str(error)) from error


def save_reading(folder: Path, reading: Reading) -> None:
    """Keep the choices in the folder, so that whoever reads it next reads it so.

    Raises:
        ConfigError: the folder cannot be written to.
    """
    text = json.dumps(reading.chosen(), indent=2, ensure_ascii=False) + "\n"
    try:
        replace_file(folder / READING, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written to ({error.strerror}): import it into a new folder") from error
