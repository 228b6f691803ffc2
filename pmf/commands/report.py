"""What commands print: figures with their scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pmf.runs.layout import DIRECTIONS

if TYPE_CHECKING:
    from pmf.audit.account import Account


def print_account(account: Account) -> None:
    """What a training uses, what not and why, on stdout at once."""
    print("what is used:")
    for line in account.lines:
        print(f"  {line}", flush=True)


def print_figures(results: Mapping[str, Any], account: Mapping[str, Any] | None = None) -> None:
    """Both directions, never without what they were measured on; the account says why a run is at chance."""
    from pmf.audit.chance import chance_in_words, is_at_chance  # here, not above: it imports scipy

    if not any(direction in results for direction in DIRECTIONS):
        print(
            "Hits@1 and the other figures are not measured: no links are left to test on. A share of the links is kept "
            "for that by --seed-ratio 0.3, where there are enough"
        )
        return
    for direction in DIRECTIONS:
        if direction not in results:  # of an update in which one graph has nothing new to test
            continue
        figures = results[direction]
        print(
            f"{direction.replace('_', ' '):<17} Hits@1 {figures['hits@1']:.3f}  Hits@10 {figures['hits@10']:.3f}  "
            f"MRR {figures['mrr']:.3f}  mean rank {figures['mean_rank']:.1f}"
        )
    ending = "" if results["seed"] is None else f"; epoch chosen by: {results['selection']}; seed {results['seed']}"
    ranked = "the scores that came" if results["decode"] == "given" else results["decode"]
    print(f"on {results['split']} links, {results['scope']} candidates, {ranked}{ending}")
    if is_at_chance(results):
        print(chance_in_words(results, account))
    if search := results.get("search"):
        print(
            f"through a search that finds {min(search['recall'].values()):.1%} of the {search['k']} best (of a sample, "
            f"the worse direction); figures are of {search['ranked_links']:,} of {search['links']:,} links"
        )


def print_alignment(results: dict[str, Any]) -> None:
    """The one-to-one decision, and how well the probabilities hold."""
    from pmf.alignment.confidence.calibration import FITTED_ON  # here, not above: it imports torch

    alignment, counterparts = results["alignment"], results["counterparts"]
    if alignment is None:
        return
    print(
        f"alignment ({alignment['rule']})  precision {alignment['precision']:.3f}  recall {alignment['recall']:.3f}  "
        f"F1 {alignment['f1']:.3f}  of {alignment['judged']:,} pairs judged, {alignment['predicted']:,} in all"
    )
    if counterparts is None:
        return
    for direction in DIRECTIONS:
        figures = counterparts[direction]
        right, dangling = figures["right"], figures["dangling"]
        print(
            f"{direction.replace('_', ' '):<17} best candidate right: Brier {right['brier']:.3f} "
            f"(base rate {right['base_rate_brier']:.3f})  no counterpart: precision {dangling['precision']:.3f}  "
            f"recall {dangling['recall']:.3f}  F1 {dangling['f1']:.3f}"
        )
    print(f"counterparts of half of the links withheld at random; fitted on {FITTED_ON[counterparts['calibrated_on']]}")
