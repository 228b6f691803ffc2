"""The data and the trainer that are measured: those of an ordinary run, without its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from pmf.benchmarks.request import SYNTHETIC, Request
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair
from pmf.data.synthetic import SyntheticOptions, synthetic_pair
from pmf.model.encoders import StructureEncoder
from pmf.training.inputs import read_data, training_inputs
from pmf.training.loop.device import precision_of, resolve_device
from pmf.training.loop.trainer import Trainer

DBP15K_ENTITIES = 39_000


def synthetic_like_dbp15k(entities: int) -> GraphPair:
    """A drawn pair as dense and as linked as DBP15K zh_en.

    Args:
        entities: of both graphs together.
    """
    return synthetic_pair(
        SyntheticOptions(
            entities=entities // 2,
            linked=15_000 / 19_500,
            relations=1500,
            attributes=7600,
            mean_degree=7.0,  # 8.5 there, but many of its triples join the same two entities
            mean_attributes=15.0,
        )
    )


def drawn_section(request: Request) -> dict[str, Any]:
    """Write a drawn pair of DBP15K's size into the folder that the request's data name."""
    from pmf.data.write import write_pair  # after the readers, which it needs and which need what it needs

    write_pair(synthetic_like_dbp15k(DBP15K_ENTITIES), Path(request.settings["data"]))
    return {}


def pair_of(config: Config) -> GraphPair:
    """The data set that the config names, or a drawn one of DBP15K's size.

    Raises:
        DataFormatError: there is no such data set, or it cannot be read.
    """
    if config.data == SYNTHETIC:
        return synthetic_like_dbp15k(DBP15K_ENTITIES)
    return read_data(config)


def trainer_of(config: Config, pair: GraphPair) -> Trainer:
    """A trainer as `pmf.training.run.train` makes it.

    Raises:
        PMFError: settings that do not fit the data, or a device that is not there.
    """
    device = resolve_device(config.device)
    return Trainer(config, training_inputs(config, pair), device)


def structure_of(trainer: Trainer) -> StructureEncoder:
    """The encoder of the modality structure, which every benchmark has."""
    encoder = trainer.model.encoders["structure"]
    assert isinstance(encoder, StructureEncoder)
    return encoder


def describe(trainer: Trainer, pair: GraphPair) -> dict[str, Any]:
    """What is measured, in sizes and settings, ready for JSON."""
    config = trainer.config
    return {
        "data": pair.name,
        "entities": len(pair),
        "edges": len(structure_of(trainer).col),
        "seed_links": len(trainer.seeds),
        "preset": config.preset,
        "modalities": list(config.modalities),
        "width": config.model.width,
        "batch_size": config.train.batch_size,
        "precision": precision_of(config.train, len(pair)),
        "device": trainer.device.type,
        "threads": torch.get_num_threads(),
    }
