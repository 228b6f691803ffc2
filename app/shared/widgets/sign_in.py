"""The way in, where a server asks people to sign in, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAuthError

from app.shared.services.access import NotAllowedError
from app.shared.widgets import user
from app.shared.widgets.text import plain
from pmf.errors import PMFError

DEFAULT = "default"


def admitted() -> bool:
    """Whether this user may see the pages; where not, draws what to do first."""
    try:
        user.current()
    except user.SignedOutError:
        _door("Sign in to look at runs and data.")
        _sign_in_buttons(user.sign_in_settings() or {})
    except NotAllowedError as error:
        _door(f"{plain(error, 300)}.")
        if st.user.get("is_logged_in"):
            sign_out_button()
    except PMFError as error:
        _door(f"This server is not set up: {plain(error, 300)}.")
    else:
        return True
    return False


def sign_out_button() -> None:
    """Ends the session here, and at the provider where it offers that."""
    st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _door(sentence: str) -> None:
    st.title("PMF Explorer", anchor=False)
    st.markdown(sentence)


def _sign_in_buttons(auth: Mapping[str, Any]) -> None:
    """One for each provider."""
    names = [name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value]
    for name in [DEFAULT, *names] if "client_id" in auth or not names else names:
        label = "Sign in" if name == DEFAULT else f"Sign in with {plain(name, 40)}"
        if st.button(label, type="primary", icon=":material/login:", key=f"sign_in.{name}"):
            try:
                st.login(name)
            except StreamlitAuthError as error:
                st.error(plain(error, 300))
