"""What a reader did not take as it stood: what was left out, changed or guessed, each thing said once and counted.

Readers collect in `Notes`; `GraphPair.notes` holds the result. What shows a data set (`data inspect`, the Data page,
a training) prints these and needs no knowledge of layouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["left out", "changed", "guessed", "known"]
"""Left out: found and not used. Changed: used, but not as written. Guessed: decided by looking, the data does not say.
Known: used as it is, and worth knowing."""

KINDS: tuple[Kind, ...] = get_args(Kind)
EXAMPLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing to know about what was read.

    Args:
        kind: see `Kind`.
        why: what happened and why, e.g. "they name an id that entities.csv does not list".
        file: the file or column it is about, relative to the data folder; "" for the data set as a whole.
        unit: what is counted, in the singular: "row", "link", "picture", "file".
        count: how many of them; 0 where nothing is counted.
        examples: the first ten at most, as they stand in the file, each with its line where it has one.
        remedy: what to do about it, a sentence; "" where nothing need be done.
        setting: the reading option that does it, as NAME=VALUE of `Reading`; "" where none does.
    """

    kind: Kind
    why: str
    file: str = ""
    unit: str = "row"
    count: int = 0
    examples: tuple[str, ...] = ()
    remedy: str = ""
    setting: str = ""

    def __str__(self) -> str:
        """One sentence, two with a remedy: "relations.csv: 3 rows left out: they name … (e.g. line 7: zz)."."""
        number = f"{counted(self.count, self.unit)} " if self.count else ""
        head = f"{number}{'' if self.kind == 'known' else self.kind}".strip()
        shown = "; ".join(example if len(example) <= 80 else example[:79] + "…" for example in self.examples[:3])
        parts = [part for part in (self.file, head, self.why) if part]
        sentence = f"{': '.join(parts)}{f' (e.g. {shown})' if shown else ''}."
        return f"{sentence} {self.remedy}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "examples": list(self.examples)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | str) -> Note:
        """The inverse of `to_dict`; a mere sentence, as older stored data sets hold, is something known.

        Raises:
            ValueError: it is neither.
        """
        if isinstance(values, str):
            return cls(kind="known", why=values.removesuffix("."))
        texts = {name: str(values.get(name, "")) for name in ("why", "file", "unit", "remedy", "setting")}
        kind, count, examples = (values.get(name) for name in ("kind", "count", "examples"))
        if kind not in KINDS or not isinstance(count, int) or not isinstance(examples, list):
            raise ValueError(f"not a note: {values}")
        return cls(kind=kind, count=count, examples=tuple(map(str, examples[:EXAMPLES])), **texts)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, in the usual plural unless told otherwise: "1 cell", "1,200 cells"."""
    usual = f"{one[:-1]}ies" if one.endswith("y") else f"{one}es" if one.endswith("x") else f"{one}s"
    return f"{number:,} {one if number == 1 else many or usual}"


class Notes:
    """Notes in the making: the same thing said again is counted, and its first examples are kept."""

    def __init__(self) -> None:
        self._found: dict[Note, tuple[int, list[str]]] = {}  # note without count and examples → both

    def add(
        self,
        kind: Kind,
        why: str,
        *,
        file: str = "",
        unit: str = "row",
        example: str = "",
        count: int = 1,
        remedy: str = "",
        setting: str = "",
    ) -> None:
        """Say it once more; see `Note`."""
        note = Note(kind=kind, why=why, file=file, unit=unit, remedy=remedy, setting=setting)
        before, examples = self._found.get(note, (0, []))
        if example and len(examples) < EXAMPLES:
            examples.append(example)
        self._found[note] = (before + count, examples)

    def say(
        self, kind: Kind, why: str, *, file: str = "", example: str = "", remedy: str = "", setting: str = ""
    ) -> None:
        """Say something that is not counted; see `Note`."""
        self.add(kind, why, file=file, example=example, count=0, remedy=remedy, setting=setting)

    def done(self) -> tuple[Note, ...]:
        """All notes, in the order of `Kind`, then of first mention."""
        notes = [
            Note(
                kind=note.kind,
                why=note.why,
                file=note.file,
                unit=note.unit,
                count=count,
                examples=tuple(examples),
                remedy=note.remedy,
                setting=note.setting,
            )
            for note, (count, examples) in self._found.items()
        ]
        return tuple(sorted(notes, key=lambda note: KINDS.index(note.kind)))
