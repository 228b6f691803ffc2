"""Processes that train together, and what the tests have each of them work out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.sparse import csr_array

from pmf.alignment.matching import DECODERS
from pmf.alignment.search import index, similarity, sketch, tiles
from pmf.alignment.search.approximate import NearSimilarities
from pmf.alignment.search.similarity import Ranking, Similarities
from pmf.arrays import Ids
from pmf.benchmarks.search import planted_pairs
from pmf.config.config import Config
from pmf.config.evaluation import EvaluationConfig
from pmf.config.model import FreezingConfig
from pmf.data.readers import read_graph_pair
from pmf.data.split import LinkSplit, split_links
from pmf.distributed import together
from pmf.features.feature_set import Feature, build_features, presence
from pmf.freezing.held_out import HeldOut
from pmf.freezing.relevance import RelevanceMeter
from pmf.freezing.state import FreezingState
from pmf.logic.equality import Grounds, Likely
from pmf.model import propagation
from pmf.model.believed import believed_rows
from pmf.model.graph import Adjacency
from pmf.model.pmf import PMFModel
from pmf.model.propagation import SeedPropagation
from pmf.model.relation_edges import RelationEdges
from pmf.training.loop import believing
from pmf.training.run import train
from pmf.training.start import run_config
from tests.apps import free_port
from tests.commands import PROCESSES
from tests.conftest import TINY_SETTINGS


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


SMALL_BLOCKS = 2
"""Rows of a block, so that there is something to deal out of a small data set."""

DECODED = EvaluationConfig(top_k=5, sinkhorn_iterations=3)


def write_scores(out: Path) -> None:
    """What all decodings make of scores that are kept, and that are not; and the rows multiplied; some are equal."""
    source, target, truth = _alike()
    multiplied: list[int] = []
    whole = similarity.products
    similarity.products = lambda rows, keys: multiplied.append(len(rows)) or whole(rows, keys)  # type: ignore[func-returns-value]
    tensors = {}
    with together(torch.device("cpu")) as processes:
        for memory, (name, decoder) in itertools.product((32, 4), DECODERS.items()):
            plain = Similarities(source, target, memory * 2**20, processes)
            scores = decoder.score(plain, DECODED)
            found = {"offset": scores.row_offset, "other": scores.col_offset}
            if decoder.decide:
                found["partner"] = decoder.decide(scores, DECODED)
            for side, ranking in enumerate(scores.rank(truth, DECODED.top_k)):
                found |= {f"{part}.{side}": getattr(ranking, part) for part in Ranking.__slots__}
            tensors |= {f"{memory}.{name}.{part}": value.clone() for part, value in found.items()}
            tensors[f"rows {memory} {name}"] = torch.tensor(sum(multiplied))
            multiplied.clear()
        save_file(tensors, f"{out}.{processes.rank}")


def write_nearest(out: Path) -> None:
    """What tiles, with and without a sketch, and what an index finds; and the rows that it is looked for from."""
    source, target, truth = _alike()
    tiles._TILE = 256
    looked: list[int] = []
    take, shortlist = tiles._Shortlists.take, index._Index._shortlist

    def counted_take(self: tiles._Shortlists, queries: slice, first: int, tile: torch.Tensor, dim: int) -> None:
        looked.append(queries.stop - queries.start)
        take(self, queries, first, tile, dim)

    def counted_shortlist(self: index._Index, queries: torch.Tensor, length: int, k: int) -> object:
        if k > 10:  # with fewer a sample of queries chooses how far is looked, in every process
            looked.append(len(queries))
        return shortlist(self, queries, length, k)

    tiles._Shortlists.take, index._Index._shortlist = counted_take, counted_shortlist  # type: ignore[assignment,method-assign]
    tensors = {}
    with together(torch.device("cpu")) as processes:
        for name, pairs in (("tiles", 10**9), ("sketch", 10**9), ("index", 0)):
            sketch.FEW = 0 if name == "sketch" else 10**9
            config = EvaluationConfig(exact_pairs=0, index_pairs=pairs, memory_mb=8)
            scores = NearSimilarities(source, target, config, processes).csls(3, 2)
            found = {"mutual": DECODERS["mutual"].decide(scores, config)}  # type: ignore[misc]
            for side, ranking in enumerate(scores.rank(truth, 5)):
                found |= {f"{part}.{side}": getattr(ranking, part) for part in Ranking.__slots__}
            found |= {f"count.{i}": counts for i, counts in enumerate(itertools.chain(*scores.count(truth)))}
            found["recall"] = torch.tensor(list(scores.recall(5).values()))
            tensors |= {f"{name}.{part}": value.clone() for part, value in found.items()}
            tensors[f"rows {name}"] = torch.tensor(sum(looked))
            looked.clear()
        save_file(tensors, f"{out}.{processes.rank}")


def _alike() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """2,700 sources and 2,600 targets, some of them the same as others and some empty, and the truth."""
    source, target = planted_pairs(2700, 24, seed=4)
    target = target[:2600]
    source[100:200], target[50:90], target[2000:2040] = source[1300:1400], target[2500:2540], target[50:90]
    source[7], target[2310] = 0, 0
    return source, target, torch.arange(2600)[:, None].repeat(1, 2)


def train_together(data: Path, folder: Path) -> None:
    """A whole training with rules, freezing and new links; beside the folder, how many rows this process compared."""
    setting = {**TINY_SETTINGS, "data": str(data), "train.project": "false", "train.iterative_epochs": "2"}
    config, _ = run_config("default", setting | {"train.collect_every": "1", "train.evaluate_every": "1"})
    compared: list[int] = []
    products = Similarities._products

    def counted(self: Similarities, rows: slice) -> torch.Tensor:
        compared.append(rows.stop - rows.start)
        return products(self, rows)

    Similarities._products = counted  # type: ignore[method-assign]
    similarity._CACHED_ROWS = SMALL_BLOCKS
    train(config, folder)
    folder.with_suffix(f".{os.environ['RANK']}").write_text(str(sum(compared)))


def write_labels(out: Path) -> None:
    """Labels of an odd width, spread with relations, without, and among fewer than each can have; and edges walked."""
    rng, half = np.random.default_rng(0), 200
    triples = np.stack([rng.integers(half, size=900), rng.integers(5, size=900), rng.integers(half, size=900)], axis=1)
    both = np.concatenate([triples, triples[50:] + np.array([half, 5, half])])
    edges, n = RelationEdges.from_triples(both, 2 * half + 1), 2 * half + 1
    ends = torch.from_numpy(np.stack([edges.row, edges.col]))
    holds = rng.random((n, 7)) < 0.2
    bags = {"attribute": Feature(csr_array(holds.astype(np.float32)), holds.any(axis=1))}
    linked = rng.permutation(half)[:70]
    links = np.stack([linked, linked + half], axis=1)
    walked: list[int] = []
    weights = propagation._edges

    def counted(row: Ids, col: Ids, rarity: propagation.Rows, mine: slice) -> csr_array:
        walked.append(len(row))
        return weights(row, col, rarity, mine)

    propagation._edges = counted
    tensors = {}
    with together(torch.device("cpu")) as processes:
        for name, graph, features, known in (
            ("relations", Adjacency.from_edges(ends, n, edges), bags, links),
            ("ends", Adjacency.from_edges(ends, n), {}, links),
            ("few", Adjacency.from_edges(torch.tensor([[0, 1], [1, 3]]), 4), {}, np.array([[0, 2], [1, 3]])),
        ):
            spread = SeedPropagation(graph, features, ["structure", *features], width=201, seed=0, processes=processes)
            tensors[name] = spread(known)
            assert tensors[name].any()
        tensors["rows"] = torch.tensor(sum(walked))
        save_file(tensors, f"{out}.{processes.rank}")


def write_shares(out: Path) -> None:
    """How much rules count, right and wrong ones, and each modality with them; and how often it is fitted."""
    n, width, setting = 400, 96, {"evaluation.reliability": "true"}
    every = np.stack([np.arange(n), np.arange(n, 2 * n)], axis=1)
    split = LinkSplit(seed_links=every[:40], val_links=every[40:160], test_links=every[160:])
    torch.manual_seed(0)
    shared, noise = torch.randn(n, width).repeat(2, 1), torch.tensor([4.0, 6.0])[:, None, None]
    embeddings = torch.nn.functional.normalize(shared + noise * torch.randn(2, 2 * n, width), dim=2)
    state = FreezingState.initial(torch.ones(2, 2 * n, dtype=torch.bool))
    config = Config(data="", modalities=("structure", "relation")).with_settings(setting)
    fitted: list[int] = []
    whole = believing.fit_reliability
    believing.fit_reliability = lambda *others: fitted.append(1) or whole(*others)  # type: ignore[func-returns-value]
    tensors = {}
    with together(torch.device("cpu")) as processes:
        for name, turned in (("right", 0), ("wrong", 7)):
            pairs = np.stack([every[40:, 0], np.roll(every[40:, 1], turned)], axis=1)
            likely = Likely(pairs, np.full(len(pairs), 0.8), Grounds)  # type: ignore[arg-type]
            rows = believed_rows(likely, split.seed_links, 2 * n, n, width, seed=1)
            held_out = HeldOut(split, n, 2 * n, seed=0)
            share, factor = believing.best_share(embeddings, rows, 0, held_out, state, config, processes)
            tensors |= {f"{name}.share": torch.tensor(share), f"{name}.factor": factor}
            tensors[f"rows {name}"] = torch.tensor(len(fitted))
            fitted.clear()
        save_file(tensors, f"{out}.{processes.rank}")
