"""What froze at an epoch, split by what it would do to the matches, with pictures of both sides; and the whole list."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from app.freezing.services import effect as freezing_effect
from app.freezing.services import relevance as freezing_relevance
from app.freezing.services.effect import HELPED, HURT, SAME, UNKNOWN
from app.shared.services import freezing_record as freezing
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.entity_pairs import entity_pairs
from app.shared.widgets.table import table
from app.shared.widgets.text import count
from app.slices.widgets.actions import slice_actions

SHOWN = 4
GROUPS = {HELPED: ("▲", "freezing it was a loss"), HURT: ("▼", "freezing it was a gain")}


def frozen_gallery(run: RunView, data: Dataset, modality: str, epoch: int) -> None:
    """The entities whose feature of a modality froze in an epoch; where none ever did, those that are next in line."""
    counts = freezing.freezing_epochs(run, modality)
    if not counts:
        _next_in_line(run, data, modality, epoch)
        return
    st.header(f"Frozen in epoch {epoch}", anchor=False)
    if epoch not in counts:
        _nothing(modality, epoch, counts)
        return
    ids = freezing.frozen_in(run, modality, epoch)
    ranks = freezing_effect.ranks(run, modality, ids)
    if ranks is None:
        pairs = freezing.one_per_pair(run, ids)[: 2 * SHOWN]
        _pictures(run, data, modality, epoch, pairs, None)
        st.caption(f"{count(len(ids), 'feature')} froze here; the least relevant come first.")
    else:
        _groups(run, data, modality, epoch, ranks)
    name = f"frozen_{modality}_epoch_{epoch}"
    with st.expander(f"All {len(ids):,} as a list", icon=":material/list:"):
        slice_actions(run, slice_name=f"froze-at:{modality}:{epoch}", key="freezing.frozen")
        table(
            freezing.frozen_table(run, modality, epoch, ids, ranks),
            name=name,
            alt=f"Entities whose {modality} froze in epoch {epoch}",
            height=300,
        )


def _next_in_line(run: RunView, data: Dataset, modality: str, epoch: int) -> None:
    """What a higher threshold would have frozen first."""
    ids = freezing_relevance.least_relevant(run, modality, epoch, 2 * SHOWN)
    if not len(ids):
        return
    st.header(f"Nothing of {modality} froze; these were next in line", anchor=False)
    relevance = freezing_relevance.relevance_at(run, modality, epoch)
    if data.has_pictures:
        entity_pairs(run, data, ids.tolist(), lambda e: f"{_side(run, e)} α {relevance[e]:.2f}")
    else:
        both = {"Entity": run.labels[ids], "Linked counterpart": run.labels[run.partner[ids]]}
        st.dataframe(pd.DataFrame({**both, "Relevance α": relevance[ids]}), hide_index=True)
    st.caption(f"The linked pairs with the least relevant {modality} on a side, as measured by epoch {epoch}.")


def _nothing(modality: str, epoch: int, counts: dict[int, int]) -> None:
    """Says so, and leads to the nearest epochs in which something froze."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Nothing of {modality} froze in epoch {epoch}.", width="content")
        before, after = [e for e in counts if e < epoch], [e for e in counts if e > epoch]
        for near, icon in ((max(before, default=-1), "arrow_back"), (min(after, default=-1), "arrow_forward")):
            if near >= 0:
                st.button(
                    f"Epoch {near} ({counts[near]:,} frozen)",
                    icon=f":material/{icon}:",
                    on_click=url.put,
                    kwargs={"epoch": near},
                    key=f"freezing.near.{icon}",
                )


def _groups(run: RunView, data: Dataset, modality: str, epoch: int, ranks: pd.DataFrame) -> None:
    """Those that would have helped beside those that would have hurt; the rest in a sentence."""
    for column, (effect, (mark, meaning)) in zip(st.columns(2, gap="medium"), GROUPS.items(), strict=True):
        ids = freezing_effect.most_changed(ranks, effect)
        with column:
            st.markdown(f"**{mark} {len(ids):,} {effect}** · {meaning}")
            if len(ids):
                _pictures(run, data, modality, epoch, freezing.one_per_pair(run, ids)[:SHOWN], ranks)
                slice_actions(
                    run,
                    entities=ids.tolist(),
                    title=f"{modality} frozen in epoch {epoch} {effect}",
                    key=f"freezing.{effect}",
                    pages=("review", "failures"),
                )
    same, unknown = ((ranks["effect"] == effect).sum() for effect in (SAME, UNKNOWN))
    st.caption(
        f"Of {len(ranks):,} that froze here, {same:,} change nothing and {unknown:,} are no test queries. Judged by "
        f"the rank of the entity's true counterpart by plain similarity, as it is and had {modality} frozen nothing "
        "at all; the largest changes come first."
    )


def _pictures(
    run: RunView,
    data: Dataset,
    modality: str,
    epoch: int,
    ids: npt.NDArray[np.int64],
    moves: pd.DataFrame | None,
) -> None:
    """The first pairs, with pictures where the data has any."""
    relevance = run.reader.relevance()[epoch, run.modalities.index(modality)]
    limit = freezing.thresholds(run, modality).get(epoch, 0.0)

    def caption(entity: int) -> str:
        text = f"{_side(run, entity)} α {relevance[entity]:.2f} ≤ δ {limit:.2f}"
        if moves is None:
            return text
        return f"{text} · rank {moves['rank'][entity]:,.4g} → {moves['thawed'][entity]:,.4g}"

    if data.has_pictures:
        entity_pairs(run, data, ids.tolist(), caption, a_row=4 if moves is None else 2)
    else:
        rows = freezing.frozen_table(run, modality, epoch, ids, moves)
        ranks = ["Match"] if moves is None else ["Truth's rank", "Rank, not frozen"]
        st.dataframe(rows[["Entity", "Linked counterpart", "Relevance α", *ranks]], hide_index=True)


def _side(run: RunView, entity: int) -> str:
    return "source" if run.is_source(entity) else "target"
