"""Router of the app: `python -m streamlit run app/main.py`.

Each page is a folder of its own, with `page.py` in it. A folder called `pages/` would be served by Streamlit past this
router, to the first visitor who comes by a deep link.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.navigation.page import StreamlitPage
from streamlit.starlette import App

from app import ahead
from app.door import Door
from app.shared.widgets import remembered
from app.shared.widgets.boundary import boundary
from app.shared.widgets.browser import plotly_route
from app.shared.widgets.browser.charts import charts_by_keyboard
from app.shared.widgets.sign_in import admitted
from app.train.widgets.queue_worker import wake
from pmf.places import ASSETS, settle

APP = Path(__file__).parent
LOGO = ASSETS / "logo.svg"


def _page(folder: str, icon: str | None, url_path: str | None = None, **settings: Any) -> StreamlitPage:
    """A page at the address of its folder."""
    file = APP / folder / "page.py"
    return st.Page(file, title=folder.capitalize(), icon=icon, url_path=url_path or folder, **settings)


def route() -> None:
    """Draw the page that the address names."""
    settle()
    st.set_page_config(page_title="PMF Explorer", page_icon=str(LOGO), layout="wide")
    st.html(APP / "shared" / "widgets" / "style.html")
    st.logo(str(LOGO), size="large")
    inside = admitted()
    # the first page answers to its name as well as to the bare address
    page = st.navigation(
        [
            _page("overview", ":material/dashboard:", url_path="start", default=True),
            _page("data", ":material/database:"),
            _page("train", ":material/model_training:"),
            _page("freezing", ":material/ac_unit:"),
            _page("embeddings", ":material/scatter_plot:"),
            _page("matches", ":material/compare_arrows:"),
            _page("review", ":material/fact_check:"),
            _page("failures", ":material/troubleshoot:"),
            _page("compare", ":material/difference:"),
            _page("learn", ":material/school:"),
            _page("account", ":material/account_circle:"),
            _page("overview", None, visibility="hidden"),
        ],
        position="top" if inside else "hidden",
    )
    if inside:
        with boundary():
            wake()
        try:
            with boundary():
                page.run()
        finally:  # also where a page stops early, or moves on to another
            remembered.write()
            charts_by_keyboard()


if __name__ == "__main__":
    route()
else:  # `streamlit run` finds the name below, and has this module served with what stands before it
    ahead.load()
    server = App(Path(__file__).resolve(), routes=[plotly_route()], middleware=[Middleware(Door)])
