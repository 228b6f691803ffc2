"""`pmf explain`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.data.notes import counted
from pmf.errors import ConfigError
from pmf.places import run_named
from pmf.progress import step

if TYPE_CHECKING:
    from pmf.alignment.explanation.reasons import PairReasons
    from pmf.alignment.explanation.records import Direction, Entity, Explanation, Feature
    from pmf.runs.reader import RunReader

LABEL = 48
REASONS = 8


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "explain", "why a pair has its score, and its rank without each modality", _run)
    parser.add_argument("folder", type=run_named, metavar="RUN")
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="source entity: URI, or number in the run")
    parser.add_argument("target", nargs="?", metavar="TARGET", help="target entity")
    parser.add_argument("--all", action="store_true", help="rank every test link instead, and store the table")
    parser.add_argument("--relations", action="store_true", help="which relations of the graphs agree, with examples")
    parser.add_argument("--links", action="store_true", help="which links may be wrong: rules find a likelier pair")
    parser.add_argument("--scope", choices=("closed", "open"), default="closed", help="candidates (closed)")


def _run(options: argparse.Namespace) -> None:
    from pmf.runs.reader import RunReader

    run = RunReader(options.folder)
    ways = options.all + options.relations + options.links + (options.source is not None)
    if ways != 1 or (options.source is not None and options.target is None):
        raise ConfigError("explain needs either a SOURCE and a TARGET entity, or --all, or --relations, or --links")
    if options.all:
        _explain_all(run, options)
    elif options.relations:
        _explain_relations(run, options)
    elif options.links:
        _explain_links(run, options)
    else:
        _explain_pair(run, options)


def _explain_all(run: RunReader, options: argparse.Namespace) -> None:
    from pmf.alignment.explanation.counterfactual import hits_at_1, write_counterfactuals
    from pmf.runs.layout import COUNTERFACTUALS

    table = write_counterfactuals(run, options.scope, options.progress)
    out, hits = run.folder / COUNTERFACTUALS, hits_at_1(table)
    if options.json:
        how = {"scope": options.scope, "decode": "similarity", "split": "test"}
        print(json.dumps({"out": str(out), "rows": len(table), **how, "hits@1": hits}))
        return
    for direction, by_name in hits.items():
        print(f"{direction.replace('_', ' ')}: Hits@1 {by_name['rank']:.3f} with all modalities")
        for modality in run.modalities:
            alone, without = by_name[f"alone_{modality}"], by_name[f"without_{modality}"]
            print(f"  {modality:<10} alone {alone:.3f}   all without it {without:.3f}")
    print(f"on test links, {options.scope} candidates, plain similarity; ranks of {len(table):,} queries in {out}")


def _explain_links(run: RunReader, options: argparse.Namespace) -> None:
    from pmf.alignment.explanation.doubtful_links import doubtful_links_of_run
    from pmf.runs.graphs import graphs_of

    graphs, problem = graphs_of(run)
    if graphs is None:
        raise ConfigError(f"links cannot be judged without the graphs: {problem}; put the data back as they were")
    links = run.links
    parts = dict(zip(zip(links["source"], links["target"], strict=True), links["split"], strict=True))
    rows = doubtful_links_of_run(run, graphs)
    if options.json:
        print(json.dumps([{**dataclasses.asdict(row), "split": parts[row.source, row.target]} for row in rows]))
        return
    for row in rows:
        link, rival = (
            " – ".join(_cut(graphs.labels[entity]) for entity in pair) for pair in ((row.source, row.target), row.rival)
        )
        print(f"{parts[row.source, row.target]:<10} {link}")
        print(f"{'':<11}likelier ({min(row.probability, 0.99):.2f}) is {rival}: {_visible(row.because)}")
        if row.against:
            print(f"{'':<11}against the link: {_visible(row.against)}")
    counts = Counter(parts[row.source, row.target] for row in rows)
    of_these = "".join(f", {count:,} {name}" for name, count in counts.items())
    print(f"{counted(len(rows), 'link')} may be wrong, by rules that start from the seed links{of_these}")


def _explain_relations(run: RunReader, options: argparse.Namespace) -> None:
    from pmf.alignment.explanation.reasons import RunReasons
    from pmf.alignment.explanation.relations import relation_alignments
    from pmf.runs.graphs import graphs_of

    graphs, problem = graphs_of(run)
    if graphs is None:
        raise ConfigError(f"relations cannot be compared without the graphs: {problem}; put the data back as they were")
    rows = relation_alignments(RunReasons(run, graphs))
    if options.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], allow_nan=False))
        return
    print(f"{'source ⊑ target':>15} {'target ⊑ source':>15} {'examples':>9}")
    for row in rows:
        turned = " (head and tail swapped)" if row.inverse else ""
        print(f"{row.forward:>15.2f} {row.backward:>15.2f} {row.examples:>9,.1f}  ", end="")
        print(f"{_cut(row.source)} – {_cut(row.target)}{turned}")
        for example in row.shown[:1]:
            source, target = (" → ".join(map(_cut, ends)) for ends in (example.source, example.target))
            print(f"{'':>44}e.g. {source} – {target}")
    print("as the rules learn it from the seed links, values and pairs that the run finds from both sides; ", end="")
    print(f"{len(rows):,} pairs of relations or attributes, 5 examples of each with --json")


def _explain_pair(run: RunReader, options: argparse.Namespace) -> None:
    from pmf.alignment.explanation.explainer import Explainer, entity_named
    from pmf.alignment.explanation.reasons import RunReasons
    from pmf.runs.graphs import graphs_of

    source = entity_named(run, options.source, source_side=True)
    target = entity_named(run, options.target, source_side=False)
    graphs, problem = graphs_of(run)
    with step("ranking the pair"):
        explanation = Explainer(run, options.scope).explain(source, target, graphs)
    reasons = None if graphs is None else RunReasons(run, graphs).about(source, target)
    if options.json:
        rules = None if reasons is None else dataclasses.asdict(reasons)
        print(json.dumps({**dataclasses.asdict(explanation), "rules": rules}, allow_nan=False))
        return
    _print_evidence(explanation)
    for name, direction in (
        ("source → target", explanation.source_to_target),
        ("target → source", explanation.target_to_source),
    ):
        _print_ranks(name, direction, explanation.scope)
    for alike in explanation.values or ():
        print(f"values: {_visible(alike.sentence)}")
    for pair in explanation.neighbours or ():
        print(f"neighbours matched by a {pair.known}: {_name(pair.source)} ↔ {_name(pair.target)}")
    if not explanation.neighbours:
        print("neighbours: none matched yet" if graphs else f"neighbours: unknown, {problem}")
    if reasons is not None:
        _print_reasons(reasons)


def _print_evidence(explanation: Explanation) -> None:
    print(f"{_name(explanation.source)} ↔ {_name(explanation.target)}")
    print(f"similarity {explanation.similarity:.3f}, the sum of the shares")
    print(f"\n{'modality':<10} {'share':>7} {'cosine':>7}  {'source feature':<36} target feature")
    for row in explanation.evidence:
        source, target = _feature(row.source), _feature(row.target)
        print(f"{row.modality:<10} {row.share:>7.3f} {row.cosine:>7.3f}  {source:<36} {target}")


def _print_ranks(name: str, direction: Direction, scope: str) -> None:
    """A block of columns for the candidate, and one for the truth where that is another entity."""
    titles = {"candidate": "candidate"}
    if direction.truth is not None:
        same = direction.truth == direction.candidate
        titles = {"truth": "candidate = truth"} if same else titles | {"truth": f"truth ({direction.truth})"}
    print(f"\n{name}: ranks among {direction.candidates:,} {scope} candidates by plain similarity, no CSLS")
    heads = [f"{title}: rank {getattr(direction.fused, who):,.10g}" for who, title in titles.items()]
    print(" " * 10 + "".join(f"   {head:<27}" for head in heads).rstrip())
    print(" " * 10 + f"   {'alone':>8} {'without':>9} {'thawed':>8}" * len(titles))
    for modality in direction.alone:
        kinds = [kind.get(modality) for kind in (direction.alone, direction.without, direction.thawed)]
        cells = [["–" if k is None else f"{getattr(k, who):,.10g}" for k in kinds] for who in titles]
        print(f"{modality:<10}" + "".join(f"   {a:>8} {b:>9} {c:>8}" for a, b, c in cells))
    if direction.outside:
        outside = ", ".join(map(str, direction.outside))
        print(f"not among the candidates, ranked as if it were: {outside}")


def _print_reasons(about: PairReasons) -> None:
    """What rules say for the pair and against it, the strongest first."""
    for heading, probability, reasons in (
        ("for it", about.probability, about.speak_for),
        ("against it", about.objection, about.speak_against),
    ):
        print(f"\nrules, {heading}: {f'probability {probability:.3f}' if reasons else 'nothing'}")
        for reason in reasons[:REASONS]:
            print(f"  {_visible(reason.sentence)}")
        if len(reasons) > REASONS:
            print(f"  and {len(reasons) - REASONS} weaker ones")


def _feature(feature: Feature) -> str:
    """Its state in a few words, e.g. "frozen in epoch 31, α 0.62, δ 0.75"."""
    if feature.epoch is None:
        return feature.state
    when = f"frozen in epoch {feature.epoch}" if feature.state == "frozen" else "active"
    values = [
        (sign, value) for sign, value in (("α", feature.relevance), ("δ", feature.threshold)) if value is not None
    ]
    return ", ".join([when, *(f"{sign} {value:.2f}" for sign, value in values)])


def _name(entity: Entity) -> str:
    """Label and number."""
    return f"{_cut(entity.label)} ({entity.id})"


def _cut(text: str) -> str:
    """A name that fits."""
    name = _visible(text)
    return name if len(name) <= LABEL else name[: LABEL - 1] + "…"


def _visible(text: str) -> str:
    """A text without the characters that a terminal would act on."""
    return "".join(c for c in text if c.isprintable())
