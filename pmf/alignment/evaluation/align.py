"""The alignment itself, from a run folder alone: who is matched with whom, who is left, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from pmf.alignment.confidence.pair_features import FEWEST_CANDIDATES, views
from pmf.alignment.evaluation.evaluate import Candidates
from pmf.alignment.evaluation.of_run import calibrate_pool, stored_fused
from pmf.alignment.evaluation.of_scores import pairs_that_came, scores_only
from pmf.alignment.matching import DECODERS, mutual_nearest
from pmf.arrays import Ids
from pmf.audit.chance import chance_in_words, is_at_chance
from pmf.config.build import require
from pmf.data.notes import counted
from pmf.data.split import LinkSplit, among
from pmf.errors import ConfigError
from pmf.progress import step
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader

_LIKELY = 0.5  # from this probability on a pair is kept where entities may share a counterpart


@dataclass(frozen=True, slots=True)
class Matching:
    """What `match_run` gives.

    Args:
        alignment: source and target (URIs), similarity (fused, before decoding) and probability that the pair
            is right, surest first.
        dangling: the source entities without a partner: source, best_candidate (URIs), similarity of the
            two, and probability that the source has no counterpart, surest first.
        calibrated_on: what the probabilities were fitted on, see `pmf.alignment.confidence.calibration`; of adopted
            scores "given" where they are probabilities, else "none".
        denied: pairs that would be part of the alignment, had verdicts not said that they are not the same.
        notes: of candidate pairs that came in a file, how many there are and what share of the known links they hold.
    """

    alignment: pd.DataFrame
    dangling: pd.DataFrame
    calibrated_on: str
    denied: int = 0
    notes: tuple[str, ...] = ()


def match_run(run: RunReader, *, decode: str | None = None, one_to_one: bool = True) -> Matching:
    """The alignment of everything that is not linked already, among all entities of both graphs that may be aligned.

    Seed and validation links are given, not found: their entities are no part of it. Its probabilities are fitted on
    validation links as they were found while nothing was fitted to them.

    Pairs that a training found to start from are no seeds that somebody gave: they are part of the alignment. Pairs of
    which verdicts say that they are not the same, and entities of which they say that they have no counterpart, are
    not.

    Args:
        run: a run with embeddings.
        decode: the rule, see `EvaluationConfig`; one that ranks every query alone keeps mutual nearest pairs. None =
            those by the run's own scores.
        one_to_one: False gives every source entity its best target, where that is more likely right than not, also one
            that another has, by this alignment or by a link that is given.

    Raises:
        RunFormatError: there are no embeddings yet.
        ConfigError: the run is at chance and has found nobody, there are too few entities to compare, or a run without
            embeddings is to be decoded by more than who is first.
    """
    require_findings(run)
    if scores_only(run):
        only = "has scores and no embeddings: mutual is all that matches by them"
        require(decode in (None, "mutual"), f"{run.folder} {only}")
        pairs, alone = pairs_that_came(run, one_to_one=one_to_one)
        return Matching(pairs, alone, "given" if "probability" in pairs else "none")
    setting, split = run.facts.config().evaluation, given_links(run)
    pool = Candidates.free(run.n_source, run.n_entities, np.flatnonzero(~matchable(run, one_to_one=one_to_one)))
    if min(pool.sizes) < FEWEST_CANDIDATES:
        raise ConfigError(f"{run.folder} {_too_few(run, pool, len(split.seed_links) + len(split.val_links))}")
    decoder = DECODERS[decode or setting.decode]
    decide = decoder.decide if decode else None
    with step("scoring pairs"):
        scores = decoder.score(pool.similarities(stored_fused(run), setting), setting)
    with step("fitting probabilities"):
        both = views(scores.plain(), setting.csls_k)
        calibrator = calibrate_pool(run, pool, both, split)

    rows = torch.arange(len(pool.source))
    nobody = torch.full_like(rows, -1)
    best = both[0].choose(rows, nobody)
    with step("choosing partners"):
        partner = (decide or mutual_nearest)(scores, setting) if one_to_one else best
    decided = np.stack([pool.source, pool.target[partner.numpy()]], axis=1)
    no = torch.from_numpy(denied(run, decided)) & (partner >= 0)
    partner, best = partner.masked_fill(no, -1), both[0].choose(rows, torch.where(no, partner, nobody))
    shown = torch.where(partner >= 0, partner, best)
    features = both[0].features(rows, shown, nobody).numpy()
    uris = run.entities["uri"].to_numpy()
    columns = uris[pool.source], uris[pool.target[shown.numpy()]], features[:, 0]
    aligned = pd.DataFrame(dict(zip(("source", "target", "similarity"), columns, strict=True)))
    alone = aligned.rename(columns={"target": "best_candidate"})
    aligned["probability"] = calibrator.right(features)
    alone["probability"] = 1 - calibrator.counterpart(features)
    matched = (partner >= 0).numpy()
    if not one_to_one:
        matched &= aligned["probability"].to_numpy() >= _LIKELY
    return Matching(
        _surest_first(aligned[matched]), _surest_first(alone[~matched]), calibrator.fitted_on, int(no.sum())
    )


def require_findings(run: RunReader) -> None:
    """Refuse a run that has found nobody.

    Raises:
        ConfigError: it is at chance.
    """
    if is_at_chance(results := run.results()):
        why = chance_in_words(results or {}, run.facts.account)
        way = f"What else could be used: pmf data inspect {run.facts.data_path}"
        raise ConfigError(f"{run.folder} has nothing to write. {why.removesuffix('.')}. {way}")


def _too_few(run: RunReader, pool: Candidates, given: int) -> str:
    """Why hardly anybody is left to be matched, and what can be done, as the rest of a sentence."""
    left, side = min(zip(pool.sizes, ("source", "target"), strict=True))
    known = f"is in one of the {counted(given, 'link')} that {'is' if given == 1 else 'are'} given"
    if side == "target" and len(pool.source) >= FEWEST_CANDIDATES:
        which = "every target entity" if not left else f"all but {left:,} of the target entities"
        way = f"--many-to-one gives the {len(pool.source):,} other source entities targets that others have"
    elif not left:
        which = f"every {side} entity"
        way = f"match new entities with pmf update {run.folder} --data NEWFOLDER, or train on fewer of the links, with "
        way += "--seed-ratio 0.5, to see how the others are found"
    else:
        which = f"every {side} entity but {left:,}"
        way = f"to tell how sure a pair is, {FEWEST_CANDIDATES} of either graph are needed: match the last by hand in "
        way += "Review, or train on fewer of the links, with --seed-ratio 0.5"
    return f"has {'too few' if left else 'nobody'} to match: {which} {known}. {way[0].upper()}{way[1:]}"


def matchable(run: RunReader, *, one_to_one: bool) -> npt.NDArray[np.bool_]:
    """Which entities are free to be matched, bool `[n]`: in no link that is given, and to be aligned at all.

    Args:
        run: the run.
        one_to_one: False leaves targets of given links free: others may belong to them too.
    """
    split, free = given_links(run), np.ones(run.n_entities, np.bool_)
    given = np.concatenate([split.seed_links, split.val_links])
    free[given if one_to_one else given[:, 0]] = False
    free[split.context] = False
    return free


def denied(run: RunReader, pairs: Ids) -> npt.NDArray[np.bool_]:
    """Of which pairs `[p, 2]` verdicts say that they are not the same, or that an entity has no counterpart."""
    return np.asarray(among(pairs, run.facts.denied) | np.isin(pairs, run.facts.alone).any(axis=1))


def given_links(run: RunReader) -> LinkSplit:
    """The run's links; pairs that a training found to start from were given by nobody."""
    split, none = stored_split(run), np.empty((0, 2), np.int64)
    return split if run.facts.config().seeds == "links" else replace(split, seed_links=none, val_links=none)


def _surest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
