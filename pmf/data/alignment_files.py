"""Alignments as files that others read, and that `read_graph_pair` reads back as links.

| ending | form |
|---|---|
| `.sssom.tsv` | SSSOM: one row a pair, with its predicate, justification, confidence and reviewer |
| `.nt` | N-Triples, `<source> owl:sameAs <target>` |
| `.rdf`, `.xml`, `.owl` | RDF of the Alignment API (OAEI): a cell a pair, with its measure |
| `.csv` | comma-separated, all columns |
| any other | tab-separated, all columns |

Ids that are no IRIs become ones below `http://source.invalid/` and `http://target.invalid/`, which can't exist on the
web; reading takes them back.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

import pmf
from pmf.files import whole_file

NAMELESS = {"source": "http://source.invalid/", "target": "http://target.invalid/"}
"""Where ids that are no IRIs stand, by side."""

MACHINE, PERSON = "semapv:CompositeMatching", "semapv:ManualMappingCuration"
"""How a pair was found, in the words of SSSOM."""

_SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ALIGNMENT = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment#"
_FLOAT = "http://www.w3.org/2001/XMLSchema#float"
_SIDES = ("source", "target")


def alignment_text(table: pd.DataFrame, name: str, *, data: str) -> str:
    """Pairs in the form that a file's ending says.

    Args:
        table: source and target (ids); optional similarity, probability, source_label, target_label, reviewer.
        name: of the file.
        data: name of the data set, for those forms that have a place for it.
    """
    name = name.lower()
    if name.endswith(".sssom.tsv"):
        return "".join(_sssom(table, data))
    if name.endswith(".nt"):
        return "".join(f"<{s}> <{_SAME_AS}> <{t}> .\n" for s, t in _iris(table))
    if name.endswith((".rdf", ".xml", ".owl")):
        return "".join(_cells(table, data))
    return str(table.to_csv(sep="," if name.endswith(".csv") else "\t", index=False))


def write_alignment(table: pd.DataFrame, path: Path, *, data: str) -> None:
    """Write `alignment_text` to a file, whole or not at all."""
    write_text(path, alignment_text(table, path.name, data=data))


def write_text(path: Path, text: str) -> None:
    """Write a file; where that ends early, nothing of it has the final name, and what was there stays."""
    if path.exists() and not path.is_file():  # a terminal, a pipe
        path.write_text(text, encoding="utf-8")
        return
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def iri_of(entity: str, side: str) -> str:
    """An id as an IRI: itself where it is one."""
    return entity if _IRI.fullmatch(entity) else NAMELESS[side] + quote(entity, safe="")


def entity_of(iri: str) -> str:
    """The inverse of `iri_of`."""
    base = next((base for base in NAMELESS.values() if iri.startswith(base)), None)
    return unquote(iri.removeprefix(base)) if base else iri


def _iris(table: pd.DataFrame) -> list[tuple[str, str]]:
    columns = [[iri_of(str(entity), side) for entity in table[side]] for side in _SIDES]
    return list(zip(*columns, strict=True))


def _confidence(table: pd.DataFrame) -> list[str]:
    column = next((name for name in ("probability", "confidence", "similarity") if name in table), None)
    if column is None:
        return [""] * len(table)
    return ["" if pd.isna(value) else f"{min(max(float(value), 0.0), 1.0):.4g}" for value in table[column]]


def _sssom(table: pd.DataFrame, data: str) -> Iterator[str]:
    pairs, confidence = [(_uri(s), _uri(t)) for s, t in _iris(table)], _confidence(table)
    prefixes = _prefixes([iri for pair in pairs for iri in pair])
    prefix_of = {base: prefix for prefix, base in prefixes.items()}
    yield "#curie_map:\n"
    for prefix, base in {
        **prefixes,
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "semapv": "https://w3id.org/semapv/vocab/",
    }.items():
        yield f'#  {prefix}: "{base}"\n'
    yield f'#mapping_set_id: "http://alignment.invalid/{quote(data, safe="")}"\n'
    yield '#license: "https://w3id.org/sssom/license/unspecified"\n'
    yield f'#mapping_date: "{datetime.date.today().isoformat()}"\n'
    yield '#mapping_tool: "PMF Explorer"\n'
    yield f'#mapping_tool_version: "{pmf.__version__}"\n'
    extra = [name for name in ("source_label", "target_label", "reviewer") if name in table]
    names = {"source_label": "subject_label", "target_label": "object_label", "reviewer": "reviewer_label"}
    header = ["subject_id", "predicate_id", "object_id", "mapping_justification", "confidence"]
    yield "\t".join([*header, *(names[name] for name in extra)]) + "\n"
    rows = zip(pairs, confidence, table[extra].fillna("").itertuples(index=False), strict=True)
    for (source, target), sure, more in rows:
        values = dict(zip(extra, map(str, more), strict=True))
        justification = PERSON if values.get("reviewer") else MACHINE
        cells = [
            _curie(source, prefix_of),
            "skos:exactMatch",
            _curie(target, prefix_of),
            justification,
            sure,
            *values.values(),
        ]
        yield "\t".join(" ".join(cell.split()) for cell in cells) + "\n"


def _uri(iri: str) -> str:
    """An IRI in letters that a URI may have: the checks of SSSOM take no others; readers decode the %-signs."""
    return _BARE_PERCENT.sub("%25", quote(iri, safe="!#$%&'()*+,/:;=?@~"))


def _prefixes(iris: list[str]) -> dict[str, str]:
    """A short prefix for the beginning of each IRI, up to its last / or # (or its first colon)."""
    bases = dict.fromkeys(_base(iri) for iri in iris)
    own = {base: side for side, base in NAMELESS.items()}
    return {own.get(base, f"ns{number}"): base for number, base in enumerate(bases, start=1)}


def _base(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#"), iri.find(":")) + 1]


def _curie(iri: str, prefix_of: dict[str, str]) -> str:
    base = _base(iri)
    return f"{prefix_of[base]}:{iri[len(base) :]}"


def _cells(table: pd.DataFrame, data: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield (
        f'<rdf:RDF xmlns="{_ALIGNMENT}" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema#">\n'
    )
    yield f"<Alignment>\n<xml>yes</xml>\n<level>0</level>\n<type>??</type>\n<purpose>{escape(data)}</purpose>\n"
    for (source, target), sure in zip(_iris(table), _confidence(table), strict=True):
        yield (
            f"<map><Cell><entity1 rdf:resource={quoteattr(source)}/><entity2 rdf:resource={quoteattr(target)}/>"
            f'<relation>=</relation><measure rdf:datatype="{_FLOAT}">{sure or 1}</measure></Cell></map>\n'
        )
    yield "</Alignment>\n</rdf:RDF>\n"
