"""What three other systems write, and the figures that it gives, counted by hand: nothing of the project is used.

The data: `COUNT` things in each of two graphs, the first `LINKED` of them the same.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

COUNT, LINKED = 40, 30

Vector = Sequence[float]
Figures = dict[str, float]


def numbered_data(folder: Path) -> Path:
    """In the layout of DBP15K: numbers of the source graph are even, of the target odd, and each file is shuffled."""
    folder.mkdir(parents=True)
    rng = random.Random(1)
    for side in (1, 2):
        numbers = [2 * i + side - 1 for i in range(COUNT)]
        rng.shuffle(numbers)
        (folder / f"ent_ids_{side}").write_text("".join(f"{k}\t{uri(side, k // 2)}\n" for k in numbers))
        edges = [(rng.choice(numbers), rng.randrange(3), rng.choice(numbers)) for _ in range(100)]
        (folder / f"triples_{side}").write_text("".join(f"{h}\t{r}\t{t}\n" for h, r, t in edges))
    (folder / "ill_ent_ids").write_text("".join(f"{2 * i}\t{2 * i + 1}\n" for i in range(LINKED)))
    return folder


def table_data(folder: Path) -> Path:
    """Two tables and their links."""
    for name, side in (("source", 1), ("target", 2)):
        (folder / name).mkdir(parents=True)
        rows = [f"{'ab'[side - 1]}{i},thing {i}\n" for i in range(COUNT)]
        (folder / name / "entities.csv").write_text("id,name\n" + "".join(rows))
    (folder / "links.csv").write_text("source,target\n" + "".join(f"a{i},b{i}\n" for i in range(LINKED)))
    return folder


def uri(side: int, thing: int) -> str:
    return f"http://x.example/{side}/t{thing}"


def vectors(seed: int, width: int, noise: float) -> tuple[list[list[float]], list[list[float]]]:
    """Of each thing in the source and in the target graph, alike but for noise."""
    rng = random.Random(seed)
    base = [[rng.gauss(0, 1) for _ in range(width)] for _ in range(COUNT)]
    source, target = ([[x + rng.gauss(0, noise) for x in row] for row in base] for _ in range(2))
    return source, target


def openea_output(folder: Path) -> tuple[list[list[float]], list[list[float]]]:
    """`ent_embeds.npy` with rows of its own order, and files that say whose they are."""
    source, target = vectors(2, 12, 0.9)
    folder.mkdir(parents=True)
    order = list(range(2 * COUNT))
    random.Random(3).shuffle(order)  # row of each thing, those of the source first
    rows = np.zeros((2 * COUNT, 12), np.float32)
    for thing, row in enumerate(order):
        rows[row] = [*source, *target][thing]
    np.save(folder / "ent_embeds.npy", rows)
    np.save(folder / "rel_embeds.npy", np.zeros((3, 12), np.float32))
    for side in (1, 2):
        ids = order[(side - 1) * COUNT : side * COUNT]
        (folder / f"kg{side}_ent_ids").write_text("".join(f"{uri(side, i)}\t{row}\n" for i, row in enumerate(ids)))
    return rows_of(source), rows_of(target)


def rows_of(table: list[list[float]]) -> list[list[float]]:
    """As they are read again, in single precision."""
    return [[float(np.float32(x)) for x in row] for row in table]


PARTS = {"gph": (5, 8, 1.0), "att": (6, 6, 1.5), "img": (7, 10, 1.2)}
"""Name in the files of MEAformer → seed, width and noise."""
GATES = {"gph": 0.6, "att": 0.3, "img": 0.1}


def dumps(folder: Path) -> dict[str, tuple[list[list[float]], list[list[float]]]]:
    """A file a modality and the joint embedding, `weight · unit vector` side by side; rows by the data's numbers."""
    folder.mkdir(parents=True)
    parts = {name: vectors(*PARTS[name]) for name in PARTS}
    joint = []
    for name in ("img", "att", "gph"):  # their own order
        rows = np.zeros((2 * COUNT, PARTS[name][1]), np.float32)
        for i in range(COUNT):
            rows[2 * i], rows[2 * i + 1] = parts[name][0][i], parts[name][1][i]
        np.save(folder / f"{name}_emb.npy", rows)
        joint.append(GATES[name] * rows / np.linalg.norm(rows, axis=1, keepdims=True))
    np.save(folder / "joint_emb.npy", np.concatenate(joint, axis=1))
    return {name: (rows_of(source), rows_of(target)) for name, (source, target) in parts.items()}


def splink_predictions(path: Path) -> dict[tuple[int, int], float]:
    """A table of pairs as Splink exports it, the target's dataset on the left; match weight by (source, target)."""
    rng = random.Random(9)
    weights: dict[tuple[int, int], float] = {}
    for i in range(COUNT):
        if i % 7 != 3:  # of some nothing was compared
            weights[i, i] = round(rng.uniform(-2, 9), 3)
        for j in rng.sample(range(COUNT), 4):
            weights.setdefault((i, j), round(rng.uniform(-6, 6), 3))
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        names = ["match_weight", "match_probability", "source_dataset_l", "unique_id_l", "source_dataset_r"]
        rows.writerow([*names, "unique_id_r", "gamma_name"])
        for (i, j), weight in weights.items():
            probability = 2**weight / (1 + 2**weight)
            rows.writerow([weight, repr(probability), "left_table", f"b{j}", "right_table", f"a{i}", 1])
    return weights


def cosine(one: Vector, other: Vector) -> float:
    dot = sum(x * y for x, y in zip(one, other, strict=True))
    return dot / math.sqrt(sum(x * x for x in one) * sum(y * y for y in other))


def figures_of(similarity: Callable[[int, int], float]) -> tuple[Figures, Figures]:
    """Hits@1, Hits@10 and MRR of the linked things among each other, from the source and from the target."""
    things = range(LINKED)
    forward = [1 + sum(similarity(i, j) > similarity(i, i) for j in things) for i in things]
    backward = [1 + sum(similarity(j, i) > similarity(i, i) for j in things) for i in things]
    return summary(forward), summary(backward)


def figures_of_list(weights: dict[tuple[int, int], float]) -> tuple[Figures, Figures]:
    """The same of listed pairs: candidates that are not listed tie behind those that are, a truth in their middle."""
    inside = {pair: weight for pair, weight in weights.items() if max(pair) < LINKED}
    ranks: tuple[list[float], list[float]] = ([], [])
    for side in (0, 1):
        for i in range(LINKED):
            own = {pair[1 - side]: weight for pair, weight in inside.items() if pair[side] == i}
            above = sum(weight > own[i] for weight in own.values()) if i in own else len(own)
            level = 0 if i in own else LINKED - len(own) - 1
            ranks[side].append(1 + above + level / 2)
    return summary(ranks[0]), summary(ranks[1])


def summary(ranks: Sequence[float]) -> Figures:
    count = len(ranks)
    hits = {f"hits@{k}": sum(rank <= k for rank in ranks) / count for k in (1, 10)}
    return {**hits, "mrr": sum(1 / rank for rank in ranks) / count, "mean_rank": sum(ranks) / count}


def csls(similarity: np.ndarray, k: int, rounds: int = 1) -> np.ndarray:
    """Twice the similarity without the mean of the k largest of its row and of its column; NaN = not known."""
    for _ in range(rounds):
        filled = np.where(np.isnan(similarity), -np.inf, similarity)
        row, column = (np.sort(filled, axis=axis) for axis in (1, 0))
        best = row[:, ::-1][:, :k], column[::-1][:k].T
        means = [np.array([some[np.isfinite(some)].mean() for some in side]) for side in best]
        similarity = 2 * similarity - means[0][:, None] - means[1][None]
    return similarity


def sinkhorn(similarity: np.ndarray, temperature: float, iterations: int) -> np.ndarray:
    """The transport plan itself; the temperature in units of how far a row's best lies above its mean."""
    unit = (similarity.max(axis=1) - similarity.mean(axis=1)).mean()
    plan = np.exp((similarity - similarity.max()) / (temperature * unit))
    for _ in range(iterations):
        plan = plan / plan.sum(axis=1, keepdims=True)
        plan = plan / plan.sum(axis=0, keepdims=True)
    return plan
