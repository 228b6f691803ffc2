"""The English graph: one statement a fact, plain numbers, UN regions."""

from __future__ import annotations

from .graphs import Graph
from .tables import Thing, capitals_of, city_key, corrected, language_key, languages_of, rows, totals

WORDS = {"capital": "city", "language": "language", "currency": "currency", "region": "region"}


def english_graph() -> Graph:
    """Everything the English side knows, without gaps."""
    graph = Graph(1, "english", "http://atlas.example/en/resource/", WORDS)
    _countries(graph)
    _cities(graph)
    _money_and_speech(graph)
    _places(graph)
    return graph


def _countries(graph: Graph) -> None:
    area = corrected(1, "area_km2")
    population = corrected(1, "population")
    for row in rows("countries"):
        country, code = Thing("country", row["iso2"]), row["iso2"]
        graph.relations += [
            (country, "continent", Thing("continent", row["continent"])),
            (country, "located in region", Thing("region", row["region"])),
        ]
        graph.attributes += [
            (country, "population", population.get(code, row["population"])),
            (country, "area in km2", area.get(code, row["area_km2"])),
            (country, "ISO 3166-1 alpha-2 code", code),
            (country, "ISO 3166-1 alpha-3 code", row["iso3"]),
            (country, "ISO 3166-1 numeric code", row["numeric"]),
            (country, "internet domain", row["domain"]),
            (country, "calling code", row["calling_code"]),
        ]
    for row in rows("borders"):
        one, two = Thing("country", row["first"]), Thing("country", row["second"])
        graph.relations += [(one, "shares border with", two), (two, "shares border with", one)]


def _cities(graph: Graph) -> None:
    for code, seat in capitals_of(1).items():
        graph.relations.append((Thing("country", code), "capital", Thing("capital", seat)))
    for row in rows("capitals"):
        city, country = Thing("capital", city_key(row)), Thing("country", row["country"])
        graph.relations.append((city, "located in country", country))
        if row["role"] != "capital":
            graph.relations.append((country, row["role"], city))
        if row["population"]:
            graph.attributes.append((city, "population", row["population"]))
        graph.attributes += [(city, "latitude", row["latitude"]), (city, "longitude", row["longitude"])]


def _money_and_speech(graph: Graph) -> None:
    for row in rows("country_currencies"):
        graph.relations.append((Thing("country", row["country"]), "currency", Thing("currency", row["currency"])))
    for country, language, status in languages_of(1, ("official", "working")):
        graph.relations.append((Thing("country", country), f"{status} language", Thing("language", language)))
    for row in rows("currencies"):
        money = Thing("currency", row["code"])
        graph.attributes += [
            (money, "ISO 4217 code", row["code"]),
            (money, "ISO 4217 number", row["numeric"]),
            (money, "minor unit digits", row["decimals"]),
        ]
    for row in rows("languages"):
        speech = Thing("language", language_key(row))
        graph.attributes.append((speech, "ISO 639-3 code", row["iso639_3"]))
        if row["iso639_1"]:
            graph.attributes.append((speech, "ISO 639-1 code", row["iso639_1"]))


def _places(graph: Graph) -> None:
    counts, people = totals()
    continents = [Thing("continent", row["code"]) for row in rows("continents")]
    regions = [Thing("region", row["m49"]) for row in rows("regions")]
    for place in continents + regions:
        graph.attributes += [
            (place, "number of countries", str(counts[place.key])),
            (place, "population", str(people[place.key])),
        ]
        if place.kind == "region":
            graph.attributes.append((place, "UN M49 code", place.key))
