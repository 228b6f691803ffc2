"""All that a trainer needs, made once: the data are read, features are built, links are split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.readers import read_graph_pair
from pmf.data.split import LinkSplit
from pmf.features.feature_set import Feature, build_features, presence
from pmf.model.graph import Adjacency
from pmf.progress import Progress, listening, silent
from pmf.runs.reader import RunReader
from pmf.training.links.seeds import starting_links
from pmf.training.links.verdicts import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingInputs:
    """What a training starts from.

    Args:
        pair: the data set, `n` entities.
        graph: adjacency over both graphs.
        features: of every modality that has a matrix.
        present: bool `[m, n]`, who has each modality.
        split: seed, validation and test links. Only seed links train.
        review: verdicts that are in the split already, and what else they say.
    """

    pair: GraphPair
    graph: Adjacency
    features: Mapping[str, Feature]
    present: Tensor
    split: LinkSplit
    review: Review = field(default_factory=Review)


def read_data(config: Config, progress: Progress = silent) -> GraphPair:
    """The data set that the config names.

    Raises:
        DataFormatError: there is no such data set, or it cannot be read.
    """
    with listening(progress):
        return read_graph_pair(config.data, image_ratio=config.image_ratio)


def training_inputs(
    config: Config,
    pair: GraphPair,
    *,
    split: LinkSplit | None = None,
    resumed: RunReader | None = None,
    progress: Progress = silent,
) -> TrainingInputs:
    """Build what a trainer needs from a data set.

    Args:
        config: every setting.
        pair: the data set that it names.
        split: the links' parts, None = as the config, its verdicts or the resumed run say.
        resumed: the run itself where it goes on.
        progress: called while features are built.

    Raises:
        PMFError: settings, verdicts or links that do not fit the data, or features that it lacks.
    """
    features = build_features(pair, config.modalities, config.features, progress=progress)
    parts, review = (split, Review()) if split is not None else starting_links(config, pair, features, resumed)
    return TrainingInputs(
        pair=pair,
        graph=Adjacency.from_pair(pair),
        features=features,
        present=torch.from_numpy(presence(pair, features, config.modalities)),
        split=parts,
        review=review,
    )
