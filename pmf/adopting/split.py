"""Which links a system trained on and which measure it: as the data, another run or a file of links says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pmf.adopting.rows import Entities
from pmf.arrays import Ids
from pmf.data.graph_pair import GraphPair
from pmf.data.notes import counted
from pmf.data.readers.link_files import link_rows
from pmf.data.readers.linking import resolve
from pmf.data.readers.near_ids import NearIds
from pmf.data.readers.session import begin
from pmf.data.reading import Reading
from pmf.data.split import LinkSplit, published_links
from pmf.errors import ConfigError
from pmf.places import run_named, stay_inside
from pmf.runs import layout
from pmf.runs.links import stored_split
from pmf.runs.reader import RunReader


def split_of(entities: Entities, wanted: str | None, left: Path) -> LinkSplit:
    """The parts of the links.

    Args:
        entities: of the data set; what was decided is said there.
        wanted: the name of a split that the data bring, a run on the same data, or a file of the test links; None = as
            the name of the folder says, else the only split that the data bring, else all links are test links.
        left: where the system's files lie.

    Raises:
        ConfigError: there is no such split, run or file, or the run is of other data.
        DataFormatError: the file holds no links of the data.
    """
    pair = entities.pair
    if wanted is None:
        return _usual(entities, left)
    if wanted in pair.splits:
        return _published(pair, wanted)
    folder = run_named(wanted)
    if (folder / layout.CONFIG).is_file():
        run = RunReader(folder)
        if not run.is_of(pair):
            raise ConfigError(f"{folder} is a run on other data, so its links say nothing here")
        return stored_split(run)
    if not folder.is_file():
        named = f"; the data bring {', '.join(pair.splits)}" if pair.splits else ""
        raise ConfigError(f"there is no split, run or file {wanted}{named}")
    return _from_file(entities, stay_inside(folder))


def _usual(entities: Entities, left: Path) -> LinkSplit:
    pair = entities.pair
    path = f"{left.resolve().as_posix()}/"
    by_path = [name for name in pair.splits if f"/{name}/" in path]
    names = by_path or (list(pair.splits) if len(pair.splits) == 1 else [])
    if names:
        entities.say(f"Links are divided as in the split {names[0]} of the data.")
        return _published(pair, names[0])
    if len(pair.links):
        several = f" The data bring the splits {', '.join(pair.splits)}." if pair.splits else ""
        entities.say(
            "It is not known which links the system trained on, so all count as test links: figures are too good if it "
            f"has seen some.{several} Name a split, a run or a file of test links (--split)."
        )
    return _with_context(pair, np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64), pair.links)


def _published(pair: GraphPair, name: str) -> LinkSplit:
    split = published_links(pair.splits[name], validation_share=0, seed=0)
    return _with_context(pair, split.seed_links, split.val_links, split.test_links)


def _from_file(entities: Entities, path: Path) -> LinkSplit:
    pair = entities.pair
    near = [NearIds(ids) for ids in entities.by_uri]
    with begin(path.parent, Reading()) as session:
        links = resolve(path, link_rows(path, near[0], near[1]), near[0], near[1]).links
    entities.say_notes(session.notes)
    test = np.array(sorted(links), np.int64).reshape(-1, 2)
    others = {tuple(link) for link in pair.links.tolist()} - links.keys()
    entities.say(
        f"{path.name} gives {counted(len(test), 'test link')}; of the others of the data {len(others):,} are seeds."
    )
    seeds = np.array(sorted(others), np.int64).reshape(-1, 2)
    return _with_context(pair, seeds, np.zeros((0, 2), np.int64), test)


def _with_context(pair: GraphPair, seeds: Ids, validation: Ids, test: Ids) -> LinkSplit:
    return LinkSplit(seed_links=seeds, val_links=validation, test_links=test, context=pair.context)
