"""How the candidates of an adopted run are ranked: which settings it takes, and which decodings its output allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from pmf.adopting.given import EMBEDDINGS, MATRIX, PAIRS
from pmf.config.build import require
from pmf.config.config import Config
from pmf.config.evaluation import DECODES, EvaluationConfig
from pmf.config.presets import preset

_OF_A_TRAINING = ("scoring", "reliability")  # stored embeddings are unit rows, and their weights are given
SETTINGS = tuple(f"evaluation.{field.name}" for field in fields(EvaluationConfig) if field.name not in _OF_A_TRAINING)
"""What may be set of an adopted run."""

_BY_SCORES = {MATRIX: ("cosine", "csls", "mutual", "sinkhorn"), PAIRS: ("cosine", "csls")}
_WHY = {
    MATRIX: "a run without embeddings keeps each entity's best, not a one-to-one decision",
    PAIRS: "it needs the score of every pair",
}


def evaluation_of(settings: Mapping[str, str], *, scope: str = "closed") -> EvaluationConfig:
    """How candidates are ranked: by cosine, which takes nothing for granted, unless the settings say otherwise.

    Args:
        settings: by name, values as text.
        scope: candidates, where the settings do not say.

    Raises:
        ConfigError: a setting is none of `SETTINGS`, or has a wrong value.
    """
    for name in settings:
        require(name in SETTINGS, f"{name} is no setting of an adopted run; there are {', '.join(SETTINGS)}")
    chosen = {"evaluation.decode": "cosine", "evaluation.scope": scope, **settings}
    return Config(data="").with_settings(chosen).evaluation


def ranking_settings(settings: Mapping[str, str], *, scope: str | None, decode: str | None) -> dict[str, str]:
    """Settings, and the two that have options of their own.

    Raises:
        ConfigError: one of these is said twice.
    """
    own = {f"evaluation.{name}": value for name, value in (("scope", scope), ("decode", decode)) if value is not None}
    for name in own:
        require(name not in settings, f"{name} is said twice: among the settings and by the option of its own")
    return {**settings, **own}


def require_possible(kind: str, decode: str) -> None:
    """Refuse a decoding that what came does not allow.

    Args:
        kind: of what came, see `Given.kind`.
        decode: the decoding.

    Raises:
        ConfigError: it is not allowed; the message names those that are.
    """
    allowed = _BY_SCORES.get(kind, DECODES)
    can = f"{', '.join(allowed)} can (cosine: the scores as they came)"
    require(decode in allowed, f"{decode} cannot work on {kind}: {_WHY.get(kind)}. {can}")


def ranked_by(kind: str, evaluation: EvaluationConfig) -> str:
    """How candidates are ranked, and what else could rank them, in a sentence for people."""
    if evaluation.decode != "cosine":
        of_what = "" if kind == EMBEDDINGS else " of the scores that came"
        return f"Candidates are ranked by {evaluation.decoding_name}{of_what}."
    if kind == EMBEDDINGS:
        ours = Config(data="").with_settings(preset("default")).evaluation
        same = " ".join(
            f"--set evaluation.{name}={getattr(ours, name)}" for name in ("decode", "csls_k", "csls_rounds")
        )
        return f"Candidates are ranked by cosine. Runs trained here use {ours.decoding_name}: {same}."
    others = ", ".join(_BY_SCORES[kind][1:])
    return (
        f"Candidates are ranked by the scores as they came. What else can rank them: --set evaluation.decode={others}."
    )
