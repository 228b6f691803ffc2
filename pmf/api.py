"""What `import pmf` offers to a program or a notebook; each function is one step from data to alignment.

    pair = pmf.read_data("demo")
    run = pmf.train("demo", settings={"train.epochs": 20})
    print(pmf.evaluate(run)["source_to_target"])
    pmf.match(run).alignment.to_csv("alignment.csv")
    print(pmf.explain(run, "SOURCE-URI", "TARGET-URI").evidence)

The commands of the same names do the same. `assets/examples/dbp15k.py` is a whole experiment.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmf.adopting.adopt import Wishes
from pmf.adopting.adopt import adopt as adopt_into
from pmf.adopting.live import LiveRun
from pmf.adopting.ranking import ranking_settings
from pmf.alignment.evaluation.align import Matching, match_run
from pmf.alignment.evaluation.of_candidates import match_blocked, read_blocked
from pmf.alignment.evaluation.of_run import evaluate_run
from pmf.alignment.explanation.explainer import Explainer, entity_named
from pmf.alignment.explanation.records import Explanation
from pmf.config.build import require
from pmf.config.config import Config
from pmf.config.evaluation import DECODES
from pmf.config.presets import PRESETS
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.places import new_run_folder, run_named
from pmf.progress import Progress, silent
from pmf.runs.graphs import graphs_of
from pmf.runs.reader import RunReader
from pmf.training import start
from pmf.training.run import train as train_into
from pmf.updating.start import look
from pmf.updating.update import update as update_into

__all__ = [
    "PRESETS",
    "Config",
    "LiveRun",
    "adopt",
    "evaluate",
    "explain",
    "match",
    "open_run",
    "read_data",
    "train",
    "update",
]


def read_data(path: str | Path = "demo", *, image_ratio: float | None = None) -> GraphPair:
    """Two knowledge graphs and their links, read from a folder of any known layout.

    Args:
        path: a folder, the name of one in the data folder (`PMF_DATA`), or "demo" for the bundled one.
        image_ratio: of MMEA-UMVM, the share of entities that keeps its picture.

    Raises:
        DataFormatError: there is no such folder, or a file in it is malformed.
    """
    return read_graph_pair(path, image_ratio=image_ratio)


def train(
    data: str | Path | GraphPair | Config,
    *,
    preset: str = "default",
    settings: Mapping[str, object] | None = None,
    run: str | Path | None = None,
    progress: Progress = silent,
) -> RunReader:
    """Train a model and write a run folder.

    Args:
        data: as in `read_data`, or what it gave; or a `Config`, which holds every setting already.
        preset: "default", "paper" or "published"; `pmf.PRESETS` has their settings.
        settings: by name, e.g. `{"train.epochs": 20, "modalities": ("structure", "image")}`; they win over the preset.
        run: the new folder; a name of its own in the runs folder (`PMF_RUNS`) when left out.
        progress: called with (activity, done, total).

    Returns:
        The finished run.

    Raises:
        PMFError: anything wrong with settings, data or folder; a loss that is not finite; too little memory.
    """
    texts = {name: _text(value) for name, value in (settings or {}).items()}
    if isinstance(data, Config):
        config, pair = data.with_settings(texts), None
    else:
        path = data.path if isinstance(data, GraphPair) else data
        config, pair = start.run_config(preset, {"data": str(path), **texts}, progress)
    folder = start.free_folder(config) if run is None else Path(run)
    train_into(config, folder, pair=pair, progress=progress)
    return RunReader(folder)


def adopt(
    data: str | Path | GraphPair,
    source: str | Path | Mapping[str, npt.ArrayLike],
    *,
    run: str | Path | None = None,
    files: Mapping[str, str | Path] | None = None,
    split: str | None = None,
    scope: str | None = None,
    decode: str | None = None,
    settings: Mapping[str, object] | None = None,
    maps: bool = True,
    progress: Progress = silent,
) -> RunReader:
    """Make a run of what another system has left, so that everything here can look at it.

    Args:
        data: the data set that it worked on, as in `read_data`, or what that gave.
        source: its output, a file or a folder; or arrays by what they hold, e.g. `{"fused": …, "image": …}`, a row an
            entity of the data.
        run: the new folder; a name of its own in the runs folder (`PMF_RUNS`) when left out.
        files: what files are whose names do not say so: role → path, as `--file` of `pmf adopt`.
        split: which links are test links: a split of the data, a run on it, or a file of them.
        scope: candidates, "closed" (linked entities that are no seeds) or "open" (all); when left out closed, or open
            where a table has pairs of other entities.
        decode: as in `evaluate`; cosine, or scores as they came, when left out. Of a whole similarity also csls, mutual
            and sinkhorn, of a list of pairs also csls.
        settings: of that by name, e.g. `{"evaluation.decode": "csls", "evaluation.csls_k": 10}`.
        maps: draw the maps and find the causes of errors.
        progress: called with (activity, done, total).

    Returns:
        The finished run; `facts.adopted.lines` say what came and what is missing.

    Raises:
        PMFError: something cannot be read, or does not fit the data; nothing is written then.
    """
    roles = {role: Path(path) for role, path in (files or {}).items()}
    texts = {name: _text(value) for name, value in (settings or {}).items()}
    wishes = Wishes(files=roles, split=split, settings=ranking_settings(texts, scope=scope, decode=decode))
    name = str(data.path if isinstance(data, GraphPair) else data)
    folder = new_run_folder(name, "adopted") if run is None else Path(run)
    if not isinstance(source, Mapping):
        return adopt_into(data, Path(source), folder, wishes, maps=maps, progress=progress)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "arrays.npz"
        np.savez(file, allow_pickle=False, **{role: np.asarray(values) for role, values in source.items()})
        return adopt_into(data, file, folder, wishes, maps=maps, progress=progress)


def update(
    run: str | Path | RunReader,
    data: str | Path,
    *,
    verdicts: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> RunReader:
    """Match what is new in a newer state of a run's data by its finished model; nothing is trained.

    Args:
        run: a finished run, as in `open_run`; it stays as it is.
        data: its data as they are now, a folder of their own.
        verdicts: what people decided meanwhile, a file as the Review page exports it.
        out: the new folder; a name of its own in the runs folder (`PMF_RUNS`) when left out.
        progress: called with (activity, done, total).

    Returns:
        The new run. `facts.updated` says what is new, changed and gone, and why a new training is due, if it is;
        `accepted()` what became of every pair that was accepted; `predictions()` are of new entities alone.

    Raises:
        PMFError: something cannot be read, or does not fit the run; nothing is written then.
    """
    start = look(open_run(run), data, progress)
    folder = new_run_folder(str(data), "updated") if out is None else Path(out)
    return update_into(start, folder, verdicts=None if verdicts is None else Path(verdicts), progress=progress)[0]


def open_run(run: str | Path | RunReader) -> RunReader:
    """A run folder that training has written, or is still writing.

    Args:
        run: the folder, or the name of one in the runs folder (`PMF_RUNS`).

    Raises:
        RunFormatError: there is no run, or none that this version can read.
    """
    return run if isinstance(run, RunReader) else RunReader(run_named(run))


def evaluate(run: str | Path | RunReader, *, scope: str | None = None, decode: str | None = None) -> dict[str, Any]:
    """Hits@k and MRR on the test links, in both directions, with what they were measured on.

    Args:
        run: as in `open_run`.
        scope: candidates, "closed" (linked entities that are no seeds) or "open" (all); as trained when left out.
        decode: cosine, csls, mutual, greedy, sinkhorn or hungarian; as trained when left out.

    Returns:
        What `python -m pmf evaluate --json` prints; figures lie in [0, 1].

    Raises:
        ConfigError: there is no such scope or decoding.
        RunFormatError: the run has no embeddings yet.
    """
    return evaluate_run(open_run(run), scope=scope, decode=decode)


def match(run: str | Path | RunReader, *, decode: str | None = None, candidates: str | Path | None = None) -> Matching:
    """The alignment itself: one-to-one, of all entities that are no seeds, with the probability of each pair.

    Args:
        run: as in `open_run`.
        decode: the rule, as in `evaluate`; when left out mutual nearest pairs by the run's own scores.
        candidates: a file of pairs that were blocked elsewhere (Parquet, a folder of it, CSV, TSV): only these are
            scored, by cosine when `decode` is left out, and no probabilities are told.

    Returns:
        `alignment` and `dangling`, two tables: who belongs together, and who is left without a counterpart. `notes`
        say what came of the candidates.

    Raises:
        RunFormatError: the run has no embeddings yet.
        ConfigError: there is no such decoding, or there are too few entities.
        DataFormatError: the file of candidates cannot be read, or holds no pair of the run's entities.
    """
    require(decode in (None, *DECODES), f"decode must be one of {', '.join(DECODES)}, got {decode}")
    reader = open_run(run)
    if candidates is None:
        return match_run(reader, decode=decode)
    return match_blocked(reader, read_blocked(reader, Path(candidates), decode=decode))


def explain(run: str | Path | RunReader, source: str | int, target: str | int, *, scope: str = "closed") -> Explanation:
    """Why a pair has its score: each modality's share, what was frozen and when, ranks with and without a modality.

    Args:
        run: as in `open_run`.
        source: URI of a source entity, or its number in the run.
        target: URI of a target entity, or its number in the run.
        scope: candidates that the pair is ranked among, "closed" or "open".

    Returns:
        A plain record. Its `neighbours` are None where the data set of the run cannot be read any more.

    Raises:
        ConfigError: there is no such entity or scope.
        RunFormatError: the run has no embeddings yet.
    """
    require(scope in ("closed", "open"), f"scope must be closed or open, got {scope}")
    reader = open_run(run)
    pair = entity_named(reader, source, source_side=True), entity_named(reader, target, source_side=False)
    return Explainer(reader, scope).explain(*pair, graphs_of(reader)[0])


def _text(value: object) -> str:
    """A setting's value as the command line would have it."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
