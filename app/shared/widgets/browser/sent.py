"""What a component of ours sent from the browser; anybody could have sent it, so nothing of it is taken on trust."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import streamlit as st

from app.shared.services.for_browser import Json


def sent_state(key: str, name: str) -> Json:
    """What a browser sent, if it is of the kind that ours sends."""
    sent = (st.session_state.get(key) or {}).get(name)
    return dict(sent) if isinstance(sent, dict) else {}


def entity_ids(sent: Any, n: int) -> list[int]:
    """Entities that a browser named."""
    listed = sent if isinstance(sent, list) else []
    return [i for i in listed if isinstance(i, int) and not isinstance(i, bool) and 0 <= i < n]


def keep_address(key: str, ours: Container[str]) -> None:
    """Note what the browser has put into the address: a server that does not know of it would take it out again.

    Args:
        key: of the mount, whose state `looked` has it under `address`: name → list of values.
        ours: the query parameters of this component.
    """
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    sent = sent_state(key, "looked").get("address")
    new = {
        name: [str(value) for value in values]
        for name, values in (sent if isinstance(sent, dict) else {}).items()
        if name in ours and isinstance(values, list)
    }
    after = {name: values for name, values in before.items() if name not in new} | new  # in the browser's order
    if (after := {name: values for name, values in after.items() if values}) != before:
        st.query_params.from_dict(after)
