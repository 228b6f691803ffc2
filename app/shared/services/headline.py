"""A run's figures with all that a reader needs to know what they are figures of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.shared.services.run_view import NOT_RANKED, RIGHT, RunView
from pmf.runs import layout

METRICS = {"hits@1": "Hits@1", "hits@10": "Hits@10", "mrr": "MRR", "mean_rank": "Mean rank"}
DIRECTIONS = {layout.SOURCE_TO_TARGET: "source → target", layout.TARGET_TO_SOURCE: "target → source"}


_DECODERS = {
    "cosine": "",
    "given": "",
    "csls": "CSLS",
    "mutual": "CSLS and mutual decision",
    "greedy": "CSLS and greedy decision",
    "hungarian": "CSLS and Hungarian decision",
    "sinkhorn": "Sinkhorn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Metrics per direction, the sentence that says of what, and where in the run they were measured."""

    metrics: dict[str, dict[str, float]]
    split: str
    scope: str
    final: bool


def headline(run: RunView) -> Headline | None:
    """Final results, or else the latest evaluation, or None before the first."""
    results = run.reader.results()
    if results:
        split = str(results.get("split", "test"))
        return Headline(metrics=_directions(results), split=split, scope=describe(run, results), final=True)
    for report in reversed(run.reports):
        for split, metrics in report.get("metrics", {}).items():
            where = {"split": split, "epoch": report["epoch"]}
            return Headline(metrics=_directions(metrics), split=split, scope=describe(run, where), final=False)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The one figure that a run is known by: Hits@1 from source to target, decoded as the run decodes.

    Args:
        value: in [0, 1].
        of: what it was measured on, in a few words.
        final: whether training has ended.
    """

    value: float
    of: str
    final: bool

    @property
    def text(self) -> str:
        """As every page writes it."""
        return f"Hits@1 {self.value:.1%}"


def figure(run: RunView) -> Figure | None:
    """The headline figure; None before the first evaluation."""
    figures = headline(run)
    value = figures.metrics.get(layout.SOURCE_TO_TARGET, {}).get("hits@1") if figures else None
    if figures is None or value is None:
        return None
    given = (run.reader.results() or {}).get("decode") == "given"
    ranked = decoder(run) or ("the scores that came" if given else "plain similarity")
    links = f"{figures.split} links{_of_new(run)}"
    of = f"{DIRECTIONS[layout.SOURCE_TO_TARGET]}, {links}, {run.scope} candidates, {ranked}"
    return Figure(value=value, of=of, final=figures.final)


def _of_new(run: RunView) -> str:
    """What an update's final figures are of, beside the links."""
    return " of new entities" if run.reader.facts.updated is not None else ""


def decoder(run: RunView) -> str:
    """What turns similarities into ranks in this run, e.g. "CSLS"; "" where similarity alone ranks."""
    results = run.reader.results() or {}
    name = str(results.get("decode") or run.reader.facts.settings["evaluation.decode"])
    return _DECODERS.get(re.split(r"\W", name)[0], name)


def ranked_alone(run: RunView, direction: str) -> str:
    """Hits@1 of the test queries ranked one by one, in a sentence; "" where that is the headline figure.

    Rules that match one to one change who is matched, not how candidates rank: pages that speak of ranks differ.
    """
    figures = headline(run)
    test = (run.outcome != NOT_RANKED) & (run.split == "test")
    test &= (np.arange(run.n) < run.n_source) == (direction == layout.SOURCE_TO_TARGET)
    decided = figures.metrics.get(direction, {}).get("hits@1") if figures and figures.final else None
    if decided is None or not test.any():
        return ""
    alone = float((run.outcome[test] == RIGHT).mean())
    if f"{alone:.1%}" == f"{decided:.1%}":
        return ""
    return (
        f"Here every query is ranked alone: Hits@1 is {alone:.1%} before the one-to-one decision, "
        f"and {decided:.1%} after it."
    )


def undecoded(run: RunView) -> str:
    """How figures by similarity alone differ from the headline figure: "by plain similarity, before CSLS"."""
    return f"by plain similarity, before {name}" if (name := decoder(run)) else "by plain similarity"


def describe(run: RunView, results: dict[str, Any]) -> str:
    """Split, candidates, decoding, selection and epoch of some results, as one sentence."""
    scope = results.get("scope", run.scope)
    candidates = "closed candidates (linked entities outside the seeds)" if scope == "closed" else "open candidates"
    selection = results.get("selection", run.reader.facts.selection)
    selected = {
        "last": "state of the last epoch",
        "validation": "epoch chosen on validation links",
        "test": "epoch chosen on the test links, so flattering: only for comparison with published tables",
    }.get(selection, selection)
    links = f"{results.get('split', 'test').capitalize()} links{_of_new(run) if results.get('at') else ''}"
    parts = [links, candidates, f"ranked by {decoding(run, results)}"]
    parts.append(selected if results.get("at") else f"after epoch {results.get('epoch')}")
    if search := results.get("search"):
        recall = min(search["recall"].values())
        parts.append(f"of {search['ranked_links']:,} links drawn from {search['links']:,}")
        parts.append(f"candidates from a search that finds {recall:.1%} of the {search['k']} best")
    return ", ".join(parts) + ("." if run.reader.facts.adopted else f"; seed {run.seed}.")


def decoding(run: RunView, results: dict[str, Any]) -> str:
    """How candidates were ranked, e.g. "CSLS (k = 3, applied twice)"."""
    settings = run.reader.facts.settings
    rounds = settings["evaluation.csls_rounds"]
    name = str(results.get("decode", f"csls(k={settings['evaluation.csls_k']}, rounds={rounds})"))
    if name == "given":
        return "the scores that came"
    adopted = run.reader.facts.adopted
    came = " of the scores that came" if adopted is not None and not adopted.embeddings else ""
    times = {"1": "once", "2": "twice"}
    return re.sub(
        r"csls\(k=(\d+), rounds=(\d+)\)",
        lambda m: f"CSLS (k = {m[1]}, applied {times.get(m[2], f'{m[2]} times')})",
        name + came,
    )


def stages(run: RunView) -> pd.DataFrame:
    """Stage 1 against the end: one row per stage and direction, with every metric; empty without both."""
    results_at = {at: run.reader.results(at) for at in ("stage 1", "end")}
    if not all(results_at.values()):
        return pd.DataFrame()
    return pd.DataFrame(
        {"State": at, "Direction": DIRECTIONS[direction]}
        | {METRICS[name]: value for name, value in metrics.items() if name in METRICS}
        for at, results in results_at.items()
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
    by_modality = {**results.get("single_modality", {}), "fused": results} if results.get("single_modality") else {}
    rows = [
        {"name": name, "direction": direction, "hits": metrics["hits@1"]}
        for name, by_direction in by_modality.items()
        for direction, metrics in _directions(by_direction).items()
    ]
    return pd.DataFrame(rows, columns=["name", "direction", "hits"])


def counted(run: RunView) -> str:
    """How much each modality, labels and rules count in the fused similarity; "" where nothing of that was fitted."""
    results = run.reader.results() or {}
    factors, share = results.get("reliability", {}), results.get("rules_share", 0.0)
    sentences = []
    if len(set(factors.values())) > 1:
        by_factor = sorted(factors.items(), key=lambda f: -f[1])
        listed = ", ".join(f"{modality} {factor:.2f}" for modality, factor in by_factor)
        sentences.append(f"Factor of each modality in the fused similarity, learned from validation links: {listed}.")
    labels = {modality: part for modality, part in results.get("label_share", {}).items() if part >= 0.005}
    if labels:
        listed = ", ".join(f"{modality} {part:.0%}" for modality, part in labels.items())
        nobody = "labels of the seeds, names and values as they are"
        sentences.append(f"Of a modality's similarity, what nobody learns ({nobody}): {listed}.")
    if share:
        sentences.append(f"Of structure's similarity, {share:.0%} is what rules think of the pair.")
    return " ".join(sentences)


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
