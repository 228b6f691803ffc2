"""Verdicts out of the house, back in, and into another training or an update."""

from __future__ import annotations

import streamlit as st

from app.review.figures import gain as figures
from app.review.services import continue_training
from app.review.services.continue_training import CONFIRMATION
from app.review.services.gain import gain
from app.review.services.harvest import ON_TEST, harvest
from app.review.services.importing import import_verdicts
from app.review.services.transfer import FORMATS, export_verdicts
from app.review.widgets.new_entities import new_entities
from app.shared.services.access import Role, User
from app.shared.services.dataset import Dataset
from app.shared.services.run_view import RunView
from app.shared.widgets import url
from app.shared.widgets.boundary import boundary
from app.shared.widgets.chart import chart
from app.shared.widgets.text import plain
from app.store import shared_store
from pmf.data.notes import counted
from pmf.errors import PMFError

TITLES = {
    "links": "Links (TSV): accepted pairs, for other alignment tools",
    "openea": "ent_links (OpenEA): accepted pairs",
    "sssom": "SSSOM: accepted pairs, with who confirmed them",
    "sameas": "N-Triples, owl:sameAs: accepted pairs",
    "cells": "RDF of the Alignment API: accepted pairs",
    "csv": "CSV: every current verdict",
    "parquet": "Parquet: every current verdict",
    "jsonl": "JSONL: every current verdict",
}
KIND, FILE, ALSO_TEST, WORDS, SAID = (f"review_files.{name}" for name in ("kind", "file", "also", "words", "said"))


def review_files(user: User, run: RunView, data: Dataset) -> None:
    """Export and import on the left, training and new entities on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        with boundary():
            _export(user, run)
        if user.role >= Role.ADMIN:
            with boundary():
                _import(user, run)
    with right:
        with boundary():
            _train(user, run, data)
        with boundary():
            new_entities(user, run)
        with boundary():
            _gain(run)


def _export(user: User, run: RunView) -> None:
    st.subheader("Take the verdicts along", anchor=False)
    form = st.selectbox("Format", list(FORMATS), format_func=TITLES.get, key=KIND)
    st.download_button(
        f"Download {FORMATS[form]}",
        lambda: export_verdicts(user, shared_store(), run, form),
        FORMATS[form],
        on_click="ignore",
        icon=":material/download:",
        key="review_files.download",
    )


def _import(user: User, run: RunView) -> None:
    st.subheader("Bring verdicts in", anchor=False)
    file = st.file_uploader("A file as above: links, CSV, Parquet or JSONL", key=FILE)
    why = None if file else "Choose a file first."
    pressed = st.button("Import", icon=":material/upload:", disabled=not file, key="review_files.import", help=why)
    if pressed and file:
        counts = import_verdicts(user, shared_store(), run, file.name, file.getvalue())
        st.success(f"{counted(counts.new, 'verdict')} came in; {counts.already:,} stood already.")
        if counts.left_out:
            rows = f"{counted(counts.left_out, 'row')} of pairs that are not said to be the same were left out"
            st.warning(f"{rows}: a query has one verdict here. To train on them: `train --verdicts FILE`.")


def _train(user: User, run: RunView, data: Dataset) -> None:
    st.subheader("Continue training with these verdicts", anchor=False)
    also = st.checkbox(
        "Verdicts may use test links",
        key=ALSO_TEST,
        help="Test links that verdicts touch are then no part of the figures of the new run, and it says so.",
    )
    typed = st.text_input(f"To confirm, type: {CONFIRMATION}", key=WORDS) if also else ""
    confirmed = also and typed.strip() == CONFIRMATION
    verdicts = harvest(shared_store(), run, test_links=confirmed)
    counts = verdicts.counts
    st.markdown(
        f"Going in: **{counted(counts['match'], 'accepted pair')}** as seed links, **{counts['not']:,} rejected** as "
        f"hard negatives, **{counts['none']:,} without counterpart**; **{counted(len(verdicts.relations), 'pair')} of "
        "relations** that rules take as certain (judged on Matches, *Relations*)."
    )
    if counts["match"]:
        st.caption("Where all validation links are confirmed, half of them stay: something has to choose the epoch.")
    left_out = [f"{number:,} {plain(why)}" for why, number in verdicts.left_out.items()]
    st.markdown(f"Left out: {', '.join(left_out) or 'nothing'}.")
    if not confirmed and verdicts.left_out.get(ON_TEST):
        url.link(
            "review", "Judge queries that training can use", {"mode": "pairs", "split": "useful"},
            icon=":material/fact_check:",
        )  # fmt: skip
    reason = continue_training.obstacle(run, data, verdicts, test_links=confirmed)
    if user.role < Role.ADMIN:
        st.caption("An admin can start the training.")
        return
    if not reason and not continue_training.has_weights(run):
        st.caption(
            "The weights of this run are not kept here, so training starts from the beginning: with its settings, its "
            "links and these verdicts."
        )
    st.button(
        "Start training",
        key="review_files.start",
        type="primary",
        icon=":material/model_training:",
        disabled=bool(reason) or (also and not confirmed),
        help=plain(reason, 300) if reason else "Confirm the test links first." if also and not confirmed else None,
        on_click=_start,
        args=(user, run, data, CONFIRMATION if confirmed else ""),
    )
    if reason:
        st.caption(plain(reason, 600))
    started, problem = st.session_state.pop(SAID, ("", ""))
    if started:
        st.success(f"{plain(started)} is in the queue.")
        url.link("train", "Watch it train", {}, icon=":material/model_training:")
    if problem:
        st.warning(plain(problem, 600))


def _start(user: User, run: RunView, data: Dataset, confirm: str) -> None:
    try:
        st.session_state[SAID] = (
            continue_training.start(user, shared_store(), run, data, confirm=confirm),
            "",
        )
    except PMFError as error:
        st.session_state[SAID] = ("", str(error))


def _gain(run: RunView) -> None:
    st.subheader("What verdicts brought", anchor=False)
    table = gain(run)
    if table.empty:
        st.caption("A curve of Hits@1 against verdicts is drawn here once a training that went on from this run ends.")
        return
    chart(
        figures.gain(table),
        alt="Hits@1 of this run and of those that went on from it, against the verdicts each trained with",
        reading=f"each point is a run; bars are 95 % intervals. All are measured on the same "
        f"{table['queries'].max():,} test links, those that are test links in every one of these runs, each among its "
        "own candidates and by its own decoding.",
        key="review_files.gain",
        data=table,
    )
