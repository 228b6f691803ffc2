"""What columns are usually called, and what words in cells usually mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


IDS = _words("id uri iri key identifier entity entityid recordid recid rid subject qid url")
NAMES = _words(
    "name title label preflabel rdfslabel skospreflabel fullname entityname displayname productname songname "
    "officialname headline heading "
    "bezeichnung titel firma nom nombre nome titre titulo titolo libelle denomination naam naziv nazwa "
    "название имя 名称 名前 标题 姓名"
)
TYPES = _words("type class rdftype entitytype")
IMAGES = _words("image picture photo img imagepath imagefile picturefile thumbnail images pictures photos")
PAIRS = tuple(
    (left, right)
    for left, _, right in (
        pair.partition("/")
        for pair in _words(
            "source/target ltableid/rtableid sourceid/targetid src/tgt src/trg srcentity/tgtentity subjectid/objectid "
            "left/right leftid/rightid lid/rid id1/id2 entity1/entity2 ent1/ent2 e1/e2 uri1/uri2 d1/d2 kg1/kg2 ida/idb "
            "a/b aid/bid tablea/tableb tableaid/tablebid entityid1/entityid2 record1/record2 recordid1/recordid2 "
            "from/to first/second head/tail subject/object 1/2 x/y sourceentity/targetentity sourceuri/targeturi"
        )
    )
)
_BESIDE = (("l", "r"), ("left", "right"), ("1", "2"))  # what stands behind the name of an id column, by side
LABELS = _words(
    "label gold goldlabel match ismatch matching truth groundtruth duplicate isduplicate verdict same y class"
)
SCORES = _words("score probability prob confidence similarity sim measure weight")
SPLITS = _words("split part partition fold subset")
RELATIONS = _words("predicateid predicate relation mappingrelation")
ALSO = {
    "head": _words("subject headid subjectid source sourceid from startid start h"),
    "relation": _words("predicate property relationtype rel type relationid r p"),
    "tail": _words("object tailid objectid target targetid to endid end t"),
    "entity": _words("id entityid subject uri"),
    "attribute": _words("property predicate attr key"),
    "value": _words("object val literal"),
    "image": IMAGES,
}
"""Other usual names of the columns of relations, attributes and pictures."""
YES = frozenset(
    _words(
        "1 1.0 true yes match same y t + positive matched correct right "
        "ja wahr richtig oui vrai sí si sì verdadero vero waar да истина tak prawda 是 对"
    )
)
NO = frozenset(
    _words(
        "0 0.0 false no not none n f - -1 nonmatch non-match different negative unmatched incorrect wrong "
        "nein falsch non faux falso nee onwaar нет ложь nie fałsz 否 不是 错"
    )
)
"""What a column of labels says, in lower case: in English, and as spreadsheets write it in other languages."""
UNSURE = frozenset(["", *_words("? unsure flag unknown maybe undecided")])
"""What it says where nobody has decided."""
PARTS = {
    **dict.fromkeys(_words("train training seed seeds sup"), "train"),
    **dict.fromkeys(_words("valid validation val dev"), "valid"),
    **dict.fromkeys(_words("test testing ref eval"), "test"),
}
"""What a part of the links may be called → what it is."""

UNMISTAKABLE = frozenset(_words("null nan n/a #n/a <na> \\n (null) #null! n.a. n.d. n/d")) | {"not available"}
"""Words that stand for a missing value wherever they are, in lower case."""
MISSING = UNMISTAKABLE.union(_words("na none nil - -- – — missing nat"))
"""Words that stand for one in a cell that a table has to fill; in a statement, NA may be Namibia and - a minus."""

_ACCENT = re.compile("[\u0300-\u036f]")
_LANGUAGE = re.compile(r"[_@. (\[-]+([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)[)\]]?$")


def plain_header(name: str) -> str:
    """A column's name without case, accents, blanks, underscores and other signs: "Id_Entité" → "identite"."""
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", name))
    return re.sub(r"[\W_]+", "", bare).casefold() or name.strip().casefold()


_WORDS = frozenset(
    [
        "head",
        "tail",
        "relation",
        "rel",
        "relationid",
        "headid",
        "tailid",
        "subject",
        "predicate",
        "property",
        "object",
        "entity",
        "entity1",
        "entity2",
        "ent1",
        "ent2",
        "entityid",
        "source",
        "target",
        "sourceid",
        "targetid",
        "left",
        "right",
        "attribute",
        "attr",
        "value",
        "id",
        "uri",
        "iri",
        "name",
        "label",
        "type",
        "picture",
        "image",
        "kg1",
        "kg2",
        "e1",
        "e2",
        "id1",
        "id2",
        "uri1",
        "uri2",
        "score",
        "sourceentity",
        "targetentity",
        "relationtype",
    ]
)


def is_header(fields: Iterable[str]) -> bool:
    """Whether the fields of a line are all usual names of columns, each another."""
    plain = [plain_header(field) for field in fields]
    return len(set(plain)) == len(plain) > 1 and _WORDS.issuperset(plain)


def usual(header: Iterable[str], words: Iterable[str]) -> str | None:
    """The column that has one of the usual names, the first word first; a language at its end is allowed.

    Args:
        header: names of the columns.
        words: usual names, plain.

    Returns:
        Its name in the header; English before other languages; None where there is none.
    """
    names = list(header)
    plain = {plain_header(name): name for name in reversed(names)}
    spoken = {}
    for name in sorted(names, key=lambda name: not _LANGUAGE.sub(r" \1", name).endswith(" en"), reverse=True):
        if match := _LANGUAGE.search(name):
            spoken[plain_header(name[: match.start()])] = name
    return next((names[word] for names in (plain, spoken) for word in words if word in names), None)


def usual_pair(header: Iterable[str]) -> tuple[str, str] | None:
    """The two columns of a file of pairs that have usual names: source, then target."""
    plain = {plain_header(name): name for name in header}
    return next(((plain[left], plain[right]) for left, right in PAIRS if left in plain and right in plain), None)


def usual_ends(header: Iterable[str]) -> tuple[str, str] | None:
    """The two columns of ids in a file of pairs: Splink's unique_id_l and unique_id_r, `usual_pair`, or their like."""
    names = list(header)
    plain = {plain_header(name): name for name in names}

    def beside(words: Iterable[str]) -> tuple[str, str] | None:
        ends = ((f"{word}{left}", f"{word}{right}") for word in words for left, right in _BESIDE)
        return next(((plain[left], plain[right]) for left, right in ends if left in plain and right in plain), None)

    return beside(("uniqueid",)) or usual_pair(names) or beside(IDS)
