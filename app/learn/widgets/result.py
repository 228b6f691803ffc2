"""Step 6: what the paper found, what this run found, and what it froze in error."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.learn.figures import steps as figures
from app.learn.services import paper as learn_paper
from app.learn.services import task as learn_task
from app.learn.services.task import Pair, Round
from app.learn.widgets.frame import sides
from app.shared.services import pictures
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import picture, url
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain, short

ROUND, PICKED = "learn.round", "learn.picked"
COLUMNS, SIZE = 3, 128


def result(run: RunView, data: Dataset) -> None:
    """Figures on the left, the task on the right."""
    left, right = sides(
        f"In the paper, measuring relevance is worth **{100 * learn_paper.gain():.1f} points**. But freezing is for "
        "good, and can take a picture that would have helped."
    )
    with left:
        _figures(run)
    with right:
        _task(run, data)


def _figures(run: RunView) -> None:
    published, own = learn_paper.paper(), learn_paper.own(run)
    chart(
        figures.results(published, own, short(run.run_id, 30)),
        alt="Bars: Hits@1 of the paper and of others on DBP15K ZH-EN, and of this run, fused and by modality",
        reading="Hits@1, source → target, closed candidates, test links. Above: epoch chosen on them; below: last "
        "epoch, CSLS. Other data, so not to be compared.",
        key="learn.results",
        data=pd.concat([published.assign(of="published"), own.assign(of=run.run_id)]),
    )


def _task(run: RunView, data: Dataset) -> None:
    number = int(st.session_state.get(ROUND, 0))
    played = learn_task.play(run, number)
    picked = st.session_state.get(PICKED)
    with st.container(key="learn_say_task"):
        st.markdown(_feedback(run, played, picked))
    for start in range(0, len(played.cards), COLUMNS):
        for column, (place, pair) in zip(
            st.columns(COLUMNS), list(enumerate(played.cards))[start : start + COLUMNS], strict=False
        ):
            with column:
                _card(run, data, played, place, pair, picked)
    with st.container(horizontal=True):
        label = f"Another round ({number % played.rounds + 1} of {played.rounds})"
        st.button(label, icon=":material/refresh:", on_click=_next, args=(number + 1,), key="learn.next")
        if picked is not None:
            chosen = played.cards[picked].query
            url.link("matches", "Look at it closely", {"run": run.run_id, "pair": chosen}, icon=":material/search:")


def _card(run: RunView, data: Dataset, played: Round, place: int, pair: Pair, picked: int | None) -> None:
    """Both pictures as they are, because the eye is to judge whether they should have been frozen."""
    with st.container(border=True, gap="xsmall"):
        one, two = st.columns(2, gap="xsmall")
        for column, entity in ((one, pair.query), (two, pair.truth)):
            with column:
                path = data.picture(entity)
                image = pictures.thumbnail(path, SIZE, square=True) if path else None
                if image is None:
                    picture.show(run, data, entity, square=True)
                else:
                    st.image(image, width=76, alt=f"Picture of {short(run.labels[entity])}")
                st.caption("❄ frozen" if run.frozen_epoch("image", entity) >= 0 else "in use")
        mark = "" if place != picked else "● " if place == played.answer else "✕ "
        name = f"{mark}{short(run.labels[pair.query], 22)}"
        st.button(name, key=f"learn.pick.{place}", width="stretch", on_click=_pick, args=(place,))


def _feedback(run: RunView, played: Round, picked: int | None) -> str:
    if picked is None:
        return (
            f"**Your turn.** By plain similarity these {len(played.cards)} are missed; each has a frozen picture, "
            "left, and its counterpart, right. Which would pictures find?"
        )
    pair = played.cards[picked]
    name = plain(run.labels[pair.query], 40)
    ranks = f"from rank **{pair.rank:,.0f}** to **{pair.thawed:,.0f}**"
    if picked == played.answer:
        return f"**● Found: over-frozen.** With pictures not frozen, the counterpart of {name} goes {ranks}."
    return f"**✕ Rightly frozen.** With pictures not frozen, the counterpart of {name} would go {ranks}. Look again."


def _pick(place: int) -> None:
    st.session_state[PICKED] = place


def _next(number: int) -> None:
    st.session_state[ROUND] = number
    st.session_state.pop(PICKED, None)
