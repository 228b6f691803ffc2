"""What this machine is, and the most it is seen to reach: products a second, bytes a second."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from pmf.benchmarks.flops import FLOAT, Operations, similarities
from pmf.benchmarks.request import Request
from pmf.benchmarks.stopwatch import Measurement, Stopwatch
from pmf.training.loop.device import resolve_device

COPIED = 256 * 2**20
"""Bytes of each tensor that measures bandwidth; more than any cache holds."""

SHAPES = {  # rows, inner, columns, on data of DBP15K's size
    "contrast": (512, 300, 7000),
    "contrast gradient": (512, 7000, 300),
    "evaluation": (512, 900, 10500),
}
SQUARE = {"cpu": 2048, "cuda": 8192}
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """The best speeds measured.

    Args:
        products: shape → number type → FLOP/s of a matrix product.
        moves: how → bytes/s, read and written ones together. A copy alone may be the slower way: each line that it
            writes is read first.
    """

    products: dict[str, dict[str, float]]
    moves: dict[str, float]

    @property
    def bandwidth(self) -> float:
        """The fastest move, bytes/s."""
        return max(self.moves.values())

    def flops(self, dtype: str) -> float:
        """The fastest product of any shape, FLOP/s."""
        return max(speeds[dtype] for speeds in self.products.values())

    def peaks(self, dtype: str) -> dict[str, float]:
        """What shares are shares of, ready for JSON."""
        return {"flop_per_second": self.flops(dtype), "bytes_per_second": self.bandwidth}

    def rate(self, measured: Measurement, dtype: str) -> dict[str, Any]:
        """A measurement with its share of the ceilings, ready for JSON.

        Args:
            measured: its fastest run counts.
            dtype: number type of the large products, whose ceiling it is held against.

        Returns:
            part, seconds, flop, bytes, peak_memory_bytes; `share`: the larger of the shares of the compute and of the
            bandwidth ceiling; `bound`: which of the two that is.
        """
        values: dict[str, Any] = asdict(measured)
        operations: dict[str, int] = values.pop("operations")
        shares = {
            "compute": measured.operations.flop / measured.seconds_min / self.flops(dtype),
            "bandwidth": measured.operations.bytes / measured.seconds_min / self.bandwidth,
        }
        bound = max(shares, key=lambda name: shares[name])
        return values | operations | {"share": shares[bound], "bound": bound}


def measure_ceilings(device: torch.device, repeat: int) -> Ceilings:
    """Matrix products at the sizes that training and evaluation use and at one large one, and large moves of memory.

    Call it after everything else: it takes memory that would count as the others' peak.
    """
    torch.set_float32_matmul_precision("highest")
    watch = Stopwatch(device, repeat)
    size = SQUARE[device.type]
    products: dict[str, dict[str, float]] = {}
    for name, (rows, inner, columns) in {**SHAPES, "square": (size, size, size)}.items():
        operations = similarities(s=rows, t=columns, d=inner)
        products[f"{name} {rows} × {inner} × {columns}"] = {
            dtype: operations.flop / _product_seconds(watch, rows, inner, columns, kind)
            for dtype, kind in DTYPES.items()
        }
    source = torch.ones(COPIED // FLOAT, device=device)
    target = torch.ones_like(source)
    ways = {"copy": lambda _: target.copy_(source), "scale in place": lambda _: target.mul_(1.0001)}
    moves = {name: 2 * COPIED / watch(name, Operations(0, 2 * COPIED), run).seconds_min for name, run in ways.items()}
    return Ceilings(products=products, moves=moves)


def _product_seconds(watch: Stopwatch, rows: int, inner: int, columns: int, dtype: torch.dtype) -> float:
    if watch.device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        dtype = torch.float32  # which such a processor multiplies in, whatever `train.precision` says
    left = torch.randn(rows, inner, device=watch.device).to(dtype)
    right = torch.randn(inner, columns, device=watch.device).to(dtype)
    return watch("product", Operations(0, 0), lambda _: left @ right).seconds_min


def machine_section(request: Request) -> dict[str, Any]:
    """What this machine is and reaches, ready for JSON."""
    device = resolve_device(request.config().device)
    ceilings = measure_ceilings(device, request.repeat)
    return device_section(request) | {"ceilings": asdict(ceilings)}


def device_section(request: Request) -> dict[str, Any]:
    """What this machine is, ready for JSON; nothing is measured.

    Raises:
        ConfigError: the device that is asked for is not there.
    """
    device = resolve_device(request.config().device)
    return {
        "cpu": _cpu_name(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": device.type,
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def _cpu_name() -> str:
    """Its model where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
