"""Names as bigrams and word vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pmf.data.graph_pair import GraphPair
from pmf.errors import DataFormatError
from pmf.features.names import character_bigrams, name_vectors, names_of, weighted_names

Make = Callable[..., GraphPair]


@pytest.fixture
def pair(make_graph: Make, make_pair: Make) -> GraphPair:
    """Names on the source side only; a URI that says nothing on the target side."""
    source = make_graph(["http://x/1", "http://x/2", "http://x/3"], names={0: "Ab", 2: "ＡＢ Straße"})
    return make_pair(source, make_graph(["http://y/Ab_b", "http://y/entity/Q42"]))


def test_a_graph_with_names_goes_by_them_and_one_without_by_its_uris(pair: GraphPair) -> None:
    assert names_of(pair) == ["ab", "", "ab strasse", "ab b", ""]


def test_bigrams_by_hand(pair: GraphPair) -> None:
    bigrams = character_bigrams(pair)
    # Those of two names or more: "_a", "ab", "b_"; the last twice in "ab b", where the lone b ends in one as well.
    third = 1 / np.sqrt(3)
    np.testing.assert_allclose(
        bigrams.toarray(),
        [[third] * 3, [0] * 3, [third] * 3, np.array([1, 1, 2]) / np.sqrt(6), [0] * 3],
        rtol=1e-6,
    )
    assert (bigrams.format, bigrams.dtype) == ("csr", np.float32)
    assert np.diff(bigrams.indptr).tolist() == [3, 0, 3, 3, 0]


def test_a_name_of_one_letter_has_bigrams(make_graph: Make, make_pair: Make) -> None:
    both = make_pair(make_graph(["a"], names={0: "旗"}), make_graph(["A"], names={0: "旗"}))
    np.testing.assert_allclose(character_bigrams(both).toarray(), np.full((2, 2), 1 / np.sqrt(2)), rtol=1e-6)


def test_the_rarer_word_of_a_name_weighs_more(make_graph: Make, make_pair: Make) -> None:
    entities = [f"e{i}" for i in range(6)]
    source = make_graph(entities, names={i: f"sony {code}" for i, code in enumerate("abcdef")})
    pair = make_pair(source, make_graph(["A", "B"], names={0: "sony a", 1: "sony z"}))
    alike = (weighted_names(pair) @ weighted_names(pair).T).toarray()
    assert alike[0, 6] == pytest.approx(1, abs=1e-6)
    assert alike[0, 7] < 0.6
    assert alike[1, 6] < 0.6
    counted = (character_bigrams(pair) @ character_bigrams(pair).T).toarray()
    assert counted[1, 6] > 0.6  # all pairs of letters count alike
    assert weighted_names(make_pair(make_graph(["/m/1"]), make_graph(["/m/2"]))).shape == (2, 0)


@pytest.mark.parametrize("name", ["", "xy"])
def test_names_with_nothing_in_common_have_no_bigrams(make_graph: Make, make_pair: Make, name: str) -> None:
    lone = make_pair(make_graph(["a"], names={0: name}), make_graph(["A"], names={0: "pq"}))
    assert character_bigrams(lone).shape == (2, 0)


@pytest.mark.parametrize("header", ["", "4 2\n"])
def test_a_name_is_the_mean_of_its_words(pair: GraphPair, tmp_path: Path, header: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(header + "ab 3 0\nstrasse 0 3\nat work 1 1\nab 9 9\nother x y\n\n", encoding="utf-8")
    vectors = name_vectors(pair, path)
    half = 1 / np.sqrt(2)
    np.testing.assert_allclose(vectors, [[1, 0], [0, 0], [half, half], [1, 0], [0, 0]], rtol=1e-6)
    assert vectors.dtype == np.float32


def test_no_known_word_leaves_nothing(pair: GraphPair, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("unheard 1 2\n")
    assert name_vectors(pair, path).shape == (5, 0)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"a 1 2\nab 1\n", 2, "expected a word and 2 numbers, got 2 fields"),
        (b"word\n", 1, "expected a word and its numbers, got 1 fields"),
        (b"a 1 2\n 1 2\n", 2, "expected a word and 2 numbers"),
        (b"a 1 2\nab 1 x\n", 2, "expected 2 numbers"),
        (b"2 2\na 1 2\nab 1 nan\n", 3, "expected finite numbers, got NaN or infinity for 'ab'"),
        (b"a 1 2\n\xff 1 2\n", 2, "expected UTF-8 text, got invalid start byte"),
    ],
)
def test_malformed_vectors_are_refused(
    pair: GraphPair, tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(DataFormatError) as caught:
        name_vectors(pair, path)
    assert (caught.value.path, caught.value.line) == (path, line)
    assert message in str(caught.value)


def test_a_missing_file_is_said(pair: GraphPair, tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="expected a file of word vectors, got No such file"):
        name_vectors(pair, tmp_path / "absent.txt")
