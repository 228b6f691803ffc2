"""What a training uses, what not and why: the sentences of `pmf.audit.account`, with a sign each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.shared.widgets.text import plain

SIGNS = {
    "used": ":material/check_circle:",
    "alike": ":material/warning:",
    "not used": ":material/remove_circle_outline:",
    "links": ":material/link:",
    "offer": ":material/help:",
}
SHOWN = 600


def show_account(account: Mapping[str, Any] | None, *, left_out: bool | None = None) -> None:
    """The account as `Account.to_dict` gives it; nothing of a run that has none.

    Args:
        account: of a data set or a run folder, which may come from anybody.
        left_out: only the modalities that are not used, or only the others, the links and what could be read
            otherwise; None for both.
    """
    lines = (account or {}).get("lines", [])
    uses = (account or {}).get("modalities", [])
    for line, use in zip(lines, uses, strict=False):
        if left_out is not None and left_out == bool(use.get("used")):
            continue
        sign = "alike" if use.get("used") and use.get("alike") else "used" if use.get("used") else "not used"
        st.markdown(f"{SIGNS[sign]} {plain(line, SHOWN)}")
    for place, line in enumerate([] if left_out else lines[len(uses) :]):
        st.markdown(f"{SIGNS['offer' if place else 'links']} {plain(line, SHOWN)}")
