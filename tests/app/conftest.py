"""A small data set on disk and run folders over it, in every state a run can be in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.runs import layout
from pmf.runs.writer import RunWriter

MODALITIES = ("structure", "attribute", "image")
EPOCHS, FREEZE_EPOCHS = 8, 5
THRESHOLDS = (None, 0.2, 0.35, 0.5, 0.6)
NAMES = [
    "Austria",
    "Belgium",
    "Chile",
    "Denmark",
    "Egypt",
    "Finland",
    "Ghana",
    "Hungary",
    "Iceland",
    "Japan",
    "Kenya",
    "Laos",
]

MakeRun = Callable[..., Path]


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve countries and capitals, twice, in the OpenEA layout; eight have a picture, one of them unreadable."""
    folder = tmp_path_factory.mktemp("data") / "twelve"
    for side, keys in ((1, ("population", "capital")), (2, ("inhabitants", "seat"))):
        pictures = folder / f"images_{side}"
        pictures.mkdir(parents=True)
        base = f"http://{side}.example/resource/"
        relations, attributes, images = [], [], []
        for i, name in enumerate(NAMES):
            relations.append(f"{base}{name}\t{keys[1]}\t{base}{name}_City")
            attributes.append(f"{base}{name}\t{keys[0]}\t{1000 * i}")
            attributes.append(f"{base}{name}\tcode\t{name[:2] if side == 1 else name[:2].upper()}")
            if i < 8:
                Image.new("RGB", (60, 40), (20 * i, 80, 200 - 20 * i)).save(pictures / f"{i}.png")
                images.append(f"{base}{name}\timages_{side}/{i}.png")
        (pictures / "7.png").write_bytes(b"no picture at all")
        (folder / f"rel_triples_{side}").write_text("\n".join(relations) + "\n")
        (folder / f"attr_triples_{side}").write_text("\n".join(attributes) + "\n")
        (folder / f"images_{side}.tsv").write_text("\n".join(images) + "\n")
    both = (f"http://1.example/resource/{name}\thttp://2.example/resource/{name}" for name in NAMES)
    (folder / "ent_links").write_text("\n".join(both) + "\n")
    return folder


@pytest.fixture(scope="session")
def pair(data_folder: Path) -> GraphPair:
    return read_graph_pair(data_folder)


@pytest.fixture
def make_run(tmp_path: Path, pair: GraphPair) -> Iterator[MakeRun]:
    """Writes `runs/<name>` under the test's own folder; see `write_run`. A running one lives until the test ends."""
    with ExitStack() as running:

        def make(name: str = "small", *, state: str = "finished", **options: Any) -> Path:
            folder = tmp_path / "runs" / name
            writer = write_run(folder, pair, state=state, **options)
            if state == "running":
                running.enter_context(writer)
            return folder

        yield make


def write_run(
    folder: Path,
    pair: GraphPair,
    *,
    state: str = "finished",
    modalities: tuple[str, ...] = MODALITIES,
    epochs: int = EPOCHS,
    freeze_epochs: int = FREEZE_EPOCHS,
    thresholds: tuple[float | None, ...] = THRESHOLDS,
    width: int = 6,
    project: bool = True,
) -> RunWriter:
    """A run that nobody trained: linked entities lie close to each other, noise makes some of them wrong."""
    rng = np.random.default_rng(0)
    n, links = len(pair), pair.links[rng.permutation(len(pair.links))]
    n_seed = max(1, len(links) // 4)
    split = np.array(["seed"] * n_seed + ["validation"] + ["test"] * (len(links) - n_seed - 1))
    embeddings = _embeddings(rng, pair, links, modalities, width)
    missing = np.stack([~embeddings[m].any(axis=1) for m in modalities])
    relevance = _relevance(rng, pair, embeddings, thresholds, epochs)
    frozen_at = _freeze(relevance, missing, thresholds)
    weight = (frozen_at == layout.NEVER_FROZEN).astype(np.float32)
    writer = RunWriter(folder, epochs=epochs, modalities=modalities, n_entities=n)
    writer.create(_config(folder.name, pair, modalities, epochs, freeze_epochs), *_tables(pair, links, split))
    writer.event("state", state="running", message="")
    until = epochs if state == "finished" else epochs // 2
    for epoch in range(until):
        writer.relevance(epoch, relevance[epoch])
        writer.event("epoch", **_epoch_report(epoch, modalities, freeze_epochs, thresholds, frozen_at))
    writer.frozen_at(np.where(frozen_at < until, frozen_at, layout.NEVER_FROZEN).astype(np.int16))
    if state == "failed":
        writer.event("state", state="failed", message="The loss became NaN in epoch 4.")
    if state != "finished":
        return writer
    for m in modalities:
        writer.embedding(m, embeddings[m].astype(np.float16))
    fused = np.concatenate([weight[i][:, None] * embeddings[m] for i, m in enumerate(modalities)], axis=1)
    writer.embedding("fused", fused.astype(np.float16))
    writer.embedding("weight", weight)
    writer.predictions(_predictions(modalities, embeddings, weight, links[n_seed:], split[n_seed:]))
    for name in ("fused", *modalities) if project else ():
        writer.projection(name, (fused if name == "fused" else embeddings[name])[:, :2].astype(np.float32))
    for at, hits in (("stage 1", 0.6), ("end", 0.7)):
        writer.event("results", at=at, split="test", **_metrics(hits), **_how(), epoch=epochs - 1)
    writer.event("state", state="finished", message="")
    return writer


def _embeddings(
    rng: np.random.Generator, pair: GraphPair, links: npt.NDArray[np.int64], modalities: tuple[str, ...], width: int
) -> dict[str, npt.NDArray[np.float32]]:
    result = {}
    for m in modalities:
        values = rng.standard_normal((len(pair), width)).astype(np.float32)
        values[links[:, 1]] = values[links[:, 0]] + 0.9 * rng.standard_normal((len(links), width))
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        for graph, offset in pair.sides():
            if m == "image":
                values[[offset + i for i in range(len(graph)) if i not in graph.images]] = 0
            if m == "attribute":
                has = np.unique(graph.attribute_triples[:, 0])
                values[np.setdiff1d(np.arange(len(graph)), has) + offset] = 0
        result[m] = values
    return result


def _relevance(
    rng: np.random.Generator,
    pair: GraphPair,
    embeddings: dict[str, npt.NDArray[np.float32]],
    thresholds: tuple[float | None, ...],
    epochs: int,
) -> npt.NDArray[np.float32]:
    relevance = np.full((epochs, len(embeddings), len(pair)), np.nan, np.float32)
    for i, values in enumerate(embeddings.values()):
        base = rng.beta(5, 2, len(pair)).astype(np.float32)
        base[~values.any(axis=1)] = np.nan
        for epoch, threshold in enumerate(thresholds):
            if threshold is not None:
                drift = 0.7 + 0.3 * epoch / len(thresholds)
                relevance[epoch, i] = np.clip(base * drift + 0.02 * rng.standard_normal(len(pair)), 0, 1)
    return relevance


def _freeze(
    relevance: npt.NDArray[np.float32], missing: npt.NDArray[np.bool_], thresholds: tuple[float | None, ...]
) -> npt.NDArray[np.int16]:
    frozen_at = np.where(missing, layout.MISSING, layout.NEVER_FROZEN).astype(np.int16)
    for epoch, threshold in enumerate(thresholds):
        if threshold is not None:
            frozen_at[(frozen_at == layout.NEVER_FROZEN) & (relevance[epoch] <= threshold)] = epoch
    return frozen_at


def _predictions(
    modalities: tuple[str, ...],
    embeddings: dict[str, npt.NDArray[np.float32]],
    weight: npt.NDArray[np.float32],
    links: npt.NDArray[np.int64],
    split: npt.NDArray[np.str_],
    top_k: int = 5,
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for direction, queries, targets in (
        (layout.SOURCE_TO_TARGET, links[:, 0], links[:, 1]),
        (layout.TARGET_TO_SOURCE, links[:, 1], links[:, 0]),
    ):
        share = np.stack(
            [
                np.outer(weight[i, queries], weight[i, targets]) * (embeddings[m][queries] @ embeddings[m][targets].T)
                for i, m in enumerate(modalities)
            ]
        )
        similarity = share.sum(axis=0)
        for row, query in enumerate(queries):
            order = np.argsort(-similarity[row], kind="stable")[:top_k]
            above = similarity[row] > similarity[row, row]
            ties = (similarity[row] == similarity[row, row]).sum() - 1
            rows.append(
                {
                    "direction": direction,
                    "query": query,
                    "split": split[row],
                    "truth": targets[row],
                    "rank": 1 + above.sum() + ties / 2,
                    "truth_similarity": similarity[row, row],
                    "candidates": targets[order],
                    "score": similarity[row, order].astype(np.float32),
                    "similarity": similarity[row, order].astype(np.float32),
                    **{f"share_{m}": share[i, row, order].astype(np.float32) for i, m in enumerate(modalities)},
                }
            )
    return pd.DataFrame(rows)


def _config(
    run_id: str, pair: GraphPair, modalities: tuple[str, ...], epochs: int, freeze_epochs: int
) -> dict[str, Any]:
    config = Config(data=str(pair.path), modalities=modalities).with_settings(
        {"train.epochs": str(epochs), "train.freeze_epochs": str(freeze_epochs), "freezing.start_epoch": "1"}
    )
    data = {"name": pair.name, "path": str(pair.path), "format": pair.format, "fingerprint": pair.fingerprint}
    return {
        "run_id": run_id,
        "created": "2026-01-02T03:04:05+00:00",
        "config": config.to_dict(),
        "dataset": data,
        "code_version": "0.1.0",
        "torch": "2.13.0",
        "python": "3.11",
        "device": "cpu",
        "scope": "closed",
        "selection": "validation",
        "seed": 0,
        "n_source": pair.n_source,
        "n_entities": len(pair),
    }


def _tables(
    pair: GraphPair, links: npt.NDArray[np.int64], split: npt.NDArray[np.str_]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    degree = np.bincount(
        np.concatenate([g.relation_triples[:, [0, 2]].ravel() + o for g, o in pair.sides()]), minlength=len(pair)
    )
    entities = pd.DataFrame(
        {
            "uri": [uri for graph, _ in pair.sides() for uri in graph.entities],
            "label": pair.labels,
            "side": ["source"] * pair.n_source + ["target"] * len(pair.target),
            "type": [graph.types.get(i, "") for graph, _ in pair.sides() for i in range(len(graph))],
            "degree": degree,
        }
    )
    return entities, pd.DataFrame({"source": links[:, 0], "target": links[:, 1], "split": split})


def _epoch_report(
    epoch: int,
    modalities: tuple[str, ...],
    freeze_epochs: int,
    thresholds: tuple[float | None, ...],
    frozen_at: npt.NDArray[np.int16],
) -> dict[str, Any]:
    threshold = thresholds[epoch] if epoch < len(thresholds) else None
    return {
        "epoch": epoch,
        "stage": 1 if epoch < freeze_epochs else 2,
        "losses": {"fused": 3.0 / (epoch + 1)},
        "learning_rate": 1e-3,
        "threshold": dict.fromkeys(modalities, threshold),
        "frozen_share": {
            m: float(((frozen_at[i] >= 0) & (frozen_at[i] <= epoch)).mean()) for i, m in enumerate(modalities)
        },
        "missing_share": {m: float((frozen_at[i] == layout.MISSING).mean()) for i, m in enumerate(modalities)},
        "metrics": {"validation": _metrics(0.3 + 0.4 * epoch / 8)} if epoch % 2 else {},
        "train_seconds": 0.1,
        "eval_seconds": 0.1,
        "peak_memory_bytes": 10**8,
    }


def _metrics(hits: float) -> dict[str, Any]:
    one = {"hits@1": hits, "hits@10": min(1.0, hits + 0.2), "mrr": hits + 0.05, "mean_rank": 3.5}
    return {"source_to_target": one, "target_to_source": {**one, "hits@1": hits - 0.01}}


def _how() -> dict[str, Any]:
    return {"scope": "closed", "decode": "csls(k=3, rounds=1)", "selection": "validation"}
