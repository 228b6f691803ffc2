"""Who may do what: roles, and who has which on a server where people sign in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from pmf.errors import ConfigError, PMFError

ADMINS, ANNOTATORS, DEFAULT = "PMF_ADMINS", "PMF_ANNOTATORS", "PMF_DEFAULT_ROLE"


class Role(IntEnum):
    """What somebody may do; each includes those before it."""

    VIEWER = 1
    ANNOTATOR = 2
    ADMIN = 3


DEFAULTS = {"none": None, "viewer": Role.VIEWER, "annotator": Role.ANNOTATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who uses the app.

    Args:
        name: stable id that is stored with what they do: their e-mail address, or the name given locally.
        role: the most they may do.
    """

    name: str
    role: Role


class NotAllowedError(PMFError):
    """Somebody asked for something that their role does not include."""


def require(user: User, role: Role, what: str) -> None:
    """Let a user pass who has a role, or a higher one.

    Args:
        user: who asks.
        role: the least that is needed.
        what: what they want to do, as it follows "may not": "start a training".

    Raises:
        NotAllowedError: their role is too low.
    """
    if user.role < role:
        have, need = user.role.name.lower(), role.name.lower()
        raise NotAllowedError(f"{user.name} may not {what}: that needs the role {need}, and theirs is {have}")


def local(name: str) -> User:
    """The user of an app without sign-in: an admin, because the machine is theirs.

    Args:
        name: whatever they are called.

    Raises:
        NotAllowedError: the server gives out roles, so sign-in was meant to be there.
    """
    given = [variable for variable in (ADMINS, ANNOTATORS, DEFAULT) if os.environ.get(variable)]
    if given:
        raise NotAllowedError(
            f"{given[0]} is set but nobody can sign in: secrets.toml has no [auth]; add it, or unset {given[0]}"
        )
    return User(name=name, role=Role.ADMIN)


def signed_in(claims: Mapping[str, object]) -> User:
    """The user behind an account that signed in.

    Args:
        claims: of the identity token, already verified: "email", and "email_verified" by the provider's word.

    Raises:
        NotAllowedError: the address is not verified, or the server has no role for it.
        ConfigError: the server's list of roles cannot be read.
    """
    email = str(claims.get("email") or "")
    if not email.isascii() or email.count("@") != 1:  # other alphabets have letters that turn into ours in lower case
        raise NotAllowedError("Your account has no e-mail address that this server can use")
    email = email.lower()
    if str(claims.get("email_verified")).lower() != "true":  # some providers send it as text
        raise NotAllowedError(f"Your sign-in provider has not verified the address {email}, so it is not trusted here")
    role = _role(email)
    if role is None:
        raise NotAllowedError(f"{email} has no access to this server; ask its administrator")
    return User(name=email, role=role)


def _role(email: str) -> Role | None:
    for variable, role in ((ADMINS, Role.ADMIN), (ANNOTATORS, Role.ANNOTATOR)):
        if {email, "@" + email.partition("@")[2]} & _listed(variable):
            return role
    default = os.environ.get(DEFAULT) or "none"
    if default not in DEFAULTS:
        raise ConfigError(f"{DEFAULT} is {default}; it can be {', '.join(DEFAULTS)}")
    return DEFAULTS[default]


def _listed(variable: str) -> set[str]:
    """Addresses and domains ("@example.org") in an environment variable, separated by commas."""
    entries = {entry.strip().lower() for entry in os.environ.get(variable, "").split(",")} - {""}
    if wrong := sorted(entry for entry in entries if "@" not in entry or entry.endswith("@")):
        raise ConfigError(f"{variable} has {wrong[0]}; expected e-mail addresses, or domains like @example.org")
    return entries
