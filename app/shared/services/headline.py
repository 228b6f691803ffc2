"""A run's figures with all that a reader needs to know what they are figures of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.shared.services.run_view import RunView
from pmf.runs import layout

METRICS = {"hits@1": "Hits@1", "hits@10": "Hits@10", "mrr": "MRR", "mean_rank": "Mean rank"}
DIRECTIONS = {layout.SOURCE_TO_TARGET: "source → target", layout.TARGET_TO_SOURCE: "target → source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Metrics per direction, the sentence that says of what, and where in the run they were measured."""

    metrics: dict[str, dict[str, float]]
    scope: str
    final: bool


def headline(run: RunView) -> Headline | None:
    """Final results, or else the latest evaluation, or None before the first."""
    results = run.reader.results()
    if results:
        return Headline(metrics=_directions(results), scope=describe(run, results), final=True)
    for report in reversed(run.reports):
        for split, metrics in report.get("metrics", {}).items():
            said = {"split": split, "epoch": report["epoch"]}
            return Headline(metrics=_directions(metrics), scope=describe(run, said), final=False)
    return None


def describe(run: RunView, results: dict[str, Any]) -> str:
    """Split, candidates, decoding, selection and epoch of some results, as one sentence."""
    evaluation = run.reader.config["config"]["evaluation"]
    scope = results.get("scope", run.reader.config.get("scope", evaluation["scope"]))
    candidates = "closed candidates (linked entities outside the seeds)" if scope == "closed" else "open candidates"
    selection = results.get("selection", run.reader.config.get("selection", "last"))
    selected = {
        "last": "state of the last epoch",
        "validation": "epoch chosen on validation links",
        "test": "epoch chosen on the test links, so flattering: only for comparison with published tables",
    }.get(selection, selection)
    parts = [f"{results.get('split', 'test').capitalize()} links", candidates, f"ranked by {decoding(run, results)}"]
    parts.append(selected if results.get("at") else f"after epoch {results.get('epoch')}")
    if search := results.get("search"):
        found = min(search["recall"].values())
        parts.append(f"of {search['ranked_links']:,} links drawn from {search['links']:,}")
        parts.append(f"candidates from a search that finds {found:.1%} of the {search['k']} best")
    return ", ".join(parts) + f"; seed {run.reader.config.get('seed', '?')}."


def decoding(run: RunView, results: dict[str, Any]) -> str:
    """How candidates were ranked, e.g. "CSLS (k = 3, applied twice)"."""
    evaluation = run.reader.config["config"]["evaluation"]
    name = str(results.get("decode", f"csls(k={evaluation['csls_k']}, rounds={evaluation['csls_rounds']})"))
    times = {"1": "once", "2": "twice"}
    return re.sub(
        r"csls\(k=(\d+), rounds=(\d+)\)",
        lambda m: f"CSLS (k = {m[1]}, applied {times.get(m[2], f'{m[2]} times')})",
        name,
    )


def stages(run: RunView) -> pd.DataFrame:
    """Stage 1 against the end: one row per stage and direction, with every metric; empty without both."""
    found = {at: run.reader.results(at) for at in ("stage 1", "end")}
    if not all(found.values()):
        return pd.DataFrame()
    return pd.DataFrame(
        {"State": at, "Direction": DIRECTIONS[direction]}
        | {METRICS[name]: value for name, value in metrics.items() if name in METRICS}
        for at, results in found.items()
        for direction, metrics in _directions(results or {}).items()
    )


def coverage(run: RunView) -> pd.DataFrame:
    """Share of entities whose feature is in use, frozen or missing: `modality, side, in use, frozen, missing`."""
    if run.frozen_at is None:
        return pd.DataFrame(columns=["modality", "side", "in use", "frozen", "missing"])
    sides = {"source": slice(0, run.n_source), "target": slice(run.n_source, run.n)}
    return pd.DataFrame(
        {
            "modality": modality,
            "side": side,
            "in use": float((row[part] == layout.NEVER_FROZEN).mean()),
            "frozen": float((row[part] >= 0).mean()),
            "missing": float((row[part] == layout.MISSING).mean()),
        }
        for modality, row in zip(run.modalities, run.frozen_at, strict=True)
        for side, part in sides.items()
    )


def alone(run: RunView) -> pd.DataFrame:
    """Hits@1 on test links per modality alone and of all fused: `name, direction, hits`; empty until measured."""
    results = run.reader.results() or {}
    found = {**results.get("single_modality", {}), "fused": results} if results.get("single_modality") else {}
    rows = [
        {"name": name, "direction": direction, "hits": metrics["hits@1"]}
        for name, by_direction in found.items()
        for direction, metrics in _directions(by_direction).items()
    ]
    return pd.DataFrame(rows, columns=["name", "direction", "hits"])


def counted(run: RunView) -> str:
    """How much each modality counts in the fused similarity, in a sentence; "" where all count alike."""
    factors = (run.reader.results() or {}).get("reliability", {})
    if len(set(factors.values())) < 2:
        return ""
    said = ", ".join(f"{modality} {factor:.2f}" for modality, factor in sorted(factors.items(), key=lambda f: -f[1]))
    return f"Factor of each modality in the fused similarity, learned from validation links: {said}."


def curve(run: RunView) -> pd.DataFrame:
    """Hits@1 per evaluated epoch: `epoch, stage, split, direction, hits`."""
    rows = [
        {"epoch": r["epoch"], "stage": r.get("stage", 1), "split": split, "direction": direction, "hits": m["hits@1"]}
        for r in run.reports
        for split, metrics in r.get("metrics", {}).items()
        for direction, m in _directions(metrics).items()
    ]
    return pd.DataFrame(rows, columns=["epoch", "stage", "split", "direction", "hits"])


def _directions(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {direction: results[direction] for direction in layout.DIRECTIONS if direction in results}
