"""What rules can find before anything is learned: in turn with the labels that seeds spread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from pmf.arrays import Ids
from pmf.distributed import ALONE, Processes
from pmf.freezing.fusion import block_weights, fuse
from pmf.freezing.held_out import HeldOut
from pmf.freezing.state import FreezingState
from pmf.training.links.rules import RuleLinks
from pmf.training.loop.reliability import fit_reliability


def open_with_rules(
    rules: RuleLinks,
    spread: Callable[[Ids], Tensor],
    held_out: HeldOut,
    state: FreezingState,
    processes: Processes = ALONE,
) -> dict[str, float]:
    """Look for links by rules, spread their labels, look again with what these say, and let validation links judge.

    Args:
        rules: get links, or lose all trust.
        spread: labels `[m, n, p]` from links.
        held_out: validation links and candidates.
        state: what is missing.
        processes: the processes that train together.

    Returns:
        What the last look and the judgement say, see `RuleLinks`.

    Source: expectation and maximisation in turn, after NeuSymEA (Chen et al., NeurIPS 2025); here without training.
    """
    config = rules.config
    doubt = rules.doubt()
    held_out.wrong_share = rules.doubted_share  # validation links are drawn as seeds are
    report = rules.look(None, processes)
    if rules.asks:
        labels = spread(np.concatenate([rules.seeds, rules.links])).to(state.weight.device)
        factor = processes.first(fit_reliability(held_out, held_out.cosines(labels), state, config))
        weight = block_weights(state, config.freezing.fusion_weight, "cosine", factor)
        report = rules.look(fuse(labels, weight), processes)
    return report | doubt | {"trusted": rules.judge(int(report["right"]), int(report["judged"]))}
