"""The charts of the Freezing page in the browser: epoch, play, modality and entity are answered there.

    record.js    what the run wrote down, sent once
    drawing.js   sheet, frame, axes, hatches
    tip.js       what is shown where a chart is pointed at, by pointer or key
    shares.js    the large chart: frozen and missing shares over the epochs, and the cursor
    spread.js    the distribution of relevance, and what validation links said of proposed thresholds
    pairs.js     linked pairs by the relevance of both sides
    gallery.js   what is frozen, with pictures: harmful, helpful
    bar.js       play, epoch, modality, search
    player.js    the cursor, and what follows from it
    mount.js     where the server's messages arrive

It is mounted three times: with the record, with pictures, and as the charts, so that each is sent only when new.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from app.freezing.services import packed as packing
from app.freezing.services import relevance as service
from app.shared.services import catalog
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.for_browser import Json
from app.shared.services.freezing_quality import Quality, quality
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.browser import component, pictures
from app.shared.widgets.browser.sent import entity_ids, keep_address, sent_state
from app.shared.widgets.text import short

SCRIPTS = ("record", "drawing", "tip", "shares", "spread", "pairs", "gallery", "bar", "player", "mount")
PLAYER, RECORD, PICTURES = "freezing-player", "freezing-record", "freezing-pictures"
ADDRESS = {"modality", "epoch", "entity"}

_mount = component(
    "freezing_player",
    Path(__file__).parent,
    SCRIPTS,
    css="player.css",
    shared=("address", "cursor", "telling", "pictures", "tables"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Where the cursor came to rest, whom it follows, and the pairs that a box was drawn around.

    Args:
        pairs: rows of `app.freezing.services.relevance.linked_pairs`.
    """

    modality: str
    epoch: int
    entity: int | None
    pairs: pd.DataFrame


def show_player(run: RunView, record: Json) -> Looked:
    """The charts; returns what is looked at.

    Args:
        run: the run, with at least one report.
        record: from `packed`, which `send_record` sends.
    """
    modality = freezing.liveliest(run) if run.frozen_at is not None else run.modalities[0]
    epoch = min(freezing.busiest(run, modality), record["epochs"][-1])  # a run that goes on has written since
    first = {"m": run.modalities.index(modality), "epoch": epoch}
    looked = sent_state(PLAYER, "looked")
    data = {"kind": "player", "table": record["table"], "first": first, "n": looked.get("n", 0)}
    with st.container(key=f"{PLAYER}-place"):
        _mount(key=PLAYER, data=data, on_looked_change=lambda: keep_address(PLAYER, ADDRESS))
    modality = wanted if (wanted := url.get("modality")) in run.modalities else modality
    shown = url.integer("epoch", run.reader.epochs)
    epoch = shown if shown in record["epochs"] else epoch
    return Looked(
        modality=modality, epoch=epoch, entity=url.integer("entity", run.n), pairs=_picked(run, modality, epoch, looked)
    )


def _picked(run: RunView, modality: str, epoch: int, looked: Json) -> pd.DataFrame:
    rows = service.linked_pairs(run, modality, epoch)
    links = service.links_sent(run)
    return rows.merge(links.iloc[entity_ids(looked.get("pairs"), len(links))][["source", "target"]])


def send_record(record: Json) -> None:
    """What the charts are drawn from; the browser keeps it."""
    with st.container(key="unseen.freezing.record"):
        _mount(key=RECORD, data={"kind": "table", **record})


@st.fragment
def send_pictures(run: RunView, record: Json, data: Dataset) -> None:
    """The pictures that the browser asks for; nothing else of the page is drawn anew with them."""
    pictures.send_pictures(_mount, PICTURES, run, data, record["table"])


def packed(run: RunView, data: Dataset) -> Json:
    """See `app.freezing.services.packed.packed`."""
    return _packed(*_stand(run), data.problem, run, data)


def cached_quality(run: RunView, data: Dataset) -> list[Quality] | None:
    """See `app.shared.services.freezing_quality.quality`."""
    return _quality(*_stand(run), data.problem, run, data)


def _stand(run: RunView) -> tuple[str, object]:
    return str(run.reader.folder), catalog.stamp(run.reader.folder)


@st.cache_resource(max_entries=3, show_spinner="Reading what froze …")
def _packed(folder: str, stamp: object, problem: str, _run: RunView, _data: Dataset) -> Json:
    labels = [short(label, packing.LONGEST_LABEL) for label in _run.labels]
    return packing.packed(_run, cached_quality(_run, _data), labels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _quality(folder: str, stamp: object, problem: str, _run: RunView, _data: Dataset) -> list[Quality] | None:
    return quality(_run, _data)
