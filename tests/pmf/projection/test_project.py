from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from pmf.projection.neighbourhoods import neighbourhoods
from pmf.projection.project import neighbours, project, project_aligned, project_together, reduce


@pytest.fixture
def clusters() -> np.ndarray:
    """Three groups of 30 far apart, then two rows of zeros."""
    rng = np.random.default_rng(0)
    centres = np.eye(3, 60).repeat(30, axis=0) * 10
    return np.concatenate([centres + rng.normal(size=(90, 60)), np.zeros((2, 60))]).astype(np.float16)


def spread(points: np.ndarray) -> float:
    """Mean distance to the own group's centre, over the distance between the groups' centres."""
    groups = points.reshape(3, 30, 2)
    centres = groups.mean(1)
    inside = np.linalg.norm(groups - centres[:, None], axis=-1).mean()
    return float(inside / np.linalg.norm(centres[0] - centres[1]))


def test_groups_stay_groups_and_missing_rows_are_not_shown(clusters: np.ndarray) -> None:
    points = project(clusters, seed=3)
    assert points.shape == (92, 2)
    assert points.dtype == np.float32
    assert np.isnan(points[90:]).all()
    assert spread(points[:90]) < 0.5
    assert np.array_equal(points, project(clusters, seed=3), equal_nan=True)


def test_a_handful_gets_its_principal_components(clusters: np.ndarray) -> None:
    few = clusters[[0, 1, 30, 31, 91]]
    points = project(few, seed=0)
    assert np.isnan(points[4]).all()
    assert np.linalg.norm(points[0] - points[1]) < np.linalg.norm(points[0] - points[2])
    assert np.isnan(project(clusters[90:], seed=0)).all()
    assert np.isnan(project(clusters[:1], seed=0)).all()


def test_neighbours_are_those_of_all_pairs(clusters: np.ndarray) -> None:
    rows = reduce(clusters[:90])
    nearest, distances = neighbours(rows, 15)
    pairs = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    np.testing.assert_allclose(distances, np.sort(pairs, axis=1)[:, :15], atol=1e-4)
    np.testing.assert_allclose(np.take_along_axis(pairs, nearest, axis=1), distances, atol=1e-4)
    assert (nearest[:, 0] == np.arange(90)).all()


def test_pieces_lie_as_in_the_embedding() -> None:
    """A hundred groups along an arc, each a neighbourhood of its own: their order must not come out at random."""
    rng, angles = np.random.default_rng(0), np.linspace(0, 1.5 * np.pi, 100)
    centres = np.zeros((100, 60))
    centres[:, :2] = 40 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rows = centres.repeat(20, axis=0) + rng.normal(scale=0.2, size=(2000, 60))
    seen = project(rows, seed=0).reshape(100, 20, 2).mean(1)
    assert spearmanr(pdist(centres), pdist(seen)).statistic > 0.5


def test_embeddings_are_left_as_they_are(clusters: np.ndarray) -> None:
    rows = clusters.astype(np.float32)
    project(rows, seed=0)
    reduce(rows)
    assert np.array_equal(rows, clusters)


def test_graphs_that_lie_apart_are_drawn_together(clusters: np.ndarray) -> None:
    """The target is the source, moved away by a direction of its own: nobody's nearest is of the other graph."""
    rows = np.concatenate([clusters[:90], clusters[:90]]).astype(np.float32)
    rows[90:, 59] += 30
    sides, pairs = (np.arange(90), np.arange(90, 180)), np.stack([np.arange(90), np.arange(90, 180)], axis=1)
    ties = neighbourhoods(rows, sides, pairs, csls_k=3, csls_rounds=1)
    points = project_together(rows, ties, sides, seed=0)
    apart = project(rows, seed=0)
    gap = {name: np.linalg.norm(p[:90] - p[90:], axis=1).mean() / p.std() for name, p in (("t", points), ("a", apart))}
    assert gap["t"] < 0.3 < gap["a"]
    assert spread(points[:90]) < 0.5
    assert np.array_equal(points, project_together(rows, ties, sides, seed=0))


def test_aligned_points_stay_put(clusters: np.ndarray) -> None:
    epochs = np.stack([clusters[:90]] * 3).astype(np.float32)
    sides = np.arange(45), np.arange(45, 90)
    ties = [neighbourhoods(rows, sides, np.zeros((0, 2), int), csls_k=3, csls_rounds=1) for rows in epochs]
    points = project_aligned(epochs, ties, sides, seed=0)
    assert points.shape == (3, 90, 2)
    moved = np.linalg.norm(points[1:] - points[:-1], axis=-1).mean()
    size = np.linalg.norm(points[0].max(0) - points[0].min(0))
    assert moved < 0.1 * size
    assert spread(points[0]) < 0.5
