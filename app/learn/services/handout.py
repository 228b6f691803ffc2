"""The lesson on a sheet of paper: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.learn.services.formulas import as_mathml
from app.learn.services.words import Step

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
@page { size: A4; margin: 11mm }
body { font: 10pt/1.35 system-ui, sans-serif; max-width: 190mm; margin: 0 auto; color: #111; background: #fff }
h1 { font-size: 15pt; margin: 0 } h2 { font-size: 11pt; margin: 0 0 1mm } p { margin: 0 0 1mm }
header { display: flex; gap: 5mm; align-items: center; border-bottom: 1pt solid #999; padding-bottom: 2mm }
header img { height: 18mm } header div { flex: 1 }
main { columns: 2; column-gap: 8mm; margin-top: 3mm } section { break-inside: avoid; margin-bottom: 4mm }
math { font-size: 10pt; margin: 1mm 0 } .of { color: #444; font-size: 9pt } footer { color: #444; font-size: 8.5pt }
"""


def handout(title: str, about: str, pair: Sequence[tuple[str, str | None]], steps: Sequence[Step]) -> str:
    """One page; all text in it is escaped, and the browser is told to load nothing.

    Args:
        title: of the lesson.
        about: which run it tells of, a sentence.
        pair: name and picture of both entities that are followed; a picture is an address that holds it.
        steps: of the lesson.
    """
    pictures = "".join(
        f'<figure style="margin:0;text-align:center">'
        f'{f"""<img src="{escape(picture)}" alt="">""" if picture else ""}<div class="of">{escape(name)}</div></figure>'
        for name, picture in pair
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><header><div><h1>{escape(title)}</h1><p>{escape(about)}</p></div>{pictures}"
        f"</header><main>{''.join(_step(number, step) for number, step in enumerate(steps, 1))}</main>"
        "<footer>Huang et al., Progressively Modality Freezing for Multi-Modal Entity Alignment, ACL 2024, "
        "arXiv 2407.16168.</footer></body></html>\n"
    )


def _step(number: int, step: Step) -> str:
    words = "".join(f"<p>{_bold(text)}</p>" for text in step.words)
    lines = "".join(
        (f'<p class="of">{escape(of)}</p>' if of else "") + as_mathml(formula) for of, formula in step.formulas
    )
    return f"<section><h2>{number}. {escape(step.title)}</h2>{words}{lines}</section>"


def _bold(text: str) -> str:
    return "".join(
        f"<b>{escape(part)}</b>" if place % 2 else escape(part) for place, part in enumerate(text.split("**"))
    )
