"""How strongly entities are tied to each other, against UMAP's own code."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from pmf.alignment.search.similarity import Similarities
from pmf.arrays import unit_rows
from pmf.projection import neighbourhoods as module
from pmf.projection.neighbourhoods import LISTED, _ties, neighbourhoods
from pmf.projection.project import neighbours
from tests.conftest import ROOT


@pytest.mark.filterwarnings("ignore")  # umap warns of its optional parts
@pytest.mark.parametrize("copies", [1, 4])
def test_ties_are_those_of_umap(copies: int) -> None:
    from umap.umap_ import fuzzy_simplicial_set

    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(60, 5)), rng.normal(size=(3, 5)) + 9]).repeat(copies, axis=0)
    nearest, distance = neighbours(rows.astype(np.float32), 15)
    nothing, random = np.zeros((len(rows), 1), np.float32), np.random.RandomState(0)
    graph, *_ = fuzzy_simplicial_set(nothing, 15, random, "euclidean", knn_indices=nearest, knn_dists=distance)
    np.testing.assert_allclose(_ties(nearest, distance).toarray(), graph.toarray(), atol=1e-4)


def test_ties_need_no_compiler() -> None:
    """The seconds that it takes are for the maps alone, and there once."""
    code = (
        "import sys, numpy as np; from pmf.projection.neighbourhoods import neighbourhoods\n"
        "rows, half = np.random.default_rng(0).normal(size=(60, 8)), np.arange(30)\n"
        "neighbourhoods(rows, (half, half + 30), np.stack([half, half + 30], axis=1), csls_k=3, csls_rounds=1)\n"
        "assert 'numba' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ranks_are_those_of_all_candidates_as_far_as_they_are_listed() -> None:
    rng, half = np.random.default_rng(0), np.arange(300)
    source = rng.normal(size=(300, 6))
    rows = np.concatenate([source, source + 0.5 * rng.normal(size=source.shape)]).astype(np.float32)
    rows[305] = rows[306]  # two who score alike
    pairs = np.stack([half, half + 300], axis=1)
    ranks = neighbourhoods(rows, (half, half + 300), pairs, csls_k=3, csls_rounds=2).ranks
    unit = torch.from_numpy(unit_rows(rows))
    scores = Similarities(unit[:300], unit[300:]).csls(3, 2)
    for ranking, ranked in zip(scores.rank(torch.from_numpy(pairs - [0, 300]), 0), ranks, strict=True):
        exact = (1 + ranking.greater + ranking.equal / 2).numpy()
        listed = exact <= LISTED
        assert 0.5 < listed.mean() < 1
        np.testing.assert_array_equal(ranked, np.where(listed, exact, LISTED + 1))
    assert (ranks % 1 > 0).any()


def test_many_wide_rows_are_compared_in_full_with_a_shortlist_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds nearly all of the nearest, and the wide rows are multiplied with nobody else."""
    rng, half = np.random.default_rng(0), np.arange(400)
    hidden = rng.normal(size=(400, 12)) @ rng.normal(size=(12, 96))
    rows = np.concatenate([hidden + 0.8 * rng.normal(size=hidden.shape) for _ in range(2)]).astype(np.float32)
    sides, pairs = (half, half + 400), np.stack([half, half + 400], axis=1)
    whole = neighbourhoods(rows, sides, pairs, csls_k=3, csls_rounds=2)
    monkeypatch.setattr(module, "MOST_WHOLE", 100)
    monkeypatch.setattr(module, "_SHORTLIST", 40)
    monkeypatch.setattr(module, "DIMENSIONS", 20)
    widths = []
    plain = module.products
    monkeypatch.setattr(module, "products", lambda some, keys: widths.append(keys.shape[1]) or plain(some, keys))
    short = neighbourhoods(rows, sides, pairs, csls_k=3, csls_rounds=2)
    assert set(widths) == {20}
    assert (short.ranks == whole.ranks).mean() > 0.95
    ties = [graph.tocsr() > 0 for graph in (whole.graph, short.graph)]
    assert ties[0].multiply(ties[1]).sum() > 0.9 * ties[0].sum()
