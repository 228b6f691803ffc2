"""Ways to spoil a data folder."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

HOSTILE = (
    "9" * 5000,
    "-1",
    "1e999",
    "NaN",
    "999999999999999999",
    "9223372036854775808",
    "../../../etc/passwd",
    "/etc/passwd",
    "images/../../..",
    "a%00b",
    "%2e%2e%2f",
    "x" * 200_000,
    "\u202e\u0085\u2028",
    "\x00",
    '"',
    "<",
    "<a> <b> <c>",
    '"\\uD800"',
    '"\\u0000"',
    "\t\t\t",
    "\r",
    "=cmd()",
    "",
)


def _change(path: Path, change: Callable[[bytes], bytes]) -> None:
    if path.is_file():
        path.write_bytes(change(path.read_bytes()))


def flip_bytes(path: Path, rng: random.Random) -> None:
    """Some bytes become others."""

    def change(data: bytes) -> bytes:
        spoilt = bytearray(data)
        for _ in range(rng.randint(1, 8) if spoilt else 0):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        return bytes(spoilt)

    _change(path, change)


def truncate(path: Path, rng: random.Random) -> None:
    """The end is missing, perhaps all."""
    _change(path, lambda data: data[: rng.randint(0, len(data))])


def change_lines(path: Path, rng: random.Random) -> None:
    """A line doubled, deleted, moved or joined with the next."""

    def change(data: bytes) -> bytes:
        lines = data.split(b"\n")
        at = rng.randrange(len(lines))
        line = lines.pop(at)
        kind = rng.randrange(4)
        if kind == 0:
            lines[at:at] = [line] * rng.randint(2, 50)
        elif kind == 1:
            lines.insert(rng.randint(0, len(lines)), line)
        elif kind == 2 and at < len(lines):
            lines[at] = line + lines[at]
        return b"\n".join(lines)

    _change(path, change)


def insert_hostile(path: Path, rng: random.Random) -> None:
    """A field becomes, or something is followed by, what no field should be."""

    def change(data: bytes) -> bytes:
        word = rng.choice(HOSTILE).encode()
        separator = rng.choice([b"\t", b"\n", b" ", b",", b'"'])
        fields = data.split(separator)
        at = rng.randrange(len(fields))
        fields[at] = word if rng.random() < 0.7 else fields[at] + word
        return separator.join(fields)

    _change(path, change)


def encode_otherwise(path: Path, rng: random.Random) -> None:
    """Another encoding of the text, or a byte order mark in front."""
    encoding = rng.choice(["utf-16", "utf-32", "latin-1", "utf-8-sig", "shift-jis", "utf-7"])
    _change(path, lambda data: data.decode(errors="replace").encode(encoding, errors="replace"))


def nest(path: Path, rng: random.Random) -> None:
    """Brackets, a hundred thousand deep."""
    bracket = rng.choice([b"[", b"(", b"{", b'"', b"<", b"[ <a:b> ", b"<< "])
    place = rng.random()
    _change(path, lambda data: (at := int(place * len(data)), data[:at] + bracket * 100_000 + data[at:])[1])


def grow(path: Path, rng: random.Random) -> None:
    """The content a few thousand times, without line ends or with them."""
    times = rng.randint(100, 4000)
    joint = rng.choice([b"", b"\n", b"\t"])
    _change(path, lambda data: joint.join([data[:500]] * times))


def replace_by_noise(path: Path, rng: random.Random) -> None:
    """Random bytes."""
    _change(path, lambda _: rng.randbytes(rng.randint(0, 4096)))


def remove(path: Path, rng: random.Random) -> None:
    """No file, a folder, a pipe, or a link to somewhere else in its place."""
    if not path.is_file() and not path.is_symlink():
        return
    path.unlink()
    kind = rng.randrange(5)
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        os.mkfifo(path)
    elif kind > 2:
        path.symlink_to(rng.choice([path.name, "/dev/zero", "/dev/null", "/etc/passwd", "/", "..", "nowhere"]))


def swap(path: Path, rng: random.Random) -> None:
    """Two files under each other's name."""
    other = rng.choice([file for file in sorted(path.parent.iterdir()) if file.is_file()] or [path])
    if path.is_file() and other != path:
        mine, its = path.read_bytes(), other.read_bytes()
        path.write_bytes(its)
        other.write_bytes(mine)


MUTATIONS: tuple[Callable[[Path, random.Random], None], ...] = (
    flip_bytes,
    truncate,
    change_lines,
    change_lines,
    insert_hostile,
    insert_hostile,
    insert_hostile,
    encode_otherwise,
    nest,
    grow,
    replace_by_noise,
    remove,
    swap,
)


def mutate(root: Path, rng: random.Random) -> list[str]:
    """Spoils one to three files below a folder and says how."""
    done = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        files = sorted(path for path in root.rglob("*") if not path.is_dir() or path.is_symlink())
        if not files:
            break
        path, mutation = rng.choice(files), rng.choice(MUTATIONS)
        mutation(path, rng)
        done.append(f"{mutation.__name__} {path.relative_to(root)}")
    return done
