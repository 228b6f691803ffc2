"""Who reviews in these tests."""

from __future__ import annotations

from collections.abc import Callable

from app.shared.services.access import Role, User
from app.store import Event

ANN = User(name="ann", role=Role.ANNOTATOR)
BEN = User(name="ben", role=Role.ANNOTATOR)
ADA = User(name="ada", role=Role.ADMIN)
VIEWER = User(name="vic", role=Role.VIEWER)

Judge = Callable[..., Event]
