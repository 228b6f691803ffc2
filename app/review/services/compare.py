"""How far two entities' attributes lie apart: numbers, dates and text each in their own terms."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice, product

from app.shared.services.dataset import AttributeRow, compare_attributes, normal

LEAST_SHOWN = 0.0005
"""A smaller relative difference would be shown as 0.0%."""
MOST_PAIRS = 400  # values of one attribute compared with each other
FAR_DAYS, FAR_SHARE = 366, 0.2  # a date or number further apart than that is hardly that of one entity
SELDOM = 0.1  # share of true pairs: what lies far apart in more of them rules nothing out

Usual = Mapping[tuple[str, str], tuple[int, int]]
"""Source key, target key → in how many of how many training links the two lie far apart, see `usual`."""

_LITERAL = re.compile(r'"(.*)"(?:@[\w-]+|\^\^\S+)?', re.DOTALL)  # of N-Triples
_NUMBER = re.compile(r"([+-]?\d{1,300}(?:[.,]\d{1,300})?(?:e[+-]?\d{1,3})?)\s?([^\W\d_][^\d\s]{0,8}[23]?|[%°]|)")
_COMPASS = re.compile(r"(\d{1,3}(?:[.,]\d{1,30})?)\s?°\s?([nsewo])")
_SIGNS = {"n": (1,), "e": (1,), "s": (-1,), "w": (-1,), "o": (1, -1)}  # "o": east in German, west in French
_DECIMALS = re.compile(r"\d[.,](\d{1,30})")
_DATE = re.compile(r"(\d{4})[-/.年](\d\d?)[-/.月](\d\d?)日?(?:[t ][\d:.,z+-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two attributes that were matched, or one that stands alone, and how far their closest values lie apart.

    Args:
        row: keys, values and mark, as `compare_attributes` gives them.
        kind: "number", "date", "text", or "" where there are not values on both sides.
        relative: of numbers, |a - b| / max(|a|, |b|), in [0, 2]; 0 for equal ones.
        days: between dates.
        contained: of texts, one holds the other as whole words.
        usual: in how many of how many training links these attributes lie far apart.
    """

    row: AttributeRow
    kind: str = ""
    relative: float | None = None
    days: int | None = None
    contained: bool = False
    usual: tuple[int, int] = (0, 0)

    @property
    def far(self) -> bool:
        """Whether a date is more than a year or a number more than a fifth apart."""
        if self.row.mark != "differs":
            return False
        return (self.days or 0) > FAR_DAYS or (self.relative or 0.0) > FAR_SHARE

    @property
    def decisive(self) -> bool:
        """Whether it speaks against a match on its own: far apart, as true pairs seldom are."""
        return self.far and seldom(*self.usual)

    @property
    def said(self) -> str:
        """The difference in words."""
        if self.row.mark != "differs":
            return self.row.mark
        if self.relative is not None:
            return f"differs by {self.relative:.1%}" if self.relative >= LEAST_SHOWN else "differs by less than 0.1%"
        if self.days is not None:
            return f"{self.days:,} day{'s' * (self.days != 1)} apart"
        return "one holds the other" if self.contained else "differs"


def seldom(apart: int, links: int) -> bool:
    """Whether what is so in `apart` of a number of training links is an exception; also where there are none."""
    return apart <= SELDOM * links


def differences(
    source: Mapping[str, list[str]], target: Mapping[str, list[str]], usual: Usual | None = None
) -> list[Difference]:
    """The comparison of two entities' attributes, line by line: what is decisive, then what differs.

    Args:
        source: attribute → its values, of the source entity.
        target: the same of the target entity.
        usual: what is usual among true pairs; without it nothing is known of them.
    """
    rows = compare_attributes(dict(source), dict(target))
    compared = [_difference(row, source.get(row.source_key, []), target.get(row.target_key, [])) for row in rows]
    compared = [
        replace(one, usual=(usual or {}).get((one.row.source_key, one.row.target_key), (0, 0))) for one in compared
    ]
    return sorted(compared, key=lambda one: not one.decisive)


def _difference(row: AttributeRow, source: list[str], target: list[str]) -> Difference:
    pairs = [(_plain(a), _plain(b)) for a, b in islice(product(source, target), MOST_PAIRS)]
    pairs = [pair for pair in pairs if all(pair)]
    if not pairs:
        return Difference(row=row)
    dates = [abs((a - b).days) for x, y in pairs if (a := date(x)) and (b := date(y))]
    if dates:
        return Difference(row=row, kind="date", days=min(dates))
    numbers = [(m, n, min(_places(x), _places(y))) for x, y in pairs for m in readings(x) for n in readings(y)]
    same_unit = [(m, n, places) for (m, unit), (n, other), places in numbers if unit == other or not (unit and other)]
    if any(abs(m - n) <= 0.5 * 10**-places * (1 + 1e-9) for m, n, places in same_unit) and row.mark == "differs":
        return Difference(row=replace(row, mark="equal"), kind="number", relative=0.0)
    if same_unit:
        return Difference(row=row, kind="number", relative=min(_relative(m, n) for m, n, _ in same_unit))
    return Difference(row=row, kind="text", contained=any(_holds(x, y) or _holds(y, x) for x, y in pairs))


def _plain(value: str) -> str:
    literal = _LITERAL.fullmatch(value.strip())
    return normal(literal[1] if literal else value).replace("−", "-")


def readings(text: str) -> list[tuple[float, str]]:
    """The number that a normal text is, and its unit, "" without one; none where it is none, two where it is unclear.

    Degrees of latitude and longitude count north and east, as data without compass points does.
    """
    if place := _COMPASS.fullmatch(text):
        return [(sign * float(place[1].replace(",", ".")), "°") for sign in _SIGNS[place[2]]]
    number = _NUMBER.fullmatch(text)
    value = float(number[1].replace(",", ".")) if number else math.nan
    return [(value, number[2])] if number and math.isfinite(value) else []


def date(text: str) -> datetime.date | None:
    """The day that a normal text names, year first; None where it names none."""
    match = _DATE.fullmatch(text)
    try:
        return datetime.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _places(text: str) -> int:
    """Decimal places that a number is written with."""
    decimals = _DECIMALS.search(text)
    return len(decimals[1]) if decimals and "e" not in text else 0


def _relative(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def _holds(text: str, part: str) -> bool:
    return f" {part} " in f" {text} "
