"""The small form that makes a run of what another system has left."""

from __future__ import annotations

import streamlit as st

from app.overview.services import adopting
from app.shared.services import catalog, data_sets
from app.shared.services.run_view import title_of
from app.shared.services.training_plan import OPTIONS, as_text, value
from app.shared.widgets import url
from app.shared.widgets.text import plain, short
from app.shared.widgets.user import current
from pmf.config.config import Config
from pmf.config.evaluation import DECODES
from pmf.errors import PMFError

LARGEST = 4000  # MB
SCOPES = {
    None: "as the output needs",
    "closed": "linked entities that are no seeds (closed)",
    "open": "every entity (open)",
}
TUNED = (
    "evaluation.csls_k",
    "evaluation.csls_rounds",
    "evaluation.sinkhorn_temperature",
    "evaluation.sinkhorn_iterations",
    "evaluation.hungarian_neighbours",
)


@st.dialog("Adopt another system's output", width="medium")
def adopt_dialog() -> None:
    """Ask for data, files and test links, then open the run."""
    st.caption(
        "Embeddings (npy, npz, safetensors, parquet, word2vec), a similarity, or a table of pairs with scores: "
        "OpenEA's output folder, numpy dumps of modalities, Splink's or dedupe's tables and SSSOM are recognised."
    )
    runs = catalog.run_folders()
    with st.form("adopting", border=False):
        data = st.selectbox("Data set that it worked on", data_sets.known(), format_func=_called)
        files = st.file_uploader("An archive (zip, tar), or files", accept_multiple_files=True, max_upload_size=LARGEST)
        split = st.selectbox(
            "Test links",
            [None, *runs],
            format_func=lambda name: "as the data say, else all links" if name is None else _as_in(name),
            help="To compare with a run, take its test links.",
        )
        settings = _ranking()
        if not st.form_submit_button("Adopt", type="primary"):
            return
    try:
        with st.spinner("Reading and ranking …"):
            chosen = None if split is None else str(runs[split])
            uploads = [(file.name, file) for file in files]
            run = adopting.receive(current(), data, uploads, split=chosen, settings=settings)
    except (PMFError, OSError) as error:
        st.error(plain(error, 400))
        return
    url.put(run=run)
    st.rerun()


def _ranking() -> dict[str, str]:
    """Widgets for how candidates are ranked; what is not chosen is left out."""
    scope = st.selectbox("Candidates", list(SCOPES), format_func=SCOPES.get)
    decode = st.selectbox(
        "Decoding",
        DECODES,
        help="Cosine stands for the scores as they came, too. Runs trained here use csls.",
    )
    chosen = {"evaluation.decode": decode} | ({"evaluation.scope": scope} if scope else {})
    with st.expander("Settings of the decoding"):
        usual = Config(data="")
        for name in TUNED:
            about, start = OPTIONS[name], value(usual, name)
            step = 1 if about.kind == "integer" else 0.005
            kept = st.number_input(
                plain(about.title.capitalize()), value=start, min_value=step, step=step,
                format=None if step == 1 else "%g", help=about.meaning,
            )  # fmt: skip
            chosen |= {name: as_text(kept)} if kept != start else {}
    return chosen


def _called(data: str) -> str:
    return "atlas (bundled)" if data == data_sets.DEMO else short(data, 90)


def _as_in(run_id: str) -> str:
    return f"those of {short(title_of(catalog.run_folders()[run_id]), 60)}"
