"""Fixed data for `app.review.figures.review`, whose drawings are SVG."""

from __future__ import annotations

from collections.abc import Callable

from app.review.figures import review
from app.review.services.evidence import ModalityEvidence

BARS = [
    ModalityEvidence(modality="structure", share=0.21, state="used", alone=1, without=14),
    ModalityEvidence(modality="attribute", share=-0.03, state="used", alone=212.5, without=1),
    ModalityEvidence(modality="image", share=0.0, state="frozen 12", alone=3, without=1),
    ModalityEvidence(modality="relation", share=0.0, state="missing", alone=400, without=1),
]
PAIRS = [("Vienna", "Wien"), ("Danube", "Donau"), ("<b>Alps</b>", "Alpen")]

EXAMPLES: dict[str, Callable[[], str]] = {
    "evidence": lambda: review.evidence(BARS, dark=False),
    "evidence_in_words": lambda: review.evidence_in_words(BARS),
    "linked": lambda: review.linked(PAIRS, dark=False),
    "linked: many": lambda: review.linked(PAIRS * 3, dark=False),
}
