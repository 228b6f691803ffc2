"""The method's formulas with the numbers put in that are on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from app.learn.services.ranks import Part
from app.learn.services.training import Contrast


def relevance(cosines: Sequence[float]) -> str:
    """Paper eq. 3.

    Args:
        cosines: the largest few, the first the largest.
    """
    shown = r",\, ".join(f"{cosine:.2f}" for cosine in cosines[:3])
    return (
        r"\begin{aligned} \alpha_i &= \max_k \cos(h_i, h_k)\\[4pt] "
        rf"&= \max({shown},\, \ldots)\\[4pt] &= {cosines[0]:.2f} \end{{aligned}}"
    )


def weight(alpha: float, threshold: float, top: float, result: float) -> str:
    """Paper eq. 4."""
    return (
        r"\begin{aligned} w_i &= \mathrm{ReLU}\left(\frac{\alpha_i-\delta}{\max_j\alpha_j-\delta}\right)\\[4pt] "
        rf"&= \mathrm{{ReLU}}\left(\frac{{{alpha:.2f}-{threshold:.2f}}}{{{top:.2f}-{threshold:.2f}}}\right) "
        rf"= {result:.2f} \end{{aligned}}"
    )


def loss(contrast: Contrast) -> str:
    """InfoNCE of one anchor."""
    positive, hardest = (rf"e^{{{s:.2f}/{contrast.temperature:g}}}" for s in (contrast.positive, contrast.hardest))
    return (
        r"\begin{aligned} \ell &= -\log\frac{e^{s/\tau}}{e^{s/\tau}+\sum_k e^{s_k/\tau}}\\[4pt] "
        rf"&= -\log\frac{{{positive}}}{{{positive}+{hardest}+\ldots}}\\[4pt] &= {contrast.loss:.3f} \end{{aligned}}"
    )


def fusion(parts: Sequence[Part]) -> str:
    """Similarity of a pair by paper eq. 8, a line for each modality that counts."""
    terms = [
        rf"{'+' if i else '='}\;{part.query:.2f}\cdot{part.truth:.2f}\cdot{_signed(part.cosine)}"
        rf"\quad\text{{{part.modality}}}"
        for i, part in enumerate(parts)
    ] or ["=\\;0"]
    total = sum(part.share for part in parts)
    lines = [r"\cos(h_i,h_k) &= \textstyle\sum_m w_i^m\, w_k^m \cos(h_i^m,h_k^m)", *(f"&{term}" for term in terms)]
    return r"\begin{aligned} " + r"\\[4pt] ".join([*lines, rf"&=\;{total:.2f}"]) + r" \end{aligned}"


def _signed(number: float) -> str:
    return f"{number:.2f}" if number >= 0 else f"({number:.2f})"
