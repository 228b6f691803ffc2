"""Step 3: a threshold that the learner chooses, and the pictures it freezes."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import streamlit as st

from app.learn.figures import freezing as figures
from app.learn.services.freezing import Pictures
from app.learn.services.freezing import pictures as ordered
from app.learn.services.lesson import Around
from app.learn.widgets import formulas as learn_formulas
from app.learn.widgets.frame import sides
from app.shared.services import catalog, pictures
from app.shared.services.dataset import Dataset
from app.shared.services.freezing_quality import Quality
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short

SHOWN = 75


def threshold(run: RunView, data: Dataset, pair: Around) -> None:
    """Drag δ; see which pictures freeze, and whether it is they that cannot help."""
    pictures = _ordered(str(run.reader.folder), catalog.stamp(run.reader.folder), run, data)
    options = [f"{value:.2f}" for value in np.arange(np.floor(pictures.relevance[0] * 50) / 50, 1.001, 0.02)]
    usual = min(options, key=lambda text: abs(float(text) - pictures.threshold))
    delta = float(url.get("delta") if url.get("delta") in options else usual)
    place = int(np.flatnonzero(pictures.ids == pair.source)[0]) if pair.source in pictures.ids else 0
    alpha, weight = float(pictures.relevance[place]), pictures.weight(place, delta)
    left, right = sides(
        "A picture that resembles nothing in the other graph only misleads. So whatever has a relevance α not above "
        f"the threshold **δ** is **frozen**, for good. The others get a weight, as here {_name(run, pictures, place)}:",
        learn_formulas.weight(alpha, delta, float(pictures.relevance[-1]), weight),
    )
    with left:
        _judged(pictures.judged(delta), pictures.frozen(delta))
    with right:
        url.choose(
            st.select_slider,
            f"Threshold δ (this run chose {pictures.threshold:.2f} in epoch {pictures.epoch})",
            options,
            "delta",
            default=usual,
        )
        _strip(run, data, pictures, delta, place)


def _judged(quality: Quality | None, frozen: int) -> None:
    if quality is None:
        st.caption(f"{frozen:,} pictures frozen; the data does not say which cannot help.")
        return
    one, two, three = st.columns(3)
    one.metric("Frozen", f"{quality.frozen:,}", help=f"of {quality.pictures:,} pictures")
    two.metric("Precision", f"{quality.precision:.0%}" if quality.frozen else "–", help="frozen ones that cannot help")
    three.metric("Recall", f"{quality.recall:.0%}" if quality.helpless else "–", help="of those that cannot help")
    st.caption(
        f"{quality.helpless:,} of {quality.pictures:,} pictures cannot help: they or their counterpart's show "
        "something else, or the counterpart has none. Higher δ finds more of them, and freezes more good ones."
    )


def _strip(run: RunView, data: Dataset, ordered: Pictures, delta: float, chosen: int) -> None:
    tiles = []
    frozen = ordered.frozen(delta)
    for i in ordered.sample(SHOWN, chosen).tolist():
        entity, path = int(ordered.ids[i]), data.picture(int(ordered.ids[i]))
        image = pictures.thumbnail(path, picture.TABLE_SIZE, square=True) if path else None
        if image is None:
            continue
        tiles.append(
            figures.Tile(
                image=pictures.data_url(pictures.frozen_look(image) if i < frozen else image),
                about=short(run.labels[entity], 40),
                relevance=float(ordered.relevance[i]),
                frozen=i < frozen,
                helpless=ordered.helpless is not None and bool(ordered.helpless[i]),
                chosen=i == chosen,
            )
        )
    chart(
        figures.strip(tiles, delta),
        alt=f"{len(tiles)} of {len(ordered.ids)} pictures in order of relevance; {frozen} of all are frozen",
        reading=f"{len(tiles)} of {len(ordered.ids):,} pictures, the least relevant left; hatched = frozen. "
        "✕ and ● cannot help.",
        key="learn.strip",
        data=pd.DataFrame(asdict(tile) for tile in tiles).drop(columns="image", errors="ignore"),
    )


def _name(run: RunView, pictures: Pictures, place: int) -> str:
    return f"**{plain(short(run.labels[pictures.ids[place]], 40))}** has"


@st.cache_resource(max_entries=2, show_spinner=False)
def _ordered(folder: str, stamp: object, _run: RunView, _data: Dataset) -> Pictures:
    return ordered(_run, _data)
