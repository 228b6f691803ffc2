"""Who looks at this page; the only place that reads `st.user`."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.shared.services import access
from app.shared.services.access import NotAllowedError, User
from app.shared.widgets import remembered, url
from app.shared.widgets.text import plain, short
from pmf.errors import ConfigError

NAME, COLOUR = "user", "colour"
COLOURS = ("blue", "green", "orange", "red", "violet", "gray")
"""What one's own name is shown in; each can be read in both themes."""
LONGEST = 60
SHORTEST_SECRET = 32


class SignedOutError(NotAllowedError):
    """Somebody has to sign in first."""


def current() -> User:
    """Who looks at this page: the user who signed in, or the local user where there is no sign-in.

    Raises:
        NotAllowedError: they did not sign in, or the server has no role for them.
        ConfigError: the server's settings for sign-in cannot be used.
    """
    if sign_in_settings() is None:
        return access.local(_local_name())
    return _signed_in(st.user.to_dict())


def of_claims(claims: Mapping[str, Any]) -> User:
    """The same of somebody whose page is not being drawn: what their session knows of them.

    Raises:
        NotAllowedError: they did not sign in, or the server has no role for them.
        ConfigError: the server's settings for sign-in cannot be used.
    """
    return access.local("local") if sign_in_settings() is None else _signed_in(claims)


def _signed_in(claims: Mapping[str, Any]) -> User:
    if not claims.get("is_logged_in"):
        raise SignedOutError("Sign in to see this page")
    return access.signed_in(claims)


def sign_in_settings() -> Mapping[str, Any] | None:
    """`[auth]` of `secrets.toml`; None where there is none, and everybody who comes is at home.

    Raises:
        ConfigError: it cannot be read, or makes it easy to sign in as somebody else.
    """
    try:
        auth: Mapping[str, Any] | None = st.secrets.get("auth")
    except (OSError, ValueError) as error:
        if any(os.path.lexists(path) for path in st.get_option("secrets.files")):
            raise ConfigError("secrets.toml of this server cannot be read; its log says why") from error
        return None
    if auth is None:
        return None
    if len(str(auth.get("cookie_secret", ""))) < SHORTEST_SECRET:
        raise ConfigError(f"cookie_secret in secrets.toml needs {SHORTEST_SECRET} characters or more, by chance")
    # who signs in from elsewhere is not to read any folder of this machine, unless the server says so
    os.environ.setdefault("PMF_DATA_ONLY_ROOT", "1")
    return auth


def rename(name: str) -> None:
    """Go by another name in this browser, where there is no sign-in; "" is the first name again."""
    remembered.remember(NAME, short(name, LONGEST))


def colour() -> str:
    """The colour chosen in this browser, else the first."""
    chosen = remembered.recall(COLOUR)
    return chosen if chosen in COLOURS else COLOURS[0]


def signed(name: str) -> str:
    """Somebody's name as Markdown; one's own in one's own colour, with a sign for who sees no colour."""
    own = name == current().name
    return f":{colour()}-badge[:material/person: {plain(name, LONGEST)}]" if own else f"**{plain(name, LONGEST)}**"


def _local_name() -> str:
    """The name chosen in this browser, else that of the account which the app runs under.

    It is never in the address: who follows somebody's link would judge under their name.
    """
    url.put(user=None)  # older links have one
    if name := short(remembered.recall(NAME), LONGEST):
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "local"
