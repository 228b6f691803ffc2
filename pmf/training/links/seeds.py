"""Which links a run trains on, selects on and is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from pmf.arrays import no_ids
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.split import LinkSplit, published_links, split_links, usable_negatives, with_wrong_seeds
from pmf.errors import CheckpointMismatchError, ConfigError, MissingModalityError
from pmf.features.feature_set import Feature, build_features
from pmf.places import stay_inside
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader
from pmf.training.links.pivots import pivot_links
from pmf.training.links.relation_verdicts import read_relation_verdicts
from pmf.training.links.verdicts import Review, Verdicts, apply_verdicts, read_verdicts


def starting_links(
    config: Config, pair: GraphPair, features: Mapping[str, Feature], resumed: RunReader | None
) -> tuple[LinkSplit, Review]:
    """The links' parts once people and the data's negatives have spoken, and what came of them.

    Args:
        config: where the links and the verdicts come from.
        pair: the data.
        features: for pivots.
        resumed: the run itself where it goes on; what it has written down then counts, no file is read again.

    Raises:
        ConfigError: see `links_of` and `apply_verdicts`.
        DataFormatError: a verdict that cannot be used.
        CheckpointMismatchError: the run to go on from is of other data.
    """
    if resumed is not None:
        same_data(resumed, pair)
        return stored_split(resumed), Review.from_dict(resumed.facts.review)
    setting = config.verdicts
    if setting.base is None:
        split = links_of(config, pair, features)
    else:
        base = RunReader(stay_inside(Path(setting.base)))
        same_data(base, pair)
        split = stored_split(base)
    negatives = pair.negatives if config.negatives else no_ids(0, 2)
    split, _ = apply_verdicts(split, Verdicts(rejected=negatives), may_use_test_links=False)  # pivots may be among them
    verdicts = read_verdicts(stay_inside(Path(setting.file)), pair) if setting.file else Verdicts()
    split, review = apply_verdicts(split, verdicts, may_use_test_links=setting.may_use_test_links)
    review = replace(review, negatives=usable_negatives(negatives, split))
    if setting.relations:
        review = replace(review, relations=read_relation_verdicts(stay_inside(Path(setting.relations)), pair))
    return split, review


def same_data(run: RunReader, pair: GraphPair) -> None:
    """Refuse a run of other data.

    Raises:
        CheckpointMismatchError: the fingerprints differ.
    """
    if not run.is_of(pair):
        raise CheckpointMismatchError(
            f"{run.folder} was trained on other data than {pair.path} holds now: put those back, match "
            f"what is new with pmf update {run.folder} --data {pair.path}, or train anew"
        )


def links_of(config: Config, pair: GraphPair, features: Mapping[str, Feature]) -> LinkSplit:
    """The links' parts, by ratio or as published; without seeds, pivots stand in for them.

    Raises:
        ConfigError: the data has no such split, a part would be empty, the modality for pivots is lacking, or no
            pivots are found.
    """
    share = config.validation_share
    if config.split == "ratio":
        split = split_links(pair.links, seed_ratio=config.seed_ratio, validation_share=share, seed=config.seed)
    elif config.split in pair.splits:
        split = published_links(pair.splits[config.split], validation_share=share, seed=config.seed)
    else:
        raise ConfigError(f"{pair.name} has no split {config.split}; there are {', '.join(['ratio', *pair.splits])}")
    split = replace(split, context=pair.context)
    if config.seed_noise:
        split = with_wrong_seeds(split, config.seed_noise, config.seed)
    if config.seeds == "links":
        if not len(split.seed_links):
            raise ConfigError(f"{pair.name} has no links to learn from. {_without_links(pair, config)}")
        return split
    like = "char" if config.seeds == "name" and not config.features.word_vectors else config.seeds
    try:
        feature = features.get(like) or build_features(pair, [like], config.features)[like]
    except MissingModalityError as error:
        raise ConfigError(f"{error} {_without_links(pair, config)}") from error
    feature = replace(feature, present=feature.present & ~np.isin(np.arange(len(pair)), pair.context))
    pivots = pivot_links(feature, pair.n_source, count=config.pivots, seed=config.seed)
    pivots = pivots[np.random.default_rng(config.seed).permutation(len(pivots))]
    n_val = round(share * len(pivots))
    test = split.test_links if len(split.test_links) else pair.links  # no link is ever trained on
    return replace(split, seed_links=pivots[n_val:], val_links=pivots[:n_val], test_links=test)


def _without_links(pair: GraphPair, config: Config) -> str:
    """What training may start from instead, of what both graphs have."""
    ways = []
    for name, what in (("value", "attribute values"), ("char", "letters of names or ids")):
        with suppress(MissingModalityError):
            build_features(pair, [name], config.features)
            ways.append(f"--set seeds={name} ({what})")
    if all(graph.images or graph.image_features for graph, _ in pair.sides()):
        ways.append("--set seeds=image")
    return (
        f"Start from what is alike instead: {', '.join(ways)}."
        if ways
        else "Nothing in both graphs is alike: give links."
    )
