"""Plain values into frozen dataclasses: every value by its field's type, unknown names refused."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pmf.errors import ConfigError

Section = TypeVar("Section")


def require(condition: bool, message: str) -> None:
    """Raise `ConfigError` with the message unless the condition holds."""
    if not condition:
        raise ConfigError(message)


def build(kind: type[Section], values: Mapping[str, Any], where: str = "") -> Section:
    """A section from plain values, each turned into its field's type; unknown names are refused."""
    hints = typing.get_type_hints(kind)
    choices = {f.name: f.metadata.get("choices", ()) for f in dataclasses.fields(typing.cast("Any", kind))}
    unknown = [name for name in values if name not in hints]
    require(not unknown, f"there is no setting {where}{', '.join(unknown)}")
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            arguments[name] = build(typing.cast("type[Any]", hint), value, f"{where}{name}.")
        else:
            arguments[name] = _coerce(value, Literal[choices[name]] if choices[name] else hint, where + name)
    return kind(**arguments)


def _coerce(value: Any, hint: Any, name: str) -> Any:
    """`value`, which may be text, as the type that `hint` says."""
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        require(value in choices, f"{name} must be one of {', '.join(map(str, choices))}, got {value}")
        return value
    if typing.get_origin(hint) is types.UnionType:
        if value is None or value == "none":
            return None
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    if typing.get_origin(hint) is tuple:
        return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    if hint is bool:
        require(str(value).lower() in ("true", "false"), f"{name} must be true or false, got {value}")
        return str(value).lower() == "true"
    if isinstance(value, bool) or (hint is int and isinstance(value, float)):
        raise ConfigError(f"{name} must be a {hint.__name__}, got {value}")
    try:
        number = hint(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} must be a {hint.__name__}, got {value}") from None
    require(number == number and number not in (float("inf"), float("-inf")), f"{name} must be finite, got {value}")
    return number
