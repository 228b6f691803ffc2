"""Which entity gets which picture: the right one, one beside the point, or none."""

from __future__ import annotations

from pathlib import Path
from random import Random

from PIL import Image

from . import decoys, money, styles
from .flags import flag
from .graphs import Graph, write_rows
from .tables import Thing, rows

PICTURED = ("country", "currency")
IRRELEVANT = 0.25
MISSING = 0.08


def plan(things: list[Thing], side: int) -> dict[Thing, str]:
    """The kind of picture of each thing, in exact shares, chosen for one side alone."""
    order = sorted(things)
    Random(f"pictures of side {side}").shuffle(order)
    wrong, none = round(IRRELEVANT * len(order)), round(MISSING * len(order))
    kinds = ["irrelevant"] * wrong + ["missing"] * none + ["relevant"] * (len(order) - wrong - none)
    return dict(zip(order, kinds, strict=True))


def portrait(thing: Thing, side: int) -> tuple[Image.Image, str]:
    """The right picture of a thing, and what it shows."""
    if thing.kind == "country":
        return flag(thing.key), "flag"
    number = int(next(r["numeric"] for r in rows("currencies") if r["code"] == thing.key))
    if side == 1:
        return money.coin(thing.key, number), "coin"
    return money.banknote(thing.key, number), "banknote"


def write_pictures(graph: Graph, folder: Path) -> list[tuple[str, str, str]]:
    """Draws and writes the pictures of one side; returns what each entity's picture is."""
    side, uris = graph.side, graph.uris()
    kinds = plan([thing for thing in uris if thing.kind in PICTURED], side)
    shown = [thing for thing, kind in sorted(kinds.items()) if kind != "missing"]
    rng = Random(f"album of side {side}")
    rng.shuffle(shown)
    (folder / f"images_{side}").mkdir()
    listed = []
    truth = [(uris[thing], "missing", "nothing") for thing, kind in kinds.items() if kind == "missing"]
    for number, thing in enumerate(shown, start=1):
        large, shows = decoys.decoy(rng) if kinds[thing] == "irrelevant" else portrait(thing, side)
        path = f"images_{side}/{number:04d}.png"
        styles.save(styles.finish(large, side), folder / path, side)
        listed.append((uris[thing], path))
        truth.append((uris[thing], kinds[thing], shows))
    write_rows(folder / f"images_{side}.tsv", listed)
    return truth
