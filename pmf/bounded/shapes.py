"""What plain values, as JSON has them, must look like: each function makes a check, which says what is wrong where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], None]
"""Called with a value and its place, e.g. "config.train.epochs"; raises `ValueError` where the value does not fit."""

_DEEPEST = 6
_MOST = 100_000  # entries of a list or names of a group that no check knows


def whole(lowest: int = 0, highest: int = 2**63 - 1) -> Check:
    """An integer of a range, both ends in it."""

    def check(value: Any, where: str) -> None:
        fits = type(value) is int and lowest <= value <= highest
        _require(fits, where, value, f"a whole number from {lowest:,} to {highest:,}")

    return check


def number(lowest: float = -math.inf, highest: float = math.inf) -> Check:
    """A finite number of a range, both ends in it."""

    def check(value: Any, where: str) -> None:
        # not isfinite() of any integer: it would turn one of a thousand digits into a float
        fits = type(value) in (int, float) and abs(value) <= 1e300 and lowest <= value <= highest
        within = "" if (lowest, highest) == (-math.inf, math.inf) else f" from {lowest:g} to {highest:g}"
        _require(fits, where, value, f"a finite number{within}")

    return check


def text(longest: int = 10_000) -> Check:
    """Valid Unicode of a length."""

    def check(value: Any, where: str) -> None:
        fits = isinstance(value, str) and len(value) <= longest and not any("\ud800" <= c <= "\udfff" for c in value)
        _require(fits, where, value, f"text of {longest:,} characters at most")

    return check


def truth(value: Any, where: str) -> None:
    """True or false."""
    _require(type(value) is bool, where, value, "true or false")


def one_of(*allowed: Any) -> Check:
    """One of some values."""

    def check(value: Any, where: str) -> None:
        fits = any(type(value) is type(choice) and value == choice for choice in allowed)
        _require(fits, where, value, f"one of {', '.join(map(str, allowed))}")

    return check


def optional(inner: Check) -> Check:
    """Null, or what another check lets pass."""

    def check(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)

    return check


def list_of(inner: Check, *, most: int = _MOST, exactly: int | None = None) -> Check:
    """A list of alike values."""

    def check(value: Any, where: str) -> None:
        fits = isinstance(value, list) and (len(value) <= most if exactly is None else len(value) == exactly)
        _require(fits, where, value, f"a list of {f'{most:,} at most' if exactly is None else exactly}")
        for position, item in enumerate(value):
            inner(item, f"{where}[{position}]")

    return check


def group_of(inner: Check, *names: str) -> Check:
    """Name → value, all alike; with `names`, no others."""

    def check(value: Any, where: str) -> None:
        _require(isinstance(value, dict) and len(value) <= _MOST, where, value, "a group of values by name")
        for name, item in value.items():
            _require(not names or name in names, f"a name in {where}", name, f"one of {', '.join(names)}")
            text(200)(name, f"a name in {where}")
            inner(item, _inside(where, name))

    return check


def record(needed: Mapping[str, Check], checks: Mapping[str, Check]) -> Check:
    """Name → value, each with its own check; what is neither needed nor known may be anything `plain`."""

    def check(value: Any, where: str) -> None:
        _require(isinstance(value, dict) and len(value) <= _MOST, where, value, "a group of values by name")
        for name in needed:
            if name not in value:
                raise ValueError(f"{_inside(where, name)} is not there")
        for name, item in value.items():
            text(200)(name, f"a name in {where}")
            (needed.get(name) or checks.get(name) or plain)(item, _inside(where, name))

    return check


def plain(value: Any, where: str, depth: int = 0) -> None:
    """Text, numbers, true, false and null, in lists and groups of moderate size and depth."""
    if isinstance(value, dict | list):
        _require(depth < _DEEPEST and len(value) <= _MOST, where, value, "lists and groups of moderate size and depth")
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            plain(item, _inside(where, str(name)), depth + 1)
    elif isinstance(value, str):
        text(100_000)(value, where)
    elif value is not None and type(value) is not bool:
        number()(value, where)


def _inside(where: str, name: str) -> str:
    return f"{where}.{name[:60]}" if where else name[:60]


def _require(fits: bool, where: str, value: Any, expected: str) -> None:
    if not fits:
        kind = type(value).__name__
        shown = repr(value[:40]) if isinstance(value, str) else str(value) if kind == "float" else f"of type {kind}"
        if type(value) is int:
            shown = str(value) if abs(value) < 10**20 else "a number of many digits"
        raise ValueError(f"{where[:200]} is {shown}, expected {expected}")
