"""Pictures and picture features that cannot be used, or that say the same of different entities."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from pmf.arrays import Ids
from pmf.audit.findings import Finding, Severity, SideName, percent, some
from pmf.audit.side import Side
from pmf.data import pictures
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted
from pmf.data.pictures import MAX_PIXELS
from pmf.progress import Progress

State = Literal["still", "moving", "too large", "unreadable", "one colour"]

_USELESS: tuple[tuple[State, Severity, str, str], ...] = (
    ("unreadable", "warning", "cannot be read (broken, or of an unknown format)", "the entity counts as one without"),
    ("too large", "warning", f"above {MAX_PIXELS // 1_000_000} megapixels", "the entity counts as one without"),
    ("moving", "note", "animated", "only the first frame is used"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """One picture file looked at: what it is, and the SHA-256 of its pixels ("" for one that cannot be used)."""

    state: State
    digest: str = ""


def look_at(path: Path) -> Look:
    """Decode an untrusted picture, within the limits of `pmf.data.pictures.look_at`."""
    opened = pictures.look_at(path)
    if opened.picture is None:
        return Look("too large" if opened.problem == "too large" else "unreadable")
    digest = hashlib.sha256(opened.picture.tobytes() + str(opened.picture.size).encode()).hexdigest()
    on_white = Image.alpha_composite(Image.new("RGBA", opened.picture.size, "white"), opened.picture)
    plain = on_white.convert("RGB").getcolors(1) is not None
    return Look("one colour" if plain else "moving" if opened.moving else "still", digest)


def picture_findings(pair: GraphPair, sides: tuple[Side, Side], *, progress: Progress) -> Iterator[Finding]:
    """Look at every picture file.

    Args:
        pair: the data set.
        sides: both its sides.
        progress: of the pictures.

    Yields:
        Pictures that are unreadable, too large, animated or of one colour; entities of one side with identical
        pictures; links whose two pictures are the same.
    """
    paths = {path for side in sides for path in side.graph.images.values()}
    looks: dict[Path, Look] = {}
    for done, path in enumerate(sorted(paths), start=1):
        looks[path] = look_at(path)
        progress("pictures", done, len(paths))
    shown: dict[int, str] = {}  # entity → digest of its picture
    for side in sides:
        seen = {row + side.offset: looks[path] for row, path in side.graph.images.items()}
        for state, severity, what, effect in _USELESS:
            looked = [entity for entity, look in seen.items() if look.state == state]
            if looked:
                sentence = f"{counted(len(looked), 'picture', 'pictures')} {what}: {effect}."
                check = f"picture_{state.replace(' ', '_')}"
                yield _finding(check, severity, side.name, looked, len(seen), sentence)
        yield from _one_colour(side.name, seen)
        digests = {entity: look.digest for entity, look in seen.items() if look.digest}
        yield from _identical("identical_pictures", "picture", side.name, digests)
        shown |= digests
    yield from _same_on_both(pair.links, shown)


def _one_colour(side: SideName, seen: dict[int, Look]) -> Iterator[Finding]:
    plain = [entity for entity, look in seen.items() if look.state == "one colour"]
    if plain:
        share = len(plain) / len(seen)
        sentence = (
            f"{counted(len(plain), 'picture is', 'pictures are')} of one colour ({percent(share)} of them): nothing is "
            "on them that could tell entities apart."
        )
        yield _finding("picture_one_colour", "warning" if share >= 0.05 else "note", side, plain, len(seen), sentence)


def feature_findings(side: Side) -> Iterator[Finding]:
    """Picture features that are zero, or identical, as those filled in for missing pictures often are."""
    vectors = {row + side.offset: vector for row, vector in side.graph.image_features.items()}
    zero = [entity for entity, vector in vectors.items() if not vector.any()]
    if zero:
        yield _finding(
            "zero_picture_features",
            "note",
            side.name,
            zero,
            len(vectors),
            f"{counted(len(zero), 'picture feature is', 'picture features are')} zero: the entities count as without.",
        )
    digests = {
        entity: hashlib.sha256(vector.tobytes()).hexdigest() for entity, vector in vectors.items() if vector.any()
    }
    yield from _identical("identical_picture_features", "picture feature", side.name, digests)


def _identical(check: str, what: str, side: SideName, digests: dict[int, str]) -> Iterator[Finding]:
    times = Counter(digests.values())
    repeated = sorted((entity for entity, digest in digests.items() if times[digest] > 1), key=lambda e: digests[e])
    if repeated:
        largest = times.most_common(1)[0][1]
        yield _finding(
            check,
            "warning" if len(repeated) / len(digests) >= 0.05 else "note",
            side,
            repeated,
            len(digests),
            f"{len(repeated):,} entities ({percent(len(repeated) / len(digests))} of those with one) share a {what} "
            f"with another entity of the same graph, up to {largest:,} the same one: it cannot tell them apart.",
        )


def _same_on_both(links: Ids, shown: dict[int, str]) -> Iterator[Finding]:
    both = [(int(s), int(t)) for s, t in np.unique(links, axis=0) if int(s) in shown and int(t) in shown]
    same = [pair for pair in both if shown[pair[0]] == shown[pair[1]]]
    if same:
        share = len(same) / len(both)
        yield Finding(
            check="same_picture_on_both_sides",
            severity="warning" if share >= 0.2 else "note",
            side="both",
            count=len(same),
            share=share,
            sentence=f"{percent(share)} of the links between entities with pictures join entities with the very same "
            "file: a shortcut for models that see pictures.",
            examples=some(entity for pair in same for entity in pair),
            strength=share,
        )


def _finding(check: str, severity: Severity, side: SideName, entities: list[int], of: int, sentence: str) -> Finding:
    return Finding(
        check=check,
        severity=severity,
        side=side,
        count=len(entities),
        share=len(entities) / of,
        sentence=sentence,
        examples=some(entities),
    )
