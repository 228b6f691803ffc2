"""Plain values into frozen dataclasses: every value by its field's type, unknown names refused."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from pmf.errors import ConfigError

Section = TypeVar("Section")
Value = TypeVar("Value")


def require(condition: bool, message: str) -> None:
    """Raise `ConfigError` with the message unless the condition holds."""
    if not condition:
        raise ConfigError(message)


def parse_settings(items: Iterable[str], option: str) -> dict[str, str]:
    """Settings given on the command line as NAME=VALUE, each after the option.

    Raises:
        ConfigError: one has no "=".
    """
    settings = {}
    for item in items:
        name, separator, settings[name] = item.partition("=")
        require(bool(separator), f"{option} needs NAME=VALUE, got {item}")
    return settings


def setting(default: Value, meaning: str, *, choices: tuple[str, ...] = ()) -> Value:
    """A field of a section.

    Args:
        default: its value where nothing else is said.
        meaning: what it means, for the app and for readers of the code.
        choices: all values that it may have, where its type does not say so.
    """
    made: Value = dataclasses.field(default=default, metadata={"meaning": meaning, "choices": choices})
    return made


def hints_of(kind: type[Any]) -> dict[str, Any]:
    """The type of each field; of one with choices, those."""
    hints = typing.get_type_hints(kind)
    choices = {f.name: f.metadata.get("choices") for f in dataclasses.fields(kind)}
    return {name: Literal[values] if values else hints[name] for name, values in choices.items()}


def build(kind: type[Section], values: Mapping[str, Any], where: str = "") -> Section:
    """A section from plain values, each turned into its field's type; unknown names are refused."""
    hints = hints_of(kind)
    unknown = [name for name in values if name not in hints]
    require(not unknown, f"there is no setting {where}{', '.join(unknown)}")
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            arguments[name] = build(typing.cast("type[Any]", hint), value, f"{where}{name}.")
        else:
            arguments[name] = value_of(value, hint, where + name)
    return kind(**arguments)


def value_of(value: Any, hint: Any, name: str) -> Any:
    """A setting's value of plain data, which may be text.

    Args:
        value: the data.
        hint: its field's type.
        name: of the setting, for the error messages.

    Raises:
        ConfigError: it is of another type, or none of the choices.
    """
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
