"""Processes that train together, and what the tests have each of them work out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from pmf.alignment.search import similarity
from pmf.config.evaluation import EvaluationConfig
from pmf.config.model import FreezingConfig
from pmf.data.readers import read_graph_pair
from pmf.data.split import LinkSplit, split_links
from pmf.distributed import together
from pmf.features.feature_set import build_features, presence
from pmf.freezing.relevance import RelevanceMeter
from pmf.freezing.state import FreezingState
from pmf.model.graph import Adjacency
from pmf.model.pmf import PMFModel
from pmf.training.start import run_config
from tests.apps import free_port
from tests.commands import PROCESSES


def together_do(work: Callable[..., None], world: int, *arguments: object) -> None:
    """Have so many processes do it, with the variables that torchrun sets; its own start takes seconds each."""
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(world)}
    ranks = [PROCESSES.Process(target=_one_of_them, args=(work, rank, meeting, arguments)) for rank in range(world)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(240)
        rank.kill()
        assert rank.exitcode == 0


def _one_of_them(work: Callable[..., None], rank: int, meeting: dict[str, str], arguments: tuple[object, ...]) -> None:
    os.environ.update(meeting, RANK=str(rank), LOCAL_RANK=str(rank))
    torch.set_num_threads(1)
    work(*arguments)


def write_gradients(data: Path, out: Path) -> None:
    """Losses and gradients on one batch with hard negatives, frozen and missing features, in `out` and the rank."""
    setting = {"data": str(data), "modalities": "structure,relation,attribute,image,char", "train.fanout": "3"}
    config, _ = run_config("published", setting)
    pair = read_graph_pair(config.data)
    features = build_features(pair, config.modalities, config.features)
    present = torch.from_numpy(presence(pair, features, config.modalities))
    links = torch.from_numpy(split_links(pair.links, seed_ratio=0.5, validation_share=0, seed=0).seed_links)[:27]
    tensors = {}
    with together(torch.device("cpu")) as processes:
        for sampling in ("never", "always"):
            config, _ = run_config("published", setting | {"train.sampling": sampling})
            torch.manual_seed(0)
            model = PMFModel(config, Adjacency.from_pair(pair), features, present, processes)
            model.rejected = torch.stack([links[:9, 0], links[:9, 1].roll(1)], dim=1)
            # shifted, so that some reach out of the batch
            model.rejected[:, 1] = (model.rejected[:, 1] - pair.n_source + 40) % 64 + pair.n_source
            state = FreezingState.initial(present)
            frozen = state.frozen_at.clone()
            frozen[3, ::5] = torch.where(frozen[3, ::5] == -1, 4, frozen[3, ::5]).to(frozen.dtype)
            state = FreezingState(frozen, torch.where(frozen == -1, state.weight, 0.0))
            for name in ("cross_graph", "cross_modality"):
                model.draw_neighbours(torch.Generator().manual_seed(1))
                model.zero_grad(set_to_none=True)
                loss, _ = getattr(model, name)(links, state)
                loss.backward()
                model.add_gradients()
                tensors[f"{sampling}.{name}.loss"] = loss.detach()
                for parameter, value in model.named_parameters():
                    if value.grad is not None:
                        tensors[f"{sampling}.{name}.{parameter}"] = value.grad.to_dense().contiguous().clone()
        save_file(tensors, f"{out}.{processes.rank}")


def write_relevance(out: Path) -> None:
    """Relevance, and how many rows were compared for it, in `out` and the rank."""
    compared, products = [], similarity.products
    similarity.products = lambda rows, keys: compared.append(len(rows)) or products(rows, keys)  # type: ignore[func-returns-value]
    torch.manual_seed(0)
    n_source, n, linked = 6000, 13000, torch.arange(3000)
    embeddings = torch.nn.functional.normalize(torch.randn(2, n, 24), dim=2)
    present = torch.rand(2, n) > 0.1
    links = torch.stack([linked, linked + n_source], dim=1).numpy()
    split = LinkSplit(seed_links=links[:900], val_links=links[900:1000], test_links=links[1000:])
    with together(torch.device("cpu")) as processes:
        tensors = {}
        for candidates in ("all", "linked"):
            setting = FreezingConfig(candidates=candidates, seed_relevance="candidates")
            search = EvaluationConfig(memory_mb=16)
            meter = RelevanceMeter(setting, search, split, present, n_source, processes)
            tensors[candidates] = meter(embeddings)
            tensors[f"{candidates}.rows"] = torch.tensor(compared)
            compared.clear()
        save_file(tensors, f"{out}.{processes.rank}")
