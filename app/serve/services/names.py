"""Entities by what they are called: exactly, or by how many letters in a row two names have in common."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from threading import Lock
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from app.shared.services.run_view import RunView

LEAST = 0.5
"""Names that are less alike than this, by the cosine of their letters, are not taken for the same."""


class Names:
    """The names and ids of one graph's entities.

    Args:
        run: the run.
        of_source: which graph.
    """

    def __init__(self, run: RunView, *, of_source: bool) -> None:
        self._first, last = (0, run.n_source) if of_source else (run.n_source, run.n)
        self._by_id = {str(uri): self._first + row for row, uri in enumerate(run.uris[self._first : last])}
        self._names = [folded(str(label)) for label in run.labels[self._first : last]]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self._names):
            self._by_name[name].append(self._first + row)
        self._by_name.pop("", None)
        self._letters: tuple[Any, Any] | None = None
        self._making = Lock()

    def by_id(self, text: str) -> int | None:
        """The entity of an id; None where there is none."""
        return self._by_id.get(text.strip())

    def by_name(self, text: str) -> list[int]:
        """Every entity that is called just so; capitals and forms of the same letters aside."""
        return list(self._by_name.get(folded(text), ()))

    def alike(self, text: str, count: int) -> list[tuple[int, float]]:
        """Entities whose names are written alike, with the cosine of their letters, the best first."""
        words, letters = self._index()
        if words is None or not folded(text):
            return []
        similarity = (letters @ words.transform([folded(text)]).T).toarray().ravel()
        order = np.argsort(-similarity, kind="stable")[:count]
        return [(self._first + int(row), float(similarity[row])) for row in order if similarity[row] >= LEAST]

    def _index(self) -> tuple[Any, Any]:
        """Made when a name is first looked up by its letters: that takes seconds on a large graph."""
        with self._making:
            if self._letters is None:
                words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), lowercase=False, dtype=np.float32)
                try:
                    self._letters = words, words.fit_transform(self._names)
                except ValueError:  # no name has a letter
                    self._letters = None, None
            return self._letters


def folded(name: str) -> str:
    """A name as names are compared."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
