"""Which relations and attributes of the two graphs agree, with examples; people confirm or deny a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.shared.services import catalog, export
from app.shared.services.access import Role
from app.shared.services.dataset import Dataset
from app.shared.services.relation_verdicts import CONFLICT, VERDICTS, as_table, judge, key, verdicts
from app.shared.services.run_view import RunView, not_yet
from app.shared.widgets import url, user
from app.shared.widgets.pair_reasons import run_reasons
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from app.store import shared_store
from pmf.data.notes import counted

if TYPE_CHECKING:
    from pmf.alignment.explanation.relations import RelationAlignment

MOST = 2
"""Runs whose tables are kept at a time."""

FILE = "relations.csv"
SIGNS = {"match": "✓ same", "not": "✗ not", CONFLICT: "≠ conflict", "": ""}
HELP = (
    "Of the triples of the one whose two ends are known in both graphs, the share that the other says too; "
    "½ is added to their number, so that few examples make nothing certain."
)


def relations(run: RunView, data: Dataset) -> None:
    """The table, the chosen pair with its examples and a verdict on it, and the file for the next training."""
    if run.predictions is None:
        st.info(plain(not_yet(run, "Relations are")))
        return
    every = _alignments(str(run.reader.folder), catalog.stamp(run.reader.folder), run, data)
    judged = verdicts(shared_store(), run)
    st.caption(
        "What the rules learn from the seed links, values and pairs that this run finds from both sides: "
        "which relations and attributes of the two graphs say the same. No test link is seen."
    )
    text = url.text("Relation or attribute contains", "named", type="search", placeholder="any").casefold()
    ids = [i for i, row in enumerate(every) if text in f"{row.source}\n{row.target}".casefold()]
    if not ids:
        st.info("No pair of relations or attributes passes; widen the filter." if every else "None agree so far.")
        return
    shown = [every[i] for i in ids]
    left, right = st.columns([7, 4], gap="medium")
    with left:
        name = f"relations.{text}"
        table(
            _rows(shown, judged),
            name="relations",
            alt="Pairs of relations and attributes, the most probable first",
            whole=lambda: _whole(shown, judged),
            height=480,
            column_config={
                title: st.column_config.NumberColumn(format="%.2f", help=HELP)
                for title in ("Source ⊑ target", "Target ⊑ source")
            }
            | {"Examples": st.column_config.NumberColumn(format="%.0f", help="Each counts by its probability.")},
            on_select=lambda: _open(name, ids),
            selection_mode="single-row",
            key=name,
        )
        st.caption(f"{counted(len(ids), 'pair')}; tick a row to see its examples and to judge it")
    with right:
        chosen = url.integer("relation", len(every))
        _pair(run, every[ids[0] if chosen is None else chosen])
    _for_training(run, judged)


def _rows(rows: list[RelationAlignment], judged: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Verdict": [SIGNS[judged.get(key(row), "")] for row in rows],
            "Source": [short(row.source) for row in rows],
            "Target": [short(row.target) + (" (inverse)" if row.inverse else "") for row in rows],
            "Source ⊑ target": [row.forward for row in rows],
            "Target ⊑ source": [row.backward for row in rows],
            "Examples": [row.examples for row in rows],
        }
    )


def _whole(rows: list[RelationAlignment], judged: dict[str, str]) -> pd.DataFrame:
    """The same for a file, which also says what is what in the data."""
    uris = {"Source URI": [row.source_uri for row in rows], "Target URI": [row.target_uri for row in rows]}
    return _rows(rows, judged).assign(Kind=[row.kind for row in rows], **uris)


def _open(name: str, ids: list[int]) -> None:
    rows = st.session_state[name]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        url.put(relation=ids[rows[0]])


def _pair(run: RunView, row: RelationAlignment) -> None:
    """One pair: its examples, and what this user says of it."""
    st.subheader(plain(f"{row.source} – {row.target}"), anchor=False)
    if row.inverse:
        st.caption("Inverse: the target leads from tail to head where the source leads from head to tail.")
    if row.shown:
        table(
            pd.DataFrame(
                {
                    "Source": [short(" → ".join(example.source)) for example in row.shown],
                    "Target": [short(" → ".join(example.target)) for example in row.shown],
                    "Probability": [example.probability for example in row.shown],
                }
            ),
            name="relation_examples",
            alt="Triples of the source and the target that say the same",
            column_config={"Probability": st.column_config.NumberColumn(format="%.2f")},
        )
    else:
        st.caption("No example: it is here because a person judged it.")
    visitor = user.current()
    own = verdicts(shared_store(), run, visitor).get(key(row))
    verdict = st.segmented_control(
        "Do they mean the same?",
        list(VERDICTS),
        format_func=VERDICTS.get,
        default=own,
        disabled=visitor.role < Role.ANNOTATOR,
        key=f"relation.verdict.{key(row)}.{own}",
        help="Kept beside the verdicts of Review, and only ever added to. Press it again to take it back.",
    )
    if verdict != own:
        judge(visitor, shared_store(), run, row, verdict)
        st.rerun()


def _for_training(run: RunView, judged: dict[str, str]) -> None:
    """The file that makes verdicts evidence for the next run."""
    rows = as_table(judged.items())
    if not judged:
        st.caption("Verdicts on pairs of relations are evidence for the next training's rules. There are none yet.")
        return
    conflicts = len(judged) - len(rows)
    left_out = f"; {counted(conflicts, 'pair')} left out because people disagree" if conflicts else ""
    st.caption(
        f"{counted(len(rows), 'verdict')} for the next training{left_out}. Its rules take them as certain: "
        f"`python -m pmf train --data FOLDER --set verdicts.relations={FILE}`"
    )
    st.download_button(
        "Verdicts for training",
        lambda: export.as_csv(rows),
        FILE,
        "text/csv",
        key="relations.verdicts",
        icon=":material/download:",
        disabled=rows.empty,
        help="No verdict has been given yet." if rows.empty else None,
        on_click="ignore",
    )


@st.cache_resource(max_entries=MOST, show_spinner="Comparing relations …")
def _alignments(folder: str, stamp: object, _run: RunView, _data: Dataset) -> tuple[RelationAlignment, ...]:
    from pmf.alignment.explanation.relations import relation_alignments  # takes a second to import

    return relation_alignments(run_reasons(_run, _data))
