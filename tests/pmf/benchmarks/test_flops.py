"""The formulas against what PyTorch counts of the real computations, and against counts by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu, linear, normalize
from torch.utils.flop_counter import FlopCounterMode

from pmf.alignment.evaluation.evaluate import Candidates, evaluate
from pmf.alignment.search import approximate as near
from pmf.alignment.search import similarity
from pmf.alignment.search.similarity import Similarities
from pmf.benchmarks import flops, model_flops
from pmf.benchmarks.flops import Operations
from pmf.benchmarks.model_flops import ModelOperations
from pmf.benchmarks.setup import structure_of, trainer_of
from pmf.config.config import Config
from pmf.data.readers import read_graph_pair
from pmf.freezing.fusion import fuse
from pmf.model import contrast
from pmf.model.contrast import cross_graph_losses
from pmf.model.encoders import DiagonalAttention
from pmf.model.graph import Adjacency
from pmf.model.losses import cross_graph_loss
from pmf.training.loop.trainer import Trainer
from tests.conftest import TINY_SETTINGS


@pytest.fixture(autouse=True)
def by_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter sees what PyTorch multiplies, not what NumPy does."""
    monkeypatch.setattr(similarity, "products", lambda rows, keys: rows @ keys.T)


def counted(run: Callable[[], object]) -> int:
    """Operations of the dense matrix products that really happen; PyTorch counts no others."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@pytest.fixture
def trainer(tiny_data: Path) -> Trainer:
    config = Config(data=str(tiny_data)).with_settings(TINY_SETTINGS)
    return trainer_of(config, read_graph_pair(tiny_data))


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize(("block", "pairs"), [(512, 10 * 10), (4, 4 * 10 + 4 * 6 + 2 * 2)])
def test_losses_take_the_products_that_pytorch_counts(
    block: int, pairs: int, keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrast, "BLOCK", block)
    monkeypatch.setattr(contrast, "KEPT_BYTES", 4 * (3 + 1) * pairs - (not keeps))
    k, b, d = 3, 5, 4
    rows = normalize(torch.randn(k, 2 * b, d), dim=-1).requires_grad_()
    ones = torch.ones(k + 1, 2 * b)
    forward, backward = flops.losses_forward(k=k, b=b, d=d), flops.losses_backward(k=k, b=b, d=d)
    plain = counted(lambda: [cross_graph_loss(table, ones[0], 0.05) for table in rows])
    assert plain == 3 * 10 * 10 * (2 * 4)
    assert counted(lambda: cross_graph_losses(rows, ones[:k], ones, 0.05)) == forward.flop
    losses = cross_graph_losses(rows, ones[:k], ones, 0.05).sum()
    assert counted(losses.backward) == backward.flop
    assert forward.flop == 3 * pairs * (2 * 4)
    assert backward.flop == plain + (0 if keeps else forward.flop)
    assert forward.bytes == rows.nbytes
    assert backward.bytes == 2 * rows.nbytes + (2 * 4 * (k + 1) * pairs if keeps else 0)


def dense_layer(layer: DiagonalAttention, x: Tensor) -> Tensor:
    """The layer on a graph in which all are neighbours of all, by full matrices."""
    vectors = (layer.weight[:, None] * layer.attention).flatten(0, 1)
    looks = (x @ vectors.T).T
    heads = [
        weight * ((-leaky_relu(looks[2 * h][:, None] + looks[2 * h + 1], 0.2)).softmax(1) @ x)
        for h, weight in enumerate(layer.weight)
    ]
    return sum(heads, start=torch.zeros_like(x)) / len(heads)


def test_attention_over_all_edges_takes_what_full_matrices_take() -> None:
    n, d, heads = 6, 3, 2
    everybody = Adjacency.from_edges(torch.cartesian_prod(torch.arange(n), torch.arange(n)).T, n)
    layer, x = DiagonalAttention(d, heads), torch.randn(n, d, requires_grad=True)
    torch.testing.assert_close(dense_layer(layer, x), layer(x, everybody))
    sizes = {"i": n, "o": n, "e": len(everybody.col), "d": d, "heads": heads}
    assert sizes["e"] == n * n
    # what is no product: the head's weight and the sum, 2 a value; their gradients, 3 a value
    passes = heads * n * d
    forward, backward = flops.attention_forward(**sizes), flops.attention_backward(**sizes)
    assert counted(lambda: dense_layer(layer, x)) == forward.flop - 2 * passes
    assert counted(dense_layer(layer, x).sum().backward) == backward.flop - 3 * passes
    assert forward.bytes == 2 * x.nbytes + everybody.col.nbytes
    assert backward.bytes == 3 * x.nbytes + everybody.col.nbytes + everybody.reverse.nbytes


def test_a_sparse_layer_that_is_full_takes_what_a_dense_one_takes() -> None:
    r, w, d = 5, 3, 4
    inputs, table = torch.randn(r, w), torch.randn(d, w, requires_grad=True)
    assert counted(lambda: linear(inputs, table)) == flops.dense_linear(r=r, w=w, d=d).flop
    assert flops.sparse_forward(entries=r * w, r=r, w=w, d=d).flop == flops.dense_linear(r=r, w=w, d=d).flop
    product = linear(inputs, table).sum()
    assert counted(product.backward) == flops.sparse_backward(entries=r * w, r=r, w=w, d=d).flop
    # 15 entries of 12 bytes; a table of 3 × 4 and rows of 5 × 4 numbers
    assert flops.sparse_forward(entries=15, r=5, w=3, d=4).bytes == 15 * 12 + 4 * (12 + 20)
    # two entries need two rows of the table at most, and their gradient still fills all of it
    assert flops.sparse_forward(entries=2, r=5, w=3, d=4).bytes == 2 * 12 + 4 * (8 + 20)
    assert flops.sparse_backward(entries=2, r=5, w=3, d=4).bytes == 2 * 12 + 4 * (20 + 12)


def test_the_optimizer_by_hand() -> None:
    # per parameter: square and add for the norm, scale; p ← p·c; m ← am + bg; v ← av + bg²;
    # step = m / (√v · c + ε) · r; p ← p - step
    flop = 3 + 1 + 3 + 4 + 3 + 3
    # read g, read g, write g; read p, g, m, v; write p, m, v
    assert flops.optimizer(parameters=10) == Operations(10 * flop, 10 * 4 * 10)


@pytest.mark.parametrize(("kept", "products"), [(True, 1), (False, 4)])
def test_ranking_computes_kept_similarities_once(kept: bool, products: int) -> None:
    s, t, d = 6, 5, 4
    source, target, truth = torch.randn(s, d), torch.randn(t, d), torch.arange(5)[:, None].expand(5, 2)
    needed = flops.ranking(s=s, t=t, d=d, passes=4, kept=kept)
    memory = 4 * s * t if kept else 0
    assert counted(lambda: Similarities(source, target, memory).csls(3, 2).rank(truth, 0)) == needed.flop
    assert needed.flop == products * 2 * 6 * 5 * 4
    assert needed.bytes == (4 * (24 + 20 + 5 * 30) if kept else 4 * 4 * (24 + 20))


def test_search_takes_one_product() -> None:
    source, target = torch.randn(6, 4), torch.randn(5, 4)
    nobody = torch.empty(0, 2, dtype=torch.int64)
    needed = flops.similarities(s=6, t=5, d=4)
    assert counted(lambda: Similarities(source, target, 0).rank(nobody, 3)) == needed.flop
    assert needed.bytes == source.nbytes + target.nbytes


def test_a_step_takes_what_its_parts_take(trainer: Trainer) -> None:
    parts, model = ModelOperations(trainer), trainer.model
    links = torch.from_numpy(trainer.seeds)
    rows, n, d = links.T.flatten(), 128, 16
    graph = structure_of(trainer)
    bags = [model.encoders[name] for name in ("relation", "attribute")]
    entries = sum(int(bag.row_start[i + 1] - bag.row_start[i]) for bag in bags for i in rows)
    image = model.encoders["image"].inputs.shape[1]
    looks, dense = 2 * (2 * n * d * 4), 2 * len(rows) * image * d  # of two layers with two heads
    sparse = 2 * 2 * (2 * len(graph.col) * d)
    passes = 2 * 2 * n * d

    # what PyTorch counts of a step, and what it cannot see: sparse products and passes over rows
    forward = counted(lambda: model.cross_graph(links, trainer.state))
    assert forward == parts.losses(len(links))[0].flop + looks + dense
    assert parts.structure(rows)[0].flop == looks + sparse + 2 * passes
    assert parts.features(rows)[0].flop == 2 * entries * d + dense
    loss = model.cross_graph(links, trainer.state)[0]
    backward = counted(loss.backward)
    assert backward == parts.losses(len(links))[1].flop + 2 * looks + dense
    assert parts.structure(rows)[1].flop == 2 * looks + 2 * sparse + 3 * passes
    assert parts.features(rows)[1].flop == 2 * entries * d + dense
    unseen = (sparse + 2 * passes) + (2 * sparse + 3 * passes) + 2 * (2 * entries * d) + parts.optimizer(rows).flop
    assert parts.step(links).flop == forward + backward + unseen


def test_drawn_neighbours_take_what_their_blocks_take(tiny_data: Path) -> None:
    settings = TINY_SETTINGS | {"train.sampling": "always", "train.fanout": "2"}
    trainer = trainer_of(Config(data=str(tiny_data)).with_settings(settings), read_graph_pair(tiny_data))
    parts, model, rows = ModelOperations(trainer), trainer.model, torch.from_numpy(trainer.seeds[:4]).T.flatten()
    graph, d = structure_of(trainer), 16
    inner, outer = graph.graphs(rows.unique())
    assert len(outer) == 8
    assert len(inner) == outer.n_inputs < inner.n_inputs < 128
    looks = sum(2 * block.n_inputs * d * 4 for block in (inner, outer))
    assert counted(lambda: graph(rows)) == looks
    assert counted(graph(rows).sum().backward) == 2 * looks
    sparse = 2 * 2 * d * (len(inner.col) + len(outer.col))
    passes = 2 * d * (len(inner) + len(outer))
    assert parts.structure(rows)[0].flop == looks + sparse + 2 * passes
    assert parts.structure(rows)[1].flop == 2 * looks + 2 * sparse + 3 * passes
    untouched = 128 - inner.n_inputs
    everything = sum(p.numel() for p in model.parameters())
    assert parts.optimizer(rows) == flops.optimizer(parameters=everything - untouched * d)
    # whatever is drawn for a batch, all entities are embedded by all their neighbours
    whole = trainer_of(Config(data=str(tiny_data)).with_settings(TINY_SETTINGS), read_graph_pair(tiny_data))
    assert parts.embedding() == ModelOperations(whole).embedding()


def test_an_epoch_takes_its_batches(tiny_data: Path) -> None:
    config = Config(data=str(tiny_data)).with_settings(TINY_SETTINGS | {"train.batch_size": "12"})
    trainer = trainer_of(config, read_graph_pair(tiny_data))
    parts, links = ModelOperations(trainer), torch.from_numpy(trainer.seeds)
    assert len(links) == 16
    assert parts.epoch() == parts.step(links[:12]) + parts.step(links[12:])


@pytest.mark.parametrize("candidates", ["all", "linked"])
def test_relevance_and_embedding_take_what_pytorch_counts(tiny_data: Path, candidates: str) -> None:
    settings = TINY_SETTINGS | {"freezing.candidates": candidates}
    trainer = trainer_of(Config(data=str(tiny_data)).with_settings(settings), read_graph_pair(tiny_data))
    parts, embeddings = ModelOperations(trainer), trainer.model.embed_all()
    assert counted(lambda: trainer.meter(embeddings)) == parts.relevance(embeddings.shape[-1]).flop
    everyone = torch.arange(128)
    assert parts.embedding() == parts.structure(everyone)[0] + parts.features(everyone)[0]


@pytest.mark.parametrize("memory", [0, 640 * 2**20])
def test_evaluation_takes_what_pytorch_counts(trainer: Trainer, monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    for module in (model_flops, near):
        monkeypatch.setattr(module, "memory_bytes", lambda config: memory)
    fused = fuse(trainer.model.embed_all(), trainer.weight())
    pool = Candidates.test(trainer.split, "closed", trainer.n_source, len(fused))
    needed = ModelOperations(trainer).evaluation(pool, fused.shape[1])
    assert counted(lambda: evaluate(fused, pool, trainer.config.evaluation)) == needed.flop
