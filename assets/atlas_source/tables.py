"""The committed tables of facts."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FACTS = Path(__file__).parent / "facts"

Row = dict[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """All rows of one table, in the order of the file."""
    with (FACTS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@dataclass(frozen=True, order=True)
class Thing:
    """A real thing, whatever it is called in either graph."""

    kind: str
    key: str


def language_key(row: Row) -> str:
    """The shortest ISO 639 code of a language, by which the other tables name it."""
    return row["iso639_1"] or row["iso639_3"]


def city_key(row: Row) -> str:
    """A city is known by its country and its English name."""
    return f"{row['country']}/{row['english']}"


def names(language: str) -> dict[Thing, str]:
    """Names of every thing in `english` or `french`; a thing without a name there is left out."""
    found = {}
    for kind, table, key in (
        ("country", "countries", lambda r: r["iso2"]),
        ("continent", "continents", lambda r: r["code"]),
        ("region", "regions", lambda r: r["m49"]),
        ("organisation", "organisations", lambda r: r["acronym"]),
        ("capital", "capitals", city_key),
        ("currency", "currencies", lambda r: r["code"]),
        ("language", "languages", language_key),
    ):
        found.update({Thing(kind, key(r)): r[language] for r in rows(table) if r.get(language)})
    return found


def corrected(side: int, fact: str) -> dict[str, str]:
    """What one side says differently about a fact, by country."""
    return {r["country"]: r["value"] for r in rows("disagreements") if r["side"] == str(side) and r["fact"] == fact}


def languages_of(side: int, statuses: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Country, language and status, as one side tells them."""
    told = corrected(side, "languages")
    found = [
        (r["country"], r["language"], r["status"])
        for r in rows("country_languages")
        if r["status"] in statuses and r["country"] not in told
    ]
    return sorted(found + [(c, one, "official") for c, many in told.items() for one in many.split()])


def capitals_of(side: int) -> dict[str, str]:
    """The city each country has as its capital, as one side tells it."""
    told = corrected(side, "capital")
    usual = {r["country"]: city_key(r) for r in rows("capitals") if r["role"] == "capital"}
    return usual | {country: f"{country}/{city}" for country, city in told.items()}


def totals() -> tuple[dict[str, int], dict[str, int]]:
    """Number of countries and their population, by continent code and by region code."""
    counts: dict[str, int] = defaultdict(int)
    people: dict[str, int] = defaultdict(int)
    for row in rows("countries"):
        for place in (row["continent"], row["region"]):
            counts[place] += 1
            people[place] += int(row["population"])
    return counts, people
