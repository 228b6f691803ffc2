"""Router of the app: `python -m streamlit run app/main.py`.

The pages lie in `views/`, because Streamlit would serve a folder called `pages/` past this router to the first visitor
who comes by a deep link.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.boundary import boundary
from app.components.queue_worker import wake
from app.components.sign_in import admitted

APP = Path(__file__).parent
VIEWS = APP / "views"
LOGO = APP.parent / "assets" / "logo.svg"

st.set_page_config(page_title="PMF Explorer", page_icon=str(LOGO), layout="wide")
st.html(APP / "components" / "style.html")
st.logo(str(LOGO), size="large")
inside = admitted()
# the first page answers to its name as well as to the bare address
page = st.navigation(
    [
        st.Page(VIEWS / "overview.py", title="Overview", icon=":material/dashboard:", url_path="start", default=True),
        st.Page(VIEWS / "data.py", title="Data", icon=":material/database:"),
        st.Page(VIEWS / "train.py", title="Train", icon=":material/model_training:"),
        st.Page(VIEWS / "freezing.py", title="Freezing", icon=":material/ac_unit:"),
        st.Page(VIEWS / "embeddings.py", title="Embeddings", icon=":material/scatter_plot:"),
        st.Page(VIEWS / "matches.py", title="Matches", icon=":material/compare_arrows:"),
        st.Page(VIEWS / "review.py", title="Review", icon=":material/fact_check:"),
        st.Page(VIEWS / "failures.py", title="Failures", icon=":material/troubleshoot:"),
        st.Page(VIEWS / "compare.py", title="Compare", icon=":material/difference:"),
        st.Page(VIEWS / "learn.py", title="Learn", icon=":material/school:"),
        st.Page(VIEWS / "account.py", title="Account", icon=":material/account_circle:"),
        st.Page(VIEWS / "overview.py", title="Overview", url_path="overview", visibility="hidden"),
    ],
    position="top" if inside else "hidden",
)
if inside:
    with boundary():
        wake()
    with boundary():
        page.run()
