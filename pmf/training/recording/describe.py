"""What a run folder says of its run from the first moment: settings, entities, links."""

from __future__ import annotations

import datetime
import platform
from typing import Any

import numpy as np
import pandas as pd
import torch

import pmf
from pmf.config.config import Config
from pmf.data.graph_pair import GraphPair, degrees
from pmf.data.split import LinkSplit


def describe_run(config: Config, pair: GraphPair, device: torch.device, run_id: str) -> dict[str, Any]:
    """Content of `config.json`."""
    return {
        "run_id": run_id,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "config": config.to_dict(),
        "dataset": {
            "name": pair.name,
            "path": config.data if config.data == "demo" else str(pair.path.resolve()),
            "format": pair.format,
            "fingerprint": pair.fingerprint,
        },
        "code_version": pmf.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device.type,
        "threads": torch.get_num_threads(),
        "scope": config.evaluation.scope,
        "selection": config.train.selection,
        "seed": config.seed,
        "n_source": pair.n_source,
        "n_entities": len(pair),
    }


def entity_table(pair: GraphPair) -> pd.DataFrame:
    """One row an entity: uri, label, side, type, degree; and whether it is never aligned, where some are not."""
    sides = [
        pd.DataFrame(
            {
                "uri": graph.entities,
                "side": side,
                "type": [graph.types.get(i, "") for i in range(len(graph))],
                "degree": degrees(graph),
            }
        )
        for side, (graph, _) in zip(("source", "target"), pair.sides(), strict=True)
    ]
    table = pd.concat(sides, ignore_index=True)
    table.insert(1, "label", pair.labels)
    if len(pair.context):
        table["context"] = np.isin(np.arange(len(pair)), pair.context)
    return table


def link_table(split: LinkSplit) -> pd.DataFrame:
    """One row a link: source, target, split."""
    parts = {"seed": split.seed_links, "validation": split.val_links, "test": split.test_links}
    return pd.concat(
        [pd.DataFrame({"source": links[:, 0], "target": links[:, 1], "split": name}) for name, links in parts.items()],
        ignore_index=True,
    )
