"""What a browser remembers of its visitor between visits: in cookies, never in the address, which people pass on."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

PREFIX = "remembered."
LONGEST = 200
_COOKIES = st.components.v2.component(
    "remembered_cookies", html="", js=Path(__file__).with_name("remembered.js").read_text(encoding="utf-8")
)


def recall(name: str) -> str:
    """What was last kept under a name, in this session or an earlier one; "" for nothing."""
    if (key := PREFIX + name) not in st.session_state:
        cookie = st.context.cookies.get(_cookie(name))
        st.session_state[key] = unquote(cookie)[:LONGEST] if isinstance(cookie, str) else ""
    return str(st.session_state[key])


def remember(name: str, value: str) -> None:
    """Keep a value under a name, from now on; "" is nothing."""
    st.session_state[PREFIX + name] = value[:LONGEST]


def write() -> None:
    """Hand everything that is kept to the browser; once, where a page has ended."""
    names = sorted(str(key).removeprefix(PREFIX) for key in st.session_state if str(key).startswith(PREFIX))
    with st.container(key="unseen.remembered"):  # takes no room
        _COOKIES(key="remembered_cookies", data={_cookie(name): st.session_state[PREFIX + name] for name in names})


def _cookie(name: str) -> str:
    return f"pmf_{name}"
