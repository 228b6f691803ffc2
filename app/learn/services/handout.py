"""The lesson on a sheet of paper: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.learn.services.formulas import as_mathml
from app.learn.services.words import FREEZING, Step

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
@page { size: A4; margin: 11mm }
body { font: 9.5pt/1.32 system-ui, sans-serif; max-width: 190mm; margin: 0 auto; color: #111; background: #fff }
h1 { font-size: 15pt; margin: 0 } h2 { font-size: 11pt; margin: 0 0 1mm; break-after: avoid }
p { margin: 0 0 1mm }
header { display: flex; gap: 5mm; align-items: center; border-bottom: 1pt solid #999; padding-bottom: 2mm }
figure { margin: 0; text-align: center } figcaption { font-size: 8pt; color: #444; overflow: hidden }
header img { height: 16mm } header div { flex: 1 } .strip { display: flex; flex-wrap: wrap; gap: 1mm; margin: 1mm 0 }
.strip figure { width: 16mm }
.strip figcaption { white-space: nowrap; text-overflow: ellipsis }
.strip img { width: 13mm; height: 9mm; object-fit: contain; filter: grayscale(.8) opacity(.6) }
@media screen { body { padding: 8mm } }
main { columns: 2; column-gap: 8mm; margin-top: 3mm } section { margin-bottom: 3.5mm }
math { font-size: 10pt; margin: 1mm 0; break-inside: avoid } .of { color: #444; font-size: 9pt }
footer { color: #444; font-size: 8.5pt }
"""


Picture = tuple[str, str | None]
"""A name, and a picture as an address that holds it."""


def handout(title: str, about: str, pair: Sequence[Picture], steps: Sequence[Step], frozen: Sequence[Picture]) -> str:
    """One page; all text in it is escaped, and the browser is told to load nothing.

    Args:
        title: of the lesson.
        about: which run it tells of, a sentence.
        pair: both entities that are followed.
        steps: of the lesson.
        frozen: some that the run froze, for the step that is about it.
    """
    sections = "".join(_step(n, step, frozen if step.title == FREEZING else ()) for n, step in enumerate(steps, 1))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><header><div><h1>{escape(title)}</h1><p>{escape(about)}</p></div>"
        f"{''.join(map(_picture, pair))}</header><main>{sections}</main>"
        "<footer>Huang et al., Progressively Modality Freezing for Multi-Modal Entity Alignment, ACL 2024, "
        "arXiv 2407.16168.</footer></body></html>\n"
    )


def _picture(one: Picture) -> str:
    name, address = one
    drawn = f'<img src="{escape(address)}" alt="">' if address else ""
    return f"<figure>{drawn}<figcaption>{escape(name)}</figcaption></figure>"


def _step(number: int, step: Step, pictures: Sequence[Picture]) -> str:
    words = "".join(f"<p>{_bold(text)}</p>" for text in step.words)
    lines = "".join(
        (f'<p class="of">{escape(of)}</p>' if of else "") + as_mathml(formula) for of, formula in step.formulas
    )
    shown = f'<div class="strip">{"".join(map(_picture, pictures))}</div>' if pictures else ""
    return f"<section><h2>{number}. {escape(step.title)}</h2>{words}{shown}{lines}</section>"


def _bold(text: str) -> str:
    return "".join(
        f"<b>{escape(part)}</b>" if place % 2 else escape(part) for place, part in enumerate(text.split("**"))
    )
