"""The French graph: capitals point at countries, borders are told once, numbers are written the French way."""

from __future__ import annotations

from .graphs import Graph
from .tables import Thing, capitals_of, city_key, corrected, language_key, languages_of, rows, totals

WORDS = {"capital": "ville", "language": "langue", "currency": "monnaie", "organisation": "organisation"}
ROLES = {
    "seat of government": "siège du gouvernement de",
    "legislative capital": "capitale législative de",
    "judicial capital": "capitale judiciaire de",
}
SPACE = "\u00a0"


def french_graph() -> Graph:
    """Everything the French side knows, without gaps."""
    graph = Graph(2, "french", "http://atlas.example/fr/ressource/", WORDS)
    _countries(graph)
    _cities(graph)
    _money_and_speech(graph)
    _places(graph)
    return graph


def grouped(number: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{number:,}".replace(",", SPACE)


def decimal(number: float, digits: int) -> str:
    """A number with a decimal comma."""
    return f"{number:,.{digits}f}".replace(",", SPACE).replace(".", ",")


def square_kilometres(area: str) -> str:
    """An area with its unit; small countries keep their decimals."""
    return (decimal(float(area), 2) if "." in area else grouped(int(area))) + f"{SPACE}km²"


def degrees(value: str, positive: str, negative: str) -> str:
    """A coordinate with its hemisphere."""
    number = float(value)
    return f"{decimal(abs(number), 1)}°{SPACE}{positive if number >= 0 else negative}"


def _countries(graph: Graph) -> None:
    areas, populations = corrected(2, "area_km2"), corrected(2, "population")
    for row in rows("countries"):
        country, code = Thing("country", row["iso2"]), row["iso2"]
        area, people = areas.get(code, row["area_km2"]), int(populations.get(code, row["population"]))
        graph.relations.append((country, "partie de", Thing("continent", row["continent"])))
        graph.attributes += [
            (country, "population", grouped(people if people < 10000 else round(people, -3))),
            (country, "superficie", square_kilometres(area)),
            (country, "densité", f"{decimal(people / float(area), 1)}{SPACE}hab./km²"),
            (country, "code pays ISO", row["iso3"]),
            (country, "domaine Internet", row["domain"]),
            (country, "indicatif téléphonique", row["calling_code"].replace("+", "00")),
        ]
    french = {r["iso2"]: r["french"] for r in rows("countries")}
    for row in rows("borders"):
        one, two = sorted((row["first"], row["second"]), key=lambda code: french[code])
        graph.relations.append((Thing("country", one), "limitrophe de", Thing("country", two)))


def _cities(graph: Graph) -> None:
    capitals = capitals_of(2)
    for code, seat in capitals.items():
        graph.relations.append((Thing("capital", seat), "est la capitale de", Thing("country", code)))
    for row in rows("capitals"):
        city, country = Thing("capital", city_key(row)), Thing("country", row["country"])
        if row["role"] == "former capital" and capitals[row["country"]] != city.key:
            continue
        graph.relations.append((city, "ville de", country))
        if row["role"] in ROLES and capitals[row["country"]] != city.key:
            graph.relations.append((city, ROLES[row["role"]], country))
        if row["population"]:
            people = int(row["population"])
            graph.attributes.append((city, "habitants", grouped(people if people < 10000 else round(people, -3))))
        graph.attributes += [
            (city, "latitude", degrees(row["latitude"], "N", "S")),
            (city, "longitude", degrees(row["longitude"], "E", "O")),
        ]


def _money_and_speech(graph: Graph) -> None:
    for row in rows("country_currencies"):
        graph.relations.append((Thing("country", row["country"]), "monnaie", Thing("currency", row["currency"])))
    for country, language, _ in languages_of(2, ("official", "working", "special")):
        graph.relations.append((Thing("country", country), "langue", Thing("language", language)))
    for row in rows("currencies"):
        money = Thing("currency", row["code"])
        graph.attributes += [(money, "code monétaire ISO", row["code"]), (money, "numéro ISO 4217", row["numeric"])]
    for row in rows("languages"):
        speech = Thing("language", language_key(row))
        graph.attributes.append((speech, "code de langue ISO 639-3", row["iso639_3"]))
        if row["iso639_1"]:
            graph.attributes.append((speech, "code de langue ISO 639-1", row["iso639_1"]))


def _places(graph: Graph) -> None:
    counts, people = totals()
    for row in rows("continents"):
        place = Thing("continent", row["code"])
        graph.attributes += [
            (place, "nombre de pays", str(counts[place.key])),
            (place, "population", f"{decimal(people[place.key] / 1e6, 1)} millions"),
        ]
    for row in rows("organisations"):
        group, members = Thing("organisation", row["acronym"]), row["members"].split()
        graph.relations += [(Thing("country", code), "membre de", group) for code in members]
        graph.attributes += [
            (group, "sigle", row["acronym"]),
            (group, "année de fondation", row["founded"]),
            (group, "nombre de membres", str(len(members))),
        ]
