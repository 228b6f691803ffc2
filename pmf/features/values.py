"""What attribute values say, whatever language they and their keys are in.

Keys of two graphs seldom agree, so a value counts without its key: "population 648000" and « habitants 648 000 » meet
in the number, and a maker's code meets itself in a name here and in a description there. Numbers and dates are
recognised in the ways people write them; all else is compared by its words and their letters.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, hstack
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from pmf.data.graph_pair import GraphPair, KnowledgeGraph

VALUE_COLUMNS = 2**14

_HASHES = 2**20  # so many that two tokens hardly ever meet before those of one side only are gone
_DATE = re.compile(r"\+?(\d{4})([-/.年])(\d\d?)(?:(?:\2|月)(\d\d?)日?|月)?(?:[t ][\d:.,z+-]*)?")
_NUMBER = re.compile(
    r"[^\w\s]?\s?"  # a sign, or the mark of a currency
    r"(?P<whole>\d{1,3}(?:(?P<mark>[ ,.'’])\d{3})(?:(?P=mark)\d{3})*|\d+)"
    r"(?:[.,](?P<decimals>\d+))?(?:e(?P<exponent>[+-]?\d{1,3}))?"
    r"(?P<unit>\D*[23]?)"
)
_WORD = re.compile(r"\w+")
_GRAM = 3
_LONGEST = 4000
_BINS_PER_DECADE = 30


def value_tokens(value: str) -> dict[str, float]:
    """What can be compared of a value.

    | value | tokens |
    |---|---|
    | date | its day, its month, and the number that its year is |
    | number | itself, itself to three digits, two neighbouring bins of a logarithmic scale, and the trigrams of its \
digits, so that a slip of the pen leaves something |
    | text, also a number's unit | all of it, its words, and their trigrams, each as often as it occurs |

    Signs are left out, because "84° W" has none. A mark before three digits may set off thousands or decimals: both
    readings count.

    Args:
        value: as the data has it, an N-Triples literal or its bare text, of which the first 4,000 characters count;
            NFKC and case folding come first.

    Returns:
        Token → weight, above 0.
    """
    text = " ".join(unicodedata.normalize("NFKC", _bare(value.strip())[:_LONGEST]).casefold().split())
    date = _DATE.fullmatch(text)
    if date and (tokens := _date_tokens(date)):
        return tokens
    number = _NUMBER.fullmatch(text)
    tokens = {token: weight for reading in _readings(number) for token, weight in _number_tokens(reading)}
    rest = number["unit"].strip() if number else text
    return tokens | _text_tokens(rest) if rest else tokens


def value_bags(
    pair: GraphPair,
    names: Callable[[GraphPair], Sequence[str]] | None = None,
    width: int = VALUE_COLUMNS,
    columns_of: GraphPair | None = None,
) -> csr_array:
    """TF-IDF of the tokens of each entity's attribute values, each row of length 1.

    A token that an entity has several times counts once and the logarithm more. Tokens of one graph only are left out:
    they can match nothing. Where more are left than columns, they share columns by their hashes.

    Args:
        pair: the data set, `n` entities.
        names: gives `[n]`, what each entity of a pair is called, a value like any other; None where names are not to be
            compared.
        width: most columns.
        columns_of: the pair whose tokens count, None = this one.

    Returns:
        float32 CSR `[n, w]`, w ≤ width; w = 0 where the graphs have no token in common.

    Source:
        Weinberger et al., ICML 2009 (hashing); the tokens are ours.
    """

    def texts(of: GraphPair) -> Iterator[tuple[str, ...]]:
        bags = (values for graph, _ in of.sides() for values in _values_by_entity(graph))
        named = zip(bags, names(of) if names else [""] * len(of), strict=True)
        return ((*values, name) for values, name in named)

    return shared_tfidf(pair, texts, width, columns_of)


def shared_tfidf(
    pair: GraphPair,
    texts: Callable[[GraphPair], Iterable[tuple[str, ...]]],
    width: int = VALUE_COLUMNS,
    columns_of: GraphPair | None = None,
) -> csr_array:
    """TF-IDF of the tokens of each entity's texts that both graphs have; see `value_bags`.

    Args:
        pair: the data set, `n` entities.
        texts: of each entity of a pair.
        width: most columns.
        columns_of: the pair whose tokens and their rarity count, None = this one.

    Returns:
        float32 CSR `[n, w]`, w ≤ width.
    """
    bags = _hashed(tuple(texts(pair)))
    model = columns_of or pair
    counted = bags if model is pair else _hashed(tuple(texts(model)))
    shared = np.intersect1d(counted[: model.n_source].indices, counted[model.n_source :].indices)
    if not len(shared):
        return csr_array(np.zeros((len(pair), 0), dtype=np.float32))
    rarity = TfidfTransformer().fit(_folded(counted, shared, width))
    return csr_array(rarity.transform(_folded(bags, shared, width)))


@lru_cache(maxsize=2)  # before a training the account asks what these texts say, and the training asks again
def _hashed(texts: tuple[tuple[str, ...], ...]) -> csr_array:
    hasher = FeatureHasher(_HASHES, alternate_sign=False, dtype=np.float32)
    return csr_array(hasher.transform(map(_entity_tokens, texts)))


def _folded(bags: csr_array, shared: npt.NDArray[np.int32], width: int) -> csr_array:
    """The columns that count, those that are too many upon the others."""
    kept: coo_array = bags[:, shared].tocoo()
    shape = (bags.shape[0], min(len(shared), width))
    return coo_array((kept.data, (kept.row, kept.col % width)), shape=shape).tocsr()  # sums what falls on one cell


def with_values(names: csr_array, values: csr_array) -> csr_array:
    """Attribute names and values side by side, each row of either of length 1, so that neither drowns the other.

    Args:
        names: float32 CSR `[n, a]`.
        values: float32 CSR `[n, v]`.

    Returns:
        float32 CSR `[n, a + v]`; the names as they are where there are no values.
    """
    if not values.shape[1]:
        return names
    return csr_array(hstack([normalize(names), values], format="csr", dtype=np.float32))


def _values_by_entity(graph: KnowledgeGraph) -> Iterator[list[str]]:
    values: dict[int, list[str]] = defaultdict(list)
    for entity, value in zip(graph.attribute_triples[:, 0].tolist(), graph.attribute_values, strict=True):
        values[entity].append(value)
    return (values.get(entity, []) for entity in range(len(graph)))


def _entity_tokens(values: Iterable[str]) -> dict[str, float]:
    counts: dict[str, float] = defaultdict(float)
    for value in values:
        for token, weight in value_tokens(value).items():
            counts[token] += weight
    return {token: 1 + math.log(count) if count > 1 else count for token, count in counts.items()}


def _bare(literal: str) -> str:
    """An N-Triples literal without quotes, language and type."""
    text, quote, rest = literal.rpartition('"')
    if quote and text.startswith('"') and (not rest or rest.startswith(("@", "^^"))):
        return text[1:]
    return literal


def _date_tokens(date: re.Match[str]) -> dict[str, float]:
    year, month, day = (int(part or 0) for part in date.group(1, 3, 4))
    if not 1 <= month <= 12 or day > 31 or (not day and date[2] in "/."):  # 1990.5 is a number
        return {}
    tokens = {f"number {year}": 1.0, f"month {year}-{month}": 1.0}
    return tokens | {f"day {year}-{month}-{day}": 1.0} if day else tokens


def _readings(number: re.Match[str] | None) -> set[float]:
    """The numbers, none below 0, that a text may mean."""
    if number is None:
        return set()
    whole, mark, decimals, exponent = number.group("whole", "mark", "decimals", "exponent")
    plain = whole.replace(mark, "") if mark else whole
    texts = {f"{plain}.{decimals or 0}"}
    if mark in (",", ".") and whole.count(mark) == 1 and not decimals:
        texts.add(whole.replace(mark, "."))
    readings = {float(f"{text}e{exponent or 0}") for text in texts}
    return {reading for reading in readings if math.isfinite(reading)}


def _number_tokens(number: float) -> Iterator[tuple[str, float]]:
    digits = f"{number:.12g}"
    yield f"number {digits}", 1.0
    yield from _grams(digits).items()
    if number > 0:
        yield f"digits {number:.2e}", 1.0
        place = math.log10(number) * _BINS_PER_DECADE
        bin_, above = math.floor(place), place % 1
        yield f"bin {bin_}", math.sqrt(1 - above)  # roots: the two squares make 1
        if above:
            yield f"bin {bin_ + 1}", math.sqrt(above)


def _text_tokens(text: str) -> dict[str, float]:
    tokens: dict[str, float] = defaultdict(float, {f"text {text}": 1.0})
    for word in _WORD.findall(text):
        tokens[f"word {word}"] += 1
        for gram, times in _grams(word).items():
            tokens[gram] += times
    return dict(tokens)


@lru_cache(maxsize=2**16)  # of a language, the same words come again and again
def _grams(word: str) -> Mapping[str, float]:
    padded = f" {word} "
    return MappingProxyType(Counter(f"gram {padded[i : i + _GRAM]}" for i in range(len(padded) - _GRAM + 1)))
