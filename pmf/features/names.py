"""What an entity is called, as word vectors and as pairs of letters.

Both read the names in the data. A graph in which nobody has a name goes by labels made from its URIs instead, except
where those are mere numbers; in a graph with names, an entity without one has no name feature.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from pmf.arrays import unit_rows
from pmf.data.graph_pair import GraphPair
from pmf.data.labels import is_opaque, label_of_uri
from pmf.errors import DataFormatError
from pmf.features.values import shared_tfidf

_WORD = re.compile(r"\w+")


def names_of(pair: GraphPair) -> list[str]:
    """What each entity is called, `[n]`, for comparison: NFKC, case folded; "" where there is no name."""
    names: list[str] = []
    for graph, _ in pair.sides():
        if graph.names:
            names += [graph.names.get(row, "") for row in range(len(graph))]
        else:
            names += ["" if is_opaque(uri) else label_of_uri(uri) for uri in graph.entities]
    return [unicodedata.normalize("NFKC", name).casefold() for name in names]


def character_bigrams(pair: GraphPair, columns_of: GraphPair | None = None) -> csr_array:
    """Counts of the pairs of neighbouring letters in each entity's name, each row of length 1.

    A word counts with a blank before and behind it, so that one of a single letter has bigrams too and word ends tell
    words apart. Bigrams of a single entity are left out: they can match nothing.

    Args:
        pair: the data set, `n` entities.
        columns_of: the pair whose bigrams count, None = this one.

    Returns:
        float32 CSR `[n, w]`, columns in order of code points; w = 0 where no bigram occurs twice.

    Source:
        EVA (Liu et al., AAAI 2021) and its successors; the blanks and the bound on the width are ours.
    """
    names = names_of(pair)
    bigrams = CountVectorizer(analyzer="char_wb", ngram_range=(2, 2), min_df=2, lowercase=False, dtype=np.float32)
    try:
        counts = bigrams.fit(names_of(columns_of or pair)).transform(names)
    except ValueError:  # an empty vocabulary
        return csr_array(np.zeros((len(names), 0), dtype=np.float32))
    return csr_array(normalize(counts))


def weighted_names(pair: GraphPair, columns_of: GraphPair | None = None) -> csr_array:
    """TF-IDF of the words and trigrams of each entity's name, each row of length 1; see `pmf.features.values`.

    Args:
        pair: the data set, `n` entities.
        columns_of: the pair whose words and trigrams count, None = this one.

    Returns:
        float32 CSR `[n, w]`; w = 0 where names of the two graphs have nothing in common.
    """
    return shared_tfidf(pair, _names_alone, columns_of=columns_of)


def _names_alone(pair: GraphPair) -> Iterator[tuple[str]]:
    return ((name,) for name in names_of(pair))


def name_vectors(pair: GraphPair, path: Path) -> npt.NDArray[np.float32]:
    """The mean of the vectors of each name's words, of length 1.

    Args:
        pair: the data set, `n` entities.
        path: a text file, one word and its numbers a line, all blank-separated (GloVe), with or without a first line
            of two counts (word2vec). No line may be too short; numbers are read only for words that occur.

    Returns:
        float32 `[n, w]`; zero for an entity none of whose words is in the file.

    Raises:
        DataFormatError: the file can't be read, or a line is malformed.
    """
    words = [_WORD.findall(name) for name in names_of(pair)]
    vectors = _read_vectors(path, wanted={word for name in words for word in name})
    width = len(next(iter(vectors.values()), ()))
    matrix = np.zeros((len(words), width), dtype=np.float32)
    for row, name in enumerate(words):
        in_vocabulary = [vectors[word] for word in name if word in vectors]
        if in_vocabulary:
            matrix[row] = np.mean(in_vocabulary, axis=0)
    return unit_rows(matrix)


def _read_vectors(path: Path, wanted: set[str]) -> dict[str, npt.NDArray[np.float32]]:
    vectors: dict[str, npt.NDArray[np.float32]] = {}
    width = 0
    for line, fields in _vector_lines(path):
        width = width or len(fields) - 1
        # A few published files hold words with blanks inside: the word is all that stands before the numbers.
        word, numbers = " ".join(fields[:-width]), fields[-width:]
        if not width or not word:
            expected = f"a word and {width or 'its'} numbers"
            raise DataFormatError(path, line=line, expected=expected, got=f"{len(fields)} fields")
        if word in wanted and word not in vectors:
            try:
                vector = np.array(numbers, dtype=np.float32)
            except ValueError as error:
                raise DataFormatError(path, line=line, expected=f"{width} numbers", got=str(error)) from error
            if not np.isfinite(vector).all():
                raise DataFormatError(path, line=line, expected="finite numbers", got=f"NaN or infinity for {word!r}")
            vectors[word] = vector
    return vectors


def _vector_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields, without word2vec's first line; one line at a time, such files hold gigabytes."""
    line = 0
    try:
        with path.open("rb") as file:
            for line, data in enumerate(file, start=1):
                fields = data.decode("utf-8").rstrip().split(" ")
                counts = line == 1 and len(fields) == 2 and all(map(str.isdigit, fields))
                if not counts and fields != [""]:
                    yield line, fields
    except UnicodeDecodeError as error:
        raise DataFormatError(path, line=line, expected="UTF-8 text", got=error.reason) from error
    except OSError as error:
        raise DataFormatError(path, expected="a file of word vectors", got=str(error.strerror)) from error
