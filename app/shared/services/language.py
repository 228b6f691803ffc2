"""The language of entities, where the host of their URI says it."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

_CODE = re.compile("[a-z]{2}")


def languages(uris: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Two letters per URI: zh of http://zh.dbpedia.org/…; "" where the host does not say, `[entities]`."""
    hosts = pd.Series(uris).astype(str).str.split("/", n=3).map(lambda parts: parts[2] if len(parts) > 2 else "")
    return hosts.map({host: _language(host) for host in hosts.unique()}).to_numpy(dtype=object)


def _language(host: str) -> str:
    """The label of two letters before the registered name: zh of zh.dbpedia.org, none of bbc.co.uk."""
    labels = host.rpartition("@")[2].partition(":")[0].lower().split(".")
    before = labels[: -2 if len(labels[-1]) == 2 else -1]
    return next((label for label in before if _CODE.fullmatch(label)), "")
