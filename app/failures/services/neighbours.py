"""Which neighbours would speak for the truth of an error, had the run matched them."""

from __future__ import annotations

from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView


def unmatched(run: RunView, data: Dataset, query: int, truth: int) -> tuple[list[int], int]:
    """Neighbours of a query that are linked to neighbours of its truth, and that the run has not matched right.

    Returns:
        Their entity ids, and how many neighbours query and truth have in common in all.
    """
    beside = {neighbour.entity for neighbour in data.neighbours(truth)}
    near = dict.fromkeys(neighbour.entity for neighbour in data.neighbours(query))
    common = [entity for entity in near if entity != query and int(run.partner[entity]) in beside - {truth}]
    known = [run.split[entity] == "seed" or run.best[entity] == run.partner[entity] for entity in common]
    return [entity for entity, right in zip(common, known, strict=True) if not right], len(common)
