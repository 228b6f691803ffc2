"""Short ids such as `wd:Q42`, as SSSOM writes them: spelled as the graphs spell theirs, in full or short.

A file's own `curie_map` comes first, in its comments or in a file of metadata beside it (`links.sssom.yml`), then the
prefixes that everybody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from pmf.data.alignment_files import entity_of
from pmf.data.notes import counted
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import at, note
from pmf.data.readers.tables import read_lines
from pmf.errors import DataFormatError

WELL_KNOWN = {
    "wd": "http://www.wikidata.org/entity/",
    "wdt": "http://www.wikidata.org/prop/direct/",
    "dbr": "http://dbpedia.org/resource/",
    "dbpedia": "http://dbpedia.org/resource/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbp": "http://dbpedia.org/property/",
    "yago": "http://yago-knowledge.org/resource/",
    "fb": "http://rdf.freebase.com/ns/",
    "gn": "http://sws.geonames.org/",
    "viaf": "http://viaf.org/viaf/",
    "gnd": "https://d-nb.info/gnd/",
    "orcid": "https://orcid.org/",
    "mesh": "http://id.nlm.nih.gov/mesh/",
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "SCTID": "http://snomed.info/id/",
    "schema": "http://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_OBO = "http://purl.obolibrary.org/obo/"
_OBO_TERM = re.compile(r"([A-Za-z]+)_(\w+)")
_CURIE = re.compile(r"([A-Za-z_][\w.-]*):(?!//)(\S+)")
_DBPEDIA = re.compile(r"dbpedia-([a-z]{2,3})")
_ENTRY = re.compile(r"['\"]?([\w.-]+)['\"]?\s*:\s*['\"]?([^\s'\",{}]*:[^\s'\",{}]*)")


class Curies:
    """The short ids of one file.

    Args:
        path: the file.
        comments: its lines before the header, each with its "#".
    """

    def __init__(self, path: Path, comments: Sequence[str] = ()) -> None:
        self.path = path
        texts = [text.lstrip("#") for text in comments] or _metadata(path)
        begin = next((i for i, text in enumerate(texts) if text.strip().startswith("curie_map:")), None)
        self.own = {} if begin is None else dict(_entries(texts[begin:]))
        self._unknown: dict[str, list[str]] = {}

    def spelled(self, text: str, *graphs: NearIds, line: int | None = None) -> str:
        """An id as one of the graphs has it; in full, or as it stands, where none has it in any form.

        Args:
            text: the id.
            graphs: ids of each.
            line: where it stands, to name it where its prefix is not known.
        """
        if not text or any(text in ids for ids in graphs):
            return text
        match = _CURIE.fullmatch(text)
        base = self._base(match[1]) if match else None
        full = text if match is None or base is None else entity_of(base + match[2])
        for form in (full, unquote(full), *self._short(full)):  # SSSOM writes ü as %C3%BC
            if any(form in ids for ids in graphs):
                return form
        if match and any(match[2] in ids for ids in graphs):
            why = "a short id with a prefix that those of the data lack: found without it"
            if line is not None:
                note("changed", why, path=self.path, unit="id", example=at(line, text))
            return match[2]
        if match and base is None:
            term = f"{_OBO}{match[1]}_{match[2]}"
            if any(term in ids for ids in graphs):
                return term
            if match[1].lower() not in ("http", "https", "urn"):
                self._unknown.setdefault(match[1], []).append(at(line, text))
        return full

    def note_unknown(self) -> None:
        """Say which prefixes nothing explains, each with how many ids have it."""
        for prefix, examples in self._unknown.items():
            why = f"the prefix {prefix} is explained by no curie_map"
            for example in examples:
                note("known", why, path=self.path, unit="id", example=example,
                     remedy="Name it in the curie_map at the top of the file, or write ids in full.")  # fmt: skip

    def require_known(self) -> None:
        """Refuse the file where a prefix is explained nowhere.

        Raises:
            DataFormatError: there is one.
        """
        if self._unknown:
            got = "; ".join(
                f"{counted(len(found), 'id')} with {prefix}, e.g. {found[0]}" for prefix, found in self._unknown.items()
            )
            expected = "ids of the data, or prefixes that a curie_map at the top of the file explains"
            raise DataFormatError(self.path, expected=expected, got=got)

    def _base(self, prefix: str) -> str | None:
        if match := _DBPEDIA.fullmatch(prefix):
            return self.own.get(prefix, f"http://{match[1]}.dbpedia.org/resource/")
        return self.own.get(prefix, WELL_KNOWN.get(prefix))

    def _short(self, iri: str) -> Iterator[str]:
        """The short forms of an IRI."""
        for prefix, base in (*self.own.items(), *WELL_KNOWN.items()):
            if iri.startswith(base):
                yield f"{prefix}:{iri[len(base) :]}"
        if iri.startswith(_OBO) and (match := _OBO_TERM.fullmatch(iri[len(_OBO) :])):
            yield f"{match[1]}:{match[2]}"


def _metadata(path: Path) -> list[str]:
    """The lines of the YAML file that SSSOM puts beside a table; none where there is no such file."""
    bare = path.name.split(".", 1)[0]
    names = [f"{stem}{ending}" for stem in (path.stem, bare, f"{bare}.sssom") for ending in (".yml", ".yaml")]
    beside = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    return read_lines(beside) if beside else []


def _entries(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Prefix and beginning, of a block of the YAML that begins with `curie_map:` and of one in braces."""
    first, indent = lines[0], len(lines[0]) - len(lines[0].lstrip())
    yield from _ENTRY.findall(first.partition("curie_map:")[2])
    for text in lines[1:]:
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            return
        yield from _ENTRY.findall(text)
