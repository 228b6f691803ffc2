"""RDF files in any usual format, spelling of the ending and compression, statement by statement."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuadParser, RdfFormat, Triple, parse

from pmf.data.readers.packed import is_packed, unpacked, unpacked_name
from pmf.data.readers.session import at, note, session
from pmf.data.readers.tables import check_file
from pmf.data.readers.xml_entities import DECLARED, expanded_size
from pmf.data.unpack import Limits
from pmf.errors import DataFormatError
from pmf.progress import reading

Node = NamedNode | BlankNode
Statement = tuple[Node, str, Node | Literal]

FORMATS = {
    ".nt": RdfFormat.N_TRIPLES,
    ".ntriples": RdfFormat.N_TRIPLES,
    ".ttl": RdfFormat.TURTLE,
    ".turtle": RdfFormat.TURTLE,
    ".n3": RdfFormat.N3,
    ".nq": RdfFormat.N_QUADS,
    ".nquads": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".rdfxml": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
    ".json-ld": RdfFormat.JSON_LD,
}
"""Endings, in lower case, and what they mean; each may be followed by .gz, .bz2 or .xz."""

_LINES = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)  # formats in which every line stands for itself
_STATEMENTS_A_WORD = 20_000  # statements read between two words on progress
_BLOCK = 2**20
_HEAD = 2**12  # bytes that show what a file is
_ABOVE = rb"(?:\s|#[^\n]*\n)*+"  # possessive: nothing of it is tried twice
_XML = re.compile(rb"\s*+<(\?xml|!DOCTYPE|!--|([\w.-]+:)?RDF[\s>])")
_OTHER_OWL = re.compile(
    rb"(?s)(?:\s|#[^\n]*\n|<\?.*?\?>|<!--.*?-->)*+(Prefix\(|Ontology\(|<Ontology|Prefix: |Ontology: )"
)
_JSON = re.compile(rb"\s*+(\{\s*\"|\[\s*\{)")
_PREFIXES = re.compile(_ABOVE + rb"(@(prefix|base)|(?i:prefix|base))\s")
_TRIPLE = re.compile(_ABOVE + rb"(<[^<>\s]+>|_:\S+)\s+<[^<>\s]+>\s")
_OPEN_QUOTE = "Line jumps are not allowed in string"
_MOST_BEGUN_AGAIN = 100
_PLACE = re.compile(r"Parser error at line [^:]*: ")
_NO_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def rdf_ending(path: Path) -> str | None:
    """The ending that says the format of an RDF file, as it stands in `FORMATS`; None for any other file."""
    name = unpacked_name(path)
    return next((ending for ending in FORMATS if name.endswith(ending) and len(name) > len(ending)), None)


def rdf_stem(path: Path) -> str:
    """The file's name without what says its format and compression: "source.nt.gz" → "source"."""
    ending = rdf_ending(path)
    if not ending:
        return path.name
    return re.sub(rf"{re.escape(ending)}(\.gz|\.bz2|\.xz)?$", "", path.name, flags=re.IGNORECASE)


def statements(path: Path) -> Iterator[Statement]:
    """The statements of a file, named graphs taken as one, in the format that its ending says or its beginning shows.

    A statement that can't be parsed is skipped; a note counts them and holds the first ten. With
    `Reading.bad_statements` "refuse" the first one refuses the file, and so do more bad ones than good ones.

    Yields:
        (subject, predicate, object).

    Raises:
        DataFormatError: the file can't be read or unpacked, or is refused.
    """
    check_file(path)
    bad = _Bad(path, FORMATS[rdf_ending(path) or ".nt"])
    good = 0
    for quad in _quads(path, bad):
        subject, value = quad.subject, quad.object
        if isinstance(subject, Triple) or isinstance(value, Triple):
            bad.add(None, "a statement about a statement", str(quad))
        elif isinstance(value, Literal) and "\0" in value.value:
            bad.add(None, "a NUL character", str(quad))
        elif any(isinstance(node, NamedNode) and _NO_IRI.search(node.value) for node in (subject, value)):
            bad.add(None, "an IRI with a blank or another sign that none may have", str(quad))
        else:
            good += 1
            yield subject, quad.predicate.value, value
    bad.check(good)


_REFUSE = "To refuse such a file instead: --read bad_statements=refuse."


@dataclass(slots=True)
class _Bad:
    """Statements that can't be used; the first is kept for the error message."""

    path: Path
    format: RdfFormat
    count: int = 0
    first: DataFormatError | None = None

    def add(self, line: int | None, why: str, text: str) -> None:
        self.count += 1
        error = DataFormatError(self.path, line=line, expected=_name(self.format), got=" ".join(why.split()))
        if session().options.bad_statements == "refuse":
            raise error
        self.first = self.first or error
        shown = at(line, " ".join((text or why).split()))
        why_not, remedy, setting = "cannot be parsed", _REFUSE, "bad_statements=refuse"
        if "remote contexts" in why:
            why_not, setting = "its context is on the web, from where nothing is fetched", ""
            remedy = "Write the context into the file, or save the file as N-Triples or Turtle."
        elif "\ufffd" in text:
            remedy, setting = "Not UTF-8? Name the encoding: --read encoding=cp1252.", "encoding=cp1252"
        note("left out", why_not, path=self.path, unit="statement", example=shown, remedy=remedy, setting=setting)

    def check(self, good: int) -> None:
        if self.first and self.count > good:
            raise self.first


def _quads(path: Path, bad: _Bad) -> Iterator[Quad]:
    size = path.stat().st_size
    with path.open("rb") as raw:
        file = _as_utf8(path, raw)
        bad.format = _shown(path, bad.format, file.peek(_HEAD)[:_HEAD])
        yield from _by_lines(file, raw, size, bad) if bad.format in _LINES else _in_a_piece(file, raw, size, bad)


def _shown(path: Path, named: RdfFormat, head: bytes) -> RdfFormat:
    """The format that the beginning of a file shows where it can't be the one that its ending says; a note says so."""
    if match := _OTHER_OWL.match(head):
        got = f"another syntax of OWL ({match[1].decode()} …)"
        raise DataFormatError(path, expected="RDF: save the ontology as RDF/XML or Turtle", got=got)
    if _XML.match(head):
        shown = RdfFormat.RDF_XML
    elif _JSON.match(head):
        shown = RdfFormat.JSON_LD
    elif _PREFIXES.match(head) and named not in (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3):
        shown = RdfFormat.TRIG  # of which Turtle is a part
    elif _TRIPLE.match(head) and named in (RdfFormat.RDF_XML, RdfFormat.JSON_LD):
        shown = RdfFormat.TRIG
    else:
        return named
    if shown != named:
        what = "Turtle or TriG" if shown == RdfFormat.TRIG else _name(shown)
        note("guessed", f"{what} by how it begins, whatever its ending says", path=path, count=0)
    return shown


def _name(form: RdfFormat) -> str:
    return form.name if "\n" not in form.name else "RDF"


def _as_utf8(path: Path, raw: io.BufferedReader) -> io.BufferedReader:
    """The file's content, unpacked, as UTF-8 without byte order mark."""
    stream = unpacked(path, raw) if is_packed(path) else raw
    start = stream.peek(4)[:4]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _buffered(stream.read().decode("utf-16", "replace").encode())
    if start.startswith(codecs.BOM_UTF8):
        stream.read(3)
    elif (chosen := session().options.encoding) and FORMATS.get(
        rdf_ending(path) or ""
    ) != RdfFormat.RDF_XML:  # which names its own
        data = stream.read()
        try:
            data.decode()
        except UnicodeDecodeError:
            data = data.decode(chosen, "replace").encode()
        return _buffered(data)
    return stream


def _buffered(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))


def _by_lines(file: IO[bytes], raw: IO[bytes], size: int, bad: _Bad) -> Iterator[Quad]:
    """Blocks of whole lines; where one has a fault, its lines one by one, so that a fault costs its own line only."""
    line = 1
    while block := file.read(_BLOCK):
        block += file.readline()
        reading(bad.path, raw.tell(), size)
        try:
            yield from list(parse(block, format=bad.format))
        except SyntaxError:
            for number, text in enumerate(block.split(b"\n"), start=line):
                try:
                    yield from list(parse(text, format=bad.format))
                except SyntaxError as error:
                    bad.add(number, str(error.msg), text.decode(errors="replace"))
        line += block.count(b"\n")
    reading(bad.path, size, size)


class _Whole(io.RawIOBase):
    """A stream that keeps its beginning and its end, and that ends where entities of XML stand for too much text."""

    def __init__(self, path: Path, file: IO[bytes], before: bytes) -> None:
        self.path, self.file, self.before, self.head, self.tail = path, file, before, b"", b""
        self.seen = False  # a declaration of an entity, so that all is read and checked
        self.bomb: DataFormatError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.before[: len(buffer)] or self.file.read(len(buffer))
        self.before = self.before[len(buffer) :]
        if not self.seen and DECLARED in self.tail[-len(DECLARED) :] + data:
            rest = data + self.file.read()
            self._check(self.tail[-len(DECLARED) :] + rest)
            self.file = io.BytesIO(b"" if self.bomb else rest)
            data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        self.head = (self.head + data)[:_HEAD] if len(self.head) < _HEAD else self.head
        self.tail = (self.tail + data)[-_HEAD:]
        return len(data)

    def _check(self, data: bytes) -> None:
        self.seen, most = True, Limits().harmless
        if expanded_size(data, most) > most:
            expected = f"entities that stand for at most {most:,} bytes"
            self.bomb = DataFormatError(self.path, expected=expected, got="more")

    def refuse_bomb(self) -> None:
        if self.bomb:
            raise self.bomb from None

    def closed_rdf(self) -> bool:
        """Whether `<rdf:RDF>` is closed, where the file has one."""
        return b"RDF" not in self.head or re.search(rb"</([\w.-]+:)?RDF\s*>", self.tail) is not None


def _in_a_piece(file: IO[bytes], raw: IO[bytes], size: int, bad: _Bad) -> Iterator[Quad]:
    good = since = above = 0
    whole, quads = _parser(bad, file)
    with ExitStack() as opened:
        while True:
            try:
                quad = next(quads)
            except StopIteration:
                whole.refuse_bomb()
                if good and bad.format == RdfFormat.RDF_XML and not whole.closed_rdf():
                    bad.add(None, "the file ends before its last element does", "")  # the lenient parser is silent
                reading(bad.path, size, size)
                return
            except SyntaxError as error:
                whole.refuse_bomb()
                why = _PLACE.sub("", str(error.msg)) if above else str(error.msg)  # its place is one below `above`
                bad.add(error.lineno and above + error.lineno, why, "")
                since += 1
                if since > good + 1000:  # not this format at all
                    return
                if _OPEN_QUOTE in str(error.msg) and error.lineno and bad.count < _MOST_BEGUN_AGAIN:
                    # The parser takes each quote that opens below for one that closes: begin again in the next line.
                    above += error.lineno
                    whole, quads = _parser(bad, _below(bad.path, above, opened), quads.prefixes)
                continue
            if good % _STATEMENTS_A_WORD == 0:
                reading(bad.path, raw.tell(), size)
            good, since = good + 1, 0
            yield quad


def _parser(bad: _Bad, file: IO[bytes], prefixes: dict[str, str] | None = None) -> tuple[_Whole, QuadParser]:
    """The parser of a file, or of the rest of one whose prefixes are known."""
    # Strict, the one in XML goes on in the wrong place after a bad IRI, and the one of JSON-LD says nothing of it.
    lenient = bad.format in (RdfFormat.RDF_XML, RdfFormat.JSON_LD)
    base = f"file:///{quote(bad.path.name)}"  # not where the file lies: ids are the same wherever that is
    known = "".join(f"@prefix {prefix}: <{iri}> . " for prefix, iri in (prefixes or {}).items())
    whole = _Whole(bad.path, file, known.encode())
    return whole, parse(io.BufferedReader(whole), format=bad.format, base_iri=base, lenient=lenient)


def _below(path: Path, lines: int, opened: ExitStack) -> IO[bytes]:
    """The file from behind so many lines."""
    file = _as_utf8(path, opened.enter_context(path.open("rb")))
    for _ in range(lines):
        file.readline()
    return file
