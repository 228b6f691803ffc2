"""What rules think, as rows whose products are the probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pmf.logic.equality import Grounds, Likely
from pmf.model.believed import Believed, believed_rows
from tests.small_graphs import links

N = 40
WIDTH = 2048
NOISE = 5 / WIDTH**0.5


def rows_of(pairs: dict[tuple[int, int], float], *settled: tuple[int, int]) -> torch.Tensor:
    likely = Likely(links(*pairs), np.array(list(pairs.values()), np.float64), Grounds)  # type: ignore[arg-type]
    return believed_rows(likely, links(*settled), 2 * N, N, WIDTH, seed=0)


def test_products_are_the_probabilities_and_all_else_is_noise() -> None:
    pairs = {(0, 41): 0.9, (1, 42): 0.5, (1, 43): 0.3, (2, 41): 0.1}
    rows = rows_of(pairs, (3, 44))
    assert torch.linalg.vector_norm(rows, dim=1).numpy() == pytest.approx(1, abs=1e-5)
    said = rows[:N] @ rows[N:].T
    expected = torch.zeros(N, N)
    for (source, target), probability in {**pairs, (3, 44): 1.0}.items():
        expected[source, target - N] = probability
    assert (said - expected).abs().max() < NOISE


def test_many_likely_counterparts_share_what_one_could_have() -> None:
    rows = rows_of({(0, 40 + t): 0.8 for t in range(8)})
    said = rows[0] @ rows[N : N + 8].T
    assert said.numpy() == pytest.approx(1 / 8**0.5, abs=NOISE)


def test_a_share_mixes_and_keeps_units() -> None:
    rows = rows_of({(0, 41): 0.9})
    table = torch.nn.functional.normalize(torch.randn(2 * N, WIDTH + 8, generator=torch.Generator().manual_seed(1)))
    before = table[0] @ table[41]
    mixed = Believed(rows, 0.25).mix(table.clone())
    assert torch.linalg.vector_norm(mixed, dim=1).numpy() == pytest.approx(1, abs=1e-5)
    assert (mixed[0] @ mixed[41]).item() == pytest.approx(0.75 * before.item() + 0.25 * 0.9, abs=2 * NOISE)
