"""`pmf bench`."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pmf.commands import add_command
from pmf.commands.report import print_figures
from pmf.commands.train import settings_of
from pmf.config.build import require
from pmf.errors import ConfigError, PMFError
from pmf.files import replace_file
from pmf.progress import silent
from pmf.runs.layout import DIRECTIONS

PARTS = ("machine", "epoch", "growth", "search")
JOURNEY = "journey"
ALONE = ("update", JOURNEY, "ranks", "memory")  # two train, one keeps two cores busy: nobody gets them unasked
BY_SIZE = ("growth", "search", "ranks")


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "bench", "how long each part takes, and what share of this machine it uses", _run)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--part",
        choices=(*PARTS, *ALONE),
        help="only this one; update: what updating a run saves and costs; journey: a whole training by its phases; "
        "ranks: what sharing an evaluation between two processes saves; memory: what a training step takes on a GPU, "
        "computed without one",
    )
    what.add_argument(
        "--gpu",
        action="store_true",
        help="instead, whether a GPU finds what the CPU finds, and how fast it is: within 8 minutes, or --seconds",
    )
    what.add_argument("--to-hits", type=float, metavar="H", help="instead, train until Hits@1 of validation links is H")
    parser.add_argument("--data", help="folder of a data set, not for sizes; drawn if none")
    parser.add_argument("--preset", help="published, paper or default (published; of a journey default)")
    parser.add_argument("--repeat", type=int, default=3, help="times that a part is measured (3)")
    parser.add_argument(
        "--sizes", default="10000,30000,100000", help="entities of both graphs, for growth, search, ranks; always drawn"
    )
    parser.add_argument("--seconds", type=float, help="for all sizes of growth, search or ranks (300), or --gpu (480)")
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="--gpu writes OUT.md and OUT.json (gpu)")
    parser.add_argument("--device", help="auto, cpu or cuda")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any setting")
    parser.set_defaults(modalities=None, seed_ratio=None, seed=None, iterative=False)


def _run(options: argparse.Namespace) -> None:
    from pmf.benchmarks.journey import journey
    from pmf.benchmarks.request import Request
    from pmf.benchmarks.suite import measure, measure_sizes

    sizes, usual = _sizes(options.sizes), 480 if options.gpu else 300
    seconds = usual if options.seconds is None else options.seconds
    require(0 < seconds <= 86_400, f"--seconds must be above 0 and at most a day, got {seconds}")
    if options.gpu:
        _gpu(options, seconds)
        return
    sections = ["to_hits"] if options.to_hits is not None else [options.part] if options.part else list(PARTS)
    request = Request(
        section=sections[0],
        preset=options.preset or ("default" if sections == [JOURNEY] else "published"),
        settings=settings_of(options),
        repeat=options.repeat,
        hits=1.0 if options.to_hits is None else options.to_hits,
    )
    if sections == [JOURNEY]:
        require("data" in request.settings, "say what to train on: --data FOLDER, or --data demo")
        results = {JOURNEY: journey(request, quiet=options.progress is silent)}
    else:
        request.config()  # bad settings are told before anything is measured
        results = {}
        for done, section in enumerate(sections):
            options.progress("sections", done, len(sections))
            part = replace(request, section=section)
            by_size = section in BY_SIZE
            results[section] = measure_sizes(part, sizes, seconds) if by_size else measure(part)
        options.progress("sections", len(sections), len(sections))
    if options.json:
        print(json.dumps(results, allow_nan=False))
        return
    for section, figures in results.items():
        _PRINTERS[section](figures)


def _gpu(options: argparse.Namespace, seconds: float) -> None:
    """Print each row as it is done; write them all.

    Raises:
        PMFError: something failed, or there is no GPU.
    """
    from pmf.benchmarks.gpu import GPUReport
    from pmf.benchmarks.request import Request

    settings = {"device": "cuda"} | settings_of(options)
    request = Request(section="gpu", preset=options.preset or "published", settings=settings, repeat=options.repeat)
    request.config()
    require(options.out.parent.is_dir(), f"--out needs a folder that is there, got {options.out}")
    report = GPUReport(request, seconds, quiet=options.progress is silent)
    for row in report.run():
        if not options.json:
            ending = f"FAILED: {row.problem}" if row.problem else row.result
            print(f"{row.what:<40}{row.seconds:>7.1f} s  {ending}", flush=True)
        text = json.dumps(report.figures(), allow_nan=False)
        for suffix, content in ((".md", report.markdown()), (".json", text)):  # after each: what is there is not lost
            path = options.out.with_name(options.out.name + suffix)
            replace_file(path, partial(Path.write_text, data=content, encoding="utf-8"))
    print(text if options.json else f"written: {options.out}.md, {options.out}.json")
    if failed := report.failed():
        raise PMFError(f"{len(failed)} of {len(report.rows)} failed, see {options.out}.md")


def _print_journey(figures: dict[str, Any]) -> None:
    print(
        f"JOURNEY  {figures['data']}: {figures['entities']:,} entities; {figures['preset']}, {figures['epochs']} epochs"
    )
    for row in figures["rows"]:
        print(f"  {row['phase']:<36}{row['seconds']:>10.1f} s{row['seconds'] / figures['seconds']:>8.1%}")
    print(f"  {'all':<36}{figures['seconds']:>10.1f} s;  peak {figures['peak_memory_bytes'] / 1e9:.2f} GB")
    print_figures(figures["results"])


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(size) for size in text.split(",")]
    except ValueError:
        raise ConfigError(f"--sizes needs whole numbers with commas between, got {text}") from None
    require(min(sizes) > 0, f"--sizes needs numbers above 0, got {text}")
    return sizes


def _print_machine(figures: dict[str, Any]) -> None:
    print(
        f"MACHINE  {figures['cpu']}, {figures['instructions']}, {figures['cores']} cores, {figures['threads']} threads"
    )
    print(f"torch {figures['torch']} on {figures['gpu'] or figures['device']}")
    for shape, speeds in figures["ceilings"]["products"].items():
        print(f"  {shape:<36}" + "  ".join(f"{dtype} {speed / 1e9:9,.1f} GFLOP/s" for dtype, speed in speeds.items()))
    for how, speed in figures["ceilings"]["moves"].items():
        print(f"  {how:<36}{speed / 1e9:.1f} GB/s")
    print()


def _print_epoch(figures: dict[str, Any]) -> None:
    print(f"EPOCH  {_described(figures)}; {_peaks(figures)}")
    print(f"  {'part':<36}{_HEAD}")
    for row in figures["rows"]:
        print(f"  {row['part']:<36}{_cells(row)}")
    print("  share: of the ceiling, by the fastest run; a cache can lift it above 100 %; peak: of the process so far\n")


def _print_growth(figures: dict[str, Any]) -> None:
    print("GROWTH  epoch of stage 1 without freezing, each size in its own process")
    print(f"  {'entities':>10}{'edges':>12}{'a step':>12}{'steps':>7}{'s/million':>11}{_HEAD}")
    for row in figures["rows"]:
        mode = "all" if row["fanout"] is None else f"fan-out {row['fanout']}"
        sizes = f"{row['entities']:>10,}{row['edges']:>12,}{mode:>12}{row['steps']:>7,}"
        print(f"  {sizes}{row['seconds_per_million']:>11.3f}{_cells(row)}")
    print("  a step: computes all entities, or a neighbourhood of its batch (train.sampling)")
    print("  s/million: fastest epoch over a million entities and edges; steps grow with the seed links")
    _print_end(figures)


def _print_search(figures: dict[str, Any]) -> None:
    print("SEARCH  best candidates of drawn pairs: exact, and by an index in both directions")
    print(f"  {'entities':>10}{'width':>7}{'k':>4}{'sources':>10}{_HEAD}{'recall':>8}")
    for row in figures["rows"]:
        sizes = f"{row['entities']:>10,}{row['width']:>7,}{row['k']:>4}"
        print(f"  {sizes}{row['queries']:>10,}{_cells(row)}   exact")
        if row["index"]:
            print(f"  {sizes}{row['entities'] // 2:>10,}{_index_cells(row['index'])}")
    print("  sources: how many searched among as many targets, a sample where they are fewer than half of the entities")
    print("  recall: share of the k exactly best that the index finds, of a sample of either side, the worse of both")
    _print_end(figures)


def _print_ranks(figures: dict[str, Any]) -> None:
    print("RANKS  one evaluation by CSLS, both directions: one process with one thread against two over gloo, one each")
    head = f"{'one, s':>10}{'two, s':>10}{'ratio':>7}{'of CPU':>10}{'of each':>10}{'ratio':>7}{'peak GB':>15}"
    print(f"  {'entities':>10}{'width':>7}{'queries':>9}{head}")
    for row in figures["rows"]:
        alone, together = row["alone"], row["together"]
        sizes = f"{row['entities']:>10,}{row['width']:>7,}{row['queries']:>9,}"
        peaks = " / ".join(f"{part['peak_memory_bytes'] / 1e9:.2f}" for part in (alone, together))
        same = "the same to the bit" if row["same"] else "NOT the same"
        times = "".join(
            f"{alone[name]:>10.2f}{together[name]:>10.2f}{row[ratio]:>7.2f}"
            for name, ratio in (("seconds", "ratio"), ("cpu_seconds", "cpu_ratio"))
        )
        print(f"  {sizes}{times}{peaks:>15}   {same}")
    print("  entities: of both graphs; queries: sources looked for among all targets, a sample where they are fewer")
    print("  than half of the entities; seconds need two idle cores, those of CPU time hardly feel other work")
    _print_end(figures)


def _print_memory(figures: dict[str, Any]) -> None:
    print(f"MEMORY  {_described(figures)}")
    kept, *steps = figures["bytes"].items()
    print(f"  {kept[1] / 1e9:.2f} GB are kept between steps")
    for objective, peak in steps:
        print(f"  {peak / 1e9:.2f} GB at most in a step of {objective}")
    print("  computed for a GPU, of whole batches; what kernels take for themselves comes on top\n")


def _print_to_hits(figures: dict[str, Any]) -> None:
    print(f"TO HITS  {_described(figures)}")
    end = "reached" if figures["reached"] else "not reached"
    print(
        f"  Hits@1 {figures['wanted']:.3f} of validation links {end}: "
        f"best {figures['best']:.3f}, {figures['epochs']} epochs"
    )
    print(f"  {figures['seconds']:.1f} s, {figures['train_seconds']:.1f} s without evaluating after each epoch")
    print(
        f"  {figures['setup_seconds']:.1f} s before for data and model; "
        f"peak {figures['peak_memory_bytes'] / 1e9:.2f} GB"
    )


def _print_update(figures: dict[str, Any]) -> None:
    print(
        f"UPDATE  {figures['data']}: {figures['new']:,} of {figures['entities']:,} entities held out, then new; "
        f"{figures['preset']}, {' + '.join(figures['modalities'])}, {figures['epochs']} epochs, "
        f"{figures['threads']} threads"
    )
    for name, words in (("first", "training without them"), ("update", "update"), ("full", "training on everything")):
        times = figures[name]
        hits = "  ".join(f"{times[way]['hits@1']:.3f}" for way in DIRECTIONS if way in times)
        print(f"  {words:<24}{times['seconds']:>9.1f} s{times['cpu_seconds']:>9.1f} s of CPU  {hits}")
    print(f"  the update takes {figures['share']:.1%} of the first training's time")
    print(
        f"  Hits@1 of new entities with a link, {figures['links']:,} queries, source to target and back, everybody a "
        f"candidate, {figures['scored_by']}"
    )


_PRINTERS = {
    "update": _print_update,
    JOURNEY: _print_journey,
    "machine": _print_machine,
    "epoch": _print_epoch,
    "growth": _print_growth,
    "search": _print_search,
    "to_hits": _print_to_hits,
    "ranks": _print_ranks,
    "memory": _print_memory,
}
_HEAD = f"{'min s':>10}{'median s':>10}{'GFLOP':>11}{'GB':>9}{'share':>8}  {'bound by':<10}{'peak GB':>8}"


def _cells(row: dict[str, Any]) -> str:
    """What every measured row has, under `_HEAD`."""
    seconds = f"{row['seconds_min']:>10.4f}{row['seconds_median']:>10.4f}"
    needs = f"{row['flop'] / 1e9:>11,.3f}{row['bytes'] / 1e9:>9.3f}"
    return f"{seconds}{needs}{row['share']:>8.1%}  {row['bound']:<10}{row['peak_memory_bytes'] / 1e9:>8.2f}"


def _index_cells(index: dict[str, Any]) -> str:
    """What an index took, under `_HEAD`; it saves the operations that would be counted."""
    seconds = f"{index['seconds_min']:>10.4f}{index['seconds_median']:>10.4f}"
    return f"{seconds}{'':>28}  {'':<10}{index['peak_memory_bytes'] / 1e9:>8.2f}{min(index['recall'].values()):>8.3f}"


def _described(figures: dict[str, Any]) -> str:
    return (
        f"{figures['data']}: {figures['entities']:,} entities, {figures['edges']:,} edges, "
        f"{figures['seed_links']:,} seed links; "
        f"{figures['preset']}, {' + '.join(figures['modalities'])}, width {figures['width']}, "
        f"batch {figures['batch_size']:,}, "
        f"{figures['precision']}; {figures['device']}, {figures['threads']} threads"
    )


def _peaks(figures: dict[str, Any]) -> str:
    ceilings = figures["ceilings"]
    return f"ceiling {ceilings['flop_per_second'] / 1e9:,.1f} GFLOP/s, {ceilings['bytes_per_second'] / 1e9:.1f} GB/s"


def _print_end(figures: dict[str, Any]) -> None:
    limit = f"limit {figures['limit_seconds']:g} s for all sizes"
    print(f"  {limit}; stopped at {figures['stopped']}\n" if figures["stopped"] else f"  {limit}, not reached\n")
