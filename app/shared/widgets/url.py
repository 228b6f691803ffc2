"""Widgets whose value lives in the address bar, so that every view can be sent to somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import streamlit as st

Option = TypeVar("Option")


def get(name: str) -> str | None:
    """A query parameter."""
    return st.query_params.get(name)


def put(**values: object) -> None:
    """Set query parameters; None removes one."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif get(name) != str(value):  # the browser would note the same address twice
            st.query_params[name] = str(value)


def integer(name: str, below: int) -> int | None:
    """A query parameter as a number in 0 … below-1, None where it is not one."""
    return number(get(name) or "", below)


def number(text: str, below: int) -> int | None:
    """A part of an address as a number in 0 … below-1, None where it is not one."""
    fits = text.isascii() and text.isdigit() and len(text) <= 18  # Python refuses to read thousands of digits
    return int(text) if fits and int(text) < below else None


def choose(
    widget: Callable[..., Any], label: str, options: Sequence[Option], name: str, *, default: Option, **settings: Any
) -> Option:
    """A selectbox, segmented control, … bound to the query parameter `name`; unknown values become the default."""
    by_text = {str(option): option for option in options}
    key = f"url.{name}"
    st.session_state[key] = by_text.get(get(name) or "", default)
    return widget(label, options, key=key, on_change=_write, args=(name, key, default), **settings)


def several(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[Option],
    name: str,
    *,
    default: Sequence[Option],
    **settings: Any,
) -> list[Option]:
    """A multiselect bound to the query parameter `name`, commas between; unknown values are passed over."""
    by_text = {str(option): option for option in options}
    key = f"url.{name}"
    text = get(name)
    values = [by_text[part] for part in dict.fromkeys((text or "").split(",")) if part in by_text]
    st.session_state[key] = (list(default) if text is None else values)[: settings.get("max_selections")]
    return list(widget(label, options, key=key, on_change=_write_several, args=(name, key), **settings))


def text(label: str, name: str, **settings: Any) -> str:
    """A text field bound to the query parameter `name`."""
    key = f"url.{name}"
    st.session_state[key] = get(name) or ""
    return st.text_input(label, key=key, on_change=_write, args=(name, key, ""), **settings) or ""


def _write(name: str, key: str, default: object) -> None:
    value = st.session_state[key]
    put(**{name: None if value == default else value})


def _write_several(name: str, key: str) -> None:
    put(**{name: ",".join(map(str, st.session_state[key]))})


def link(page: str, label: str, parameters: Mapping[str, object], **settings: Any) -> None:
    """A link to another page that keeps the run."""
    st.page_link(f"{page}/page.py", label=label, query_params=_with_run(parameters), **settings)


def open_page(page: str, parameters: Mapping[str, object]) -> NoReturn:
    """Go to another page, and keep the run."""
    st.switch_page(f"{page}/page.py", query_params=_with_run(parameters))


def _with_run(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in {"run": get("run"), **parameters}.items() if value is not None}
