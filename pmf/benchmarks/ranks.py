"""The ranks section: one evaluation by one process with one thread, and shared out between two of them."""

from __future__ import annotations

import hashlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import torch
from torch import distributed

from pmf.alignment.evaluation.evaluate import figures
from pmf.alignment.search.approximate import compare
from pmf.benchmarks.request import Request
from pmf.benchmarks.search import planted_pairs
from pmf.distributed import together
from pmf.processes import answer, ask
from pmf.training.loop.memory import peak_memory_bytes

_QUERIES = 10_000
"""Of one graph that are looked for among all of the other: a sample, so that minutes do."""

_PROCESSES = 2

_MEASURED = ("seconds", "cpu_seconds", "peak_memory_bytes")


def ranks_row(request: Request) -> dict[str, Any]:
    """Evaluate drawn pairs by CSLS, alone and together over gloo on this machine's CPU, one thread a process.

    Returns:
        `entities` of both graphs, `queries` of the source among all of the target, `width`; `alone` and `together` with
        the `seconds` and the `cpu_seconds` of the fastest of `repeat` runs and `peak_memory_bytes`, each the most of
        any process; `ratio` and `cpu_ratio` of these; whether figures, candidates and scores are the `same` to the bit.
        Ready for JSON.

    Raises:
        PMFError: settings that cannot be used, or a process that ended early.
    """
    config, half = request.config(), request.size // 2
    alone, *parts = (part for processes in (1, _PROCESSES) for part in _all(request, processes))
    both = [{name: max(part[name] for part in some) for name in _MEASURED} for some in ([alone], parts)]
    return {
        "entities": 2 * half,
        "queries": min(_QUERIES, half),
        "width": config.model.width * len(config.modalities),
        "alone": both[0],
        "together": both[1],
        "ratio": both[0]["seconds"] / both[1]["seconds"],
        "cpu_ratio": both[0]["cpu_seconds"] / both[1]["cpu_seconds"],
        "same": all(part["found"] == alone["found"] for part in parts),
    }


def _all(request: Request, processes: int) -> list[dict[str, Any]]:
    """What so many processes say, which meet at a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(processes), **threads}

    def one(rank: int) -> dict[str, Any]:
        place = {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        return ask(__name__, asdict(request), "a process of ranks", variables=meeting | place)

    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(one, range(processes)))


def _evaluate(values: dict[str, Any]) -> dict[str, Any]:
    """The part of one process."""
    request = Request(**values)
    config = request.config()
    torch.set_num_threads(1)
    half, search, cpu = request.size // 2, config.evaluation, torch.device("cpu")
    source, target = planted_pairs(half, config.model.width * len(config.modalities), config.seed)
    source = source[:_QUERIES].clone()
    truth = torch.arange(len(source))[:, None].repeat(1, 2)
    took = []
    with together(cpu) as processes:
        for _ in range(request.repeat):
            if processes.world > 1:
                distributed.barrier()
            begun = time.perf_counter(), time.process_time()
            scores = compare(source, target, search, processes).csls(search.csls_k, search.csls_rounds)
            rankings = scores.rank(truth, search.top_k)
            found = figures(scores, None, truth, rankings)
            took.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    digest = hashlib.sha256(str(found).encode())
    for ranking in rankings:
        for part in (ranking.candidates, ranking.scores, ranking.greater, ranking.equal):
            digest.update(part.numpy().tobytes())
    return {**dict(zip(_MEASURED, (*min(took), peak_memory_bytes(cpu)), strict=True)), "found": digest.hexdigest()}


if __name__ == "__main__":
    answer(_evaluate)
