"""Small folders in every layout the readers know, as the published ones are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from pmf.data.graph_pair import GraphPair
from pmf.data.notes import Note
from pmf.data.readers import read_graph_pair
from pmf.data.stored.writer import write

Files = Mapping[str, str | bytes | None]


def said(pair: GraphPair, words: str) -> Note:
    """The one note with these words in it."""
    (note,) = [note for note in pair.notes if words in str(note)]
    return note


def lay(folder: Path, *files: Files) -> Path:
    """Writes files by relative path, later ones instead of earlier ones; None: none."""
    contents = {name: content for some in files for name, content in some.items()}
    for name, content in contents.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def png(colour: int) -> bytes:
    """A picture file."""
    stream = BytesIO()
    Image.new("RGB", (4, 4), (colour, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


DBP15K = {
    "ent_ids_1": "0\thttp://x/a\n2\thttp://x/b\n5\thttp://x/c\n",
    "ent_ids_2": "4\thttp://y/b\n1\thttp://y/a\n6\thttp://y/c\n",
    "triples_1": "0\t7\t2\n2\t8\t5\n0\t7\t2\n",
    "triples_2": "1\t9\t4\n6\t9\t4\n",
    "ill_ent_ids": "0\t1\n2\t4\n5\t6\n",
    "rel_ids_1": "7\thttp://p/first\n8\thttp://p/second\n",
    "training_attrs_1": "http://x/b\thttp://p/age\thttp://p/name\n",
    "numerical_triples_2": "http://y/b\thttp://p/age\t41\n",
    "dbp_zh_en.json": '[[0, ["big", "cat"]], [1, ["large", "cat"]]]',
}
SRPRS = {
    **{name: text for name, text in DBP15K.items() if name.startswith(("ent_ids", "triples"))},
    "sup_ent_ids": "0\t1\n",
    "ref_ent_ids": "2\t4\n5\t6\n",
}
FBDB15K = {
    "ent_ids_1": "0\t/m/06rf7\n1\t/m/04258w\n",
    "ent_ids_2": "2\t<http://dbpedia.org/resource/Kiel>\n3\t<http://dbpedia.org/resource/Rome>\n",
    "triples_1": "0\t0\t1\n",
    "triples_2": "2\t1\t3\n",
    "ill_ent_ids": "0\t2\n1\t3\n",
    "training_attrs_1": "/m/06rf7\t<http://rdf.freebase.com/ns/location.geocode.longitude>\n",
    "FB15K_NumericalTriples.txt": "/m/06rf7\t<http://rdf.freebase.com/ns/location.geocode.longitude>\t9.704\n",
    "DB15K_NumericalTriples.txt": '<http://dbpedia.org/resource/Rome> <http://dbpedia.org/ontology/areaTotal> "1285.3"'
    "^^<http://www.w3.org/2001/XMLSchema#double> .\n",
}
MMKG = {
    "FB15K/FB15K_EntityTriples.txt": "/m/06rf7 /location/near /m/04258w .\n",
    "FB15K/FB15K_NumericalTriples.txt": "/m/06rf7\t<http://rdf.freebase.com/ns/location.geocode.longitude>\t9.704\n"
    "/m/elsewhere\t<http://rdf.freebase.com/ns/location.geocode.longitude>\t1\n",
    "DB15K/DB15K_EntityTriples.txt": "<http://d/Kiel> <http://d/twin> <http://d/Rome> .\n"
    "<http://d/Rome> <http://d/twin> <http://d/Kiel> .\n",
    "DB15K/DB15K_NumericalTriples.txt": '<http://d/Rome> <http://d/area> "1285.3"^^<http://d#double> .\n',
    "DB15K/DB15K_SameAsLink.txt": "/m/06rf7 <SameAs> <http://d/Kiel> .\n/m/new\t<SameAs>\t<http://d/Rome>\n",
}
OPENEA = {
    "rel_triples_1": "a\tlikes\tb\nb\tlikes\tc\n",
    "rel_triples_2": "<A>\tlikes\tB\nA\tknows\tC\n",
    "attr_triples_1": "c\tage\t41\na\tnote\tone\ttwo\n",
    "attr_triples_2": "A\tage\t40\n",
    "ent_links": "a\tA\nb\tB\nc\tC\n",
    "names_1.tsv": "a\tAnna\n",
    "types.tsv": "entity\ttype\na\tcat\nA\tdog\n",
    "images_1.tsv": "a\tpictures/a.png\n",
    "pictures/a.png": png(10),
    "images_2/A.png": png(20),
    **{
        f"721_5fold/{k}/{part}_links": f"{e}\t{e.upper()}\n"
        for k in (1, 2)
        for part, e in zip(("train", "valid", "test"), "abc" if k == 1 else "bca", strict=True)
    },
}
DBP2 = {
    "rel_triples_1": "a\tlikes\tb\nb\tlikes\tc\n",
    "rel_triples_2": "A\tlikes\tB\nA\tknows\tD\n",
    "ent_links": "a\tA\nb\tB\n",
    "splits/train_links": "a\tA\n",
    "splits/valid_links": "",
    "splits/test_links": "b\tB\n",
    **{f"splits/{part}_unlinked_ent{side}": "" for part in ("train", "valid", "test") for side in (1, 2)},
    "splits/train_unlinked_ent1": "c\n",
    "splits/test_unlinked_ent1": "alone\n",
    "splits/test_unlinked_ent2": "<D>\n",
}
CSV = {
    "source/entities.csv": "id,name,type,image,founded\nparis,Paris,city,images/p.png,-52\nlyon,Lyon,city,,\n"
    "alps,,,,\n",
    "source/relations.csv": "head,relation,tail\nparis,near,lyon\nlyon,near,alps\n",
    "source/attributes.csv": 'entity,attribute,value\nlyon,motto,"Avant, avant"\nlyon,motto,second\n',
    "source/images/p.png": png(30),
    "target/entities.csv": "\ufeffid;name\r\nP;Parigi\r\nL;Lione\r\nX;\r\n",
    "target/relations.csv": "tail;head;relation\nL;P;vicino\n",
    "target/images/P.png": png(40),
    "links.csv": "source,target,split\nparis,P,train\nlyon,L,test\nalps,,test\n,X,train\n",
}
TURTLE = """@prefix e: <http://e/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
e:Paris a e:City, e:Capital ; rdfs:label "Parigi"@it, "Paris"@en ; e:near e:Lyon ; e:founded -52 ; owl:sameAs e:P .
e:Lyon e:mayor [ e:age 60 ; e:knows [ e:age 61 ] ] .
"""
RDF = {
    "source.ttl": TURTLE,
    "target.nt": '<http://f/P> <http://xmlns.com/foaf/0.1/name> "Parigi" .\n<http://f/P> <http://f/r> <http://f/L> .\n'
    "_:b <http://f/r> <http://f/L> .\n",
    "links.ttl": "<http://e/Paris> <http://www.w3.org/2002/07/owl#sameAs> <http://f/P> .\n",
    "source/images/Paris.png": png(50),
    "target/images.csv": "entity,image\n<http://f/L>,images/1.png\n",
    "target/images/1.png": png(60),
}


def write_features(path: Path, ids: list[int], width: int = 3) -> Path:
    """A converted feature file: row i is all i + 1."""
    features = np.repeat(np.arange(1, len(ids) + 1, dtype=np.float32)[:, None], width, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"ids": np.array(ids, dtype=np.int64), "features": features}, path)
    return path


def _dbp15k(root: Path) -> Path:
    folder = lay(root / "DBP15K" / "zh_en", DBP15K)
    write_features(root / "pkls" / "zh_en_GA_id_img_feature_dict.safetensors", [0, 1, 99])
    return folder


def _openea(root: Path) -> Path:
    folder = lay(root / "openea", OPENEA)
    (folder / "image_features_2.txt").write_text("A\nB\n")
    save_file({"features": np.ones((2, 3), dtype=np.float32)}, folder / "image_features_2.safetensors")
    return folder


def _stored(root: Path) -> Path:
    write(read_graph_pair(lay(root / "cities", CSV)), root / "stored")
    return root / "stored"


SMALL: dict[str, Callable[[Path], Path]] = {
    "dbp15k": _dbp15k,
    "srprs": lambda root: lay(root / "en_fr_15k_V1" / "mapping" / "0_3", SRPRS),
    "fbdb15k": lambda root: lay(root / "FBDB15K" / "norm", FBDB15K),
    "mmkg": lambda root: lay(root / "mmkb", MMKG),
    "openea": _openea,
    "dbp2": lambda root: lay(root / "zh_en", DBP2),
    "csv": lambda root: lay(root / "cities", CSV),
    "rdf": lambda root: lay(root / "cities", RDF),
    "stored": _stored,
}
"""Writes a good small folder of each layout below a root and returns the path to read."""
