"""The bundled run as it is, and with what is known to be wrong planted in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pmf.alignment.evaluation.evaluate import Candidates, top_candidates
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.failures.table import write_failures
from pmf.freezing.fusion import fuse
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.training.recording.predictions import prediction_table
from tests.conftest import ROOT

FROZE_IN = 20


@pytest.fixture(scope="session")
def pair() -> GraphPair:
    return read_graph_pair("demo")


@pytest.fixture(scope="session")
def atlas(tmp_path_factory: pytest.TempPathFactory, pair: GraphPair) -> RunReader:
    run = RunReader(_copy(tmp_path_factory.mktemp("runs") / "atlas"))
    write_failures(run, pair)
    return run


@pytest.fixture(scope="session")
def alike(tmp_path_factory: pytest.TempPathFactory, pair: GraphPair) -> RunReader:
    """The run with every modality counting alike, so that pictures lead more queries astray."""
    run = RunReader(_copy(tmp_path_factory.mktemp("runs") / "alike"))
    weight = (np.array(run.weight()) > 0).astype(np.float32)
    np.save(run.folder / "embeddings" / "weight.npy", weight / np.linalg.norm(weight, axis=0).clip(min=1))
    predict(run)
    write_failures(run, pair)
    return run


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory, atlas: RunReader) -> tuple[RunReader, np.ndarray]:
    """The run with none but good pictures frozen, of 60 targets that pictures alone find; and who they are."""
    run = RunReader(_copy(tmp_path_factory.mktemp("runs") / "frozen"))
    table = atlas.failures()
    assert table is not None
    at, image = np.array(run.frozen_at()), run.modalities.index("image")
    forward = table[table["direction"] == layout.SOURCE_TO_TARGET]
    active = (at[image, forward["query"]] == -1) & (at[image, forward["truth"]] == -1)
    chosen = forward[active & (forward["alone_image"] <= 1)]["truth"].to_numpy()[:60]
    at[image, at[image] >= 0] = layout.MISSING
    at[image, chosen] = FROZE_IN
    (run.folder / layout.FROZEN_AT).write_bytes(at.tobytes())
    weight = np.array(run.weight())
    weight[image, chosen] = 0
    np.save(run.folder / "embeddings" / "weight.npy", weight / np.linalg.norm(weight, axis=0))
    predict(run)
    write_failures(run, None)
    return run, chosen


@pytest.fixture(scope="session")
def mislinked(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunReader, np.ndarray]:
    """The run with the targets of 30 test links exchanged; and the sources of these links."""
    run = RunReader(_copy(tmp_path_factory.mktemp("runs") / "mislinked"))
    links = run.links.copy()
    chosen = np.random.default_rng(0).choice(np.flatnonzero(links["split"] == "test"), 30, replace=False)
    target = links["target"].to_numpy().copy()
    target[chosen] = np.roll(target[chosen], 1)
    links.assign(target=target).to_parquet(run.folder / layout.LINKS)
    run = RunReader(run.folder)
    predict(run)
    write_failures(run, None)
    return run, links["source"].to_numpy()[chosen]


def _copy(folder: Path) -> Path:
    shutil.copytree(ROOT / "assets" / "runs" / "atlas", folder)
    for name in (layout.FAILURES, layout.COUNTERFACTUALS):
        (folder / name).unlink(missing_ok=True)
    return folder


def predict(run: RunReader) -> None:
    """Predictions anew, from what is stored."""
    config, split = run.facts.config(), stored_split(run)
    parts = torch.stack([torch.from_numpy(np.array(run.embedding(m), np.float32)) for m in run.modalities])
    weight = torch.from_numpy(np.array(run.weight(), np.float32))
    fused = fuse(parts, weight)
    np.save(run.folder / "embeddings" / "fused.npy", fused.half().numpy())
    pool = Candidates.test(split, config.evaluation.scope, run.n_source, run.n_entities)
    rankings = top_candidates(fused, pool, config.evaluation)
    table: pd.DataFrame = prediction_table(rankings, [*parts.numpy()], weight.numpy(), pool, split, config)
    table.to_parquet(run.folder / layout.PREDICTIONS)
