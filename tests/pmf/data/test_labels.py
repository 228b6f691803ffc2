"""Labels made from URIs."""

from __future__ import annotations

import pytest

from pmf.data.labels import is_opaque, label_of_property, label_of_uri


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("http://dbpedia.org/resource/Kim_Dae-jung", "Kim Dae-jung"),
        ("<http://dbpedia.org/resource/Abdullah_Gül>", "Abdullah Gül"),
        ("http://zh.dbpedia.org/resource/%E6%9D%8E%E6%98%8E", "李明"),
        ("http://dbpedia.org/resource/AC/DC", "AC/DC"),
        ("http://dbpedia.org/resource/C%23_(language)", "C# (language)"),
        ("http://example.org/animals#Red__panda", "Red panda"),
        ("http://example.org/animals/", "animals"),
        ("/m/06rf7", "06rf7"),
        ("plain", "plain"),
        ("http://example.org/a%00b%1Bc%0Ad", "abc d"),
        ("http://example.org/\u202egnp.exe", "gnp.exe"),
        ("http://example.org/می\u200cخواهم", "می\u200cخواهم"),
        ("http://example.org/%FF", "\ufffd"),
        ("http://example.org/resource/", "resource"),
        ("http://example.org/%20", "http://example.org/%20"),
        ("///", "///"),
        ("<>", "?"),
        ("", "?"),
        ("\x00", "?"),
    ],
)
def test_label_of_uri(uri: str, label: str) -> None:
    assert label_of_uri(uri) == label


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("http://dbpedia.org/property/parliamentName", "parliament name"),
        ("http://dbpedia.org/ontology/officiallyClosedBy", "officially closed by"),
        ("http://example.org/isoURLCode", "iso URL code"),
        ("http://example.org/ISBN", "ISBN"),
        ("http://www.w3.org/2000/01/rdf-schema#seeAlso", "see also"),
        ("http://rdf.freebase.com/ns/location.geocode.longitude", "longitude"),
        ("/award/award_category/category_of", "category of"),
        ("http://example.org/version_1.0", "version 1.0"),
        ("标签", "标签"),
        ("17", "17"),
        ("", "?"),
    ],
)
def test_label_of_property(uri: str, label: str) -> None:
    assert label_of_property(uri) == label


@pytest.mark.parametrize(
    ("uri", "opaque"),
    [
        ("/m/06rf7", True),
        ("http://rdf.freebase.com/ns/m.06rf7", True),
        ("<http://www.wikidata.org/entity/Q42>", True),
        ("http://dbpedia.org/resource/M", False),
        ("http://dbpedia.org/resource/Q", False),
    ],
)
def test_numbers_say_nothing(uri: str, opaque: bool) -> None:
    assert is_opaque(uri) is opaque
