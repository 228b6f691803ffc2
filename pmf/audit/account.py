"""The account that stands before every training: what of a data set is used, what is not and why, how links are cut.

The same sentences are printed by `train` and `data inspect`, kept in the run folder, and shown on the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from pmf.arrays import Flags, Matrix
from pmf.audit.findings import percent
from pmf.audit.links import LinkUse, link_use
from pmf.audit.offers import offers
from pmf.config.config import Config
from pmf.config.features import NAMED, FeatureOptions, with_names
from pmf.config.presets import preset
from pmf.data.graph_pair import GraphPair, KnowledgeGraph
from pmf.data.notes import counted
from pmf.data.split import LinkSplit
from pmf.data.split import usual_seeds as seeds_of_data
from pmf.errors import MissingModalityError
from pmf.modalities import MODALITIES
from pmf.modalities.modality import Modality
from pmf.places import ASSETS
from pmf.progress import silent

MOST_LOOKED_AT = 200_000
"""Entities of both graphs up to which features are made just to see whether they tell entities apart."""

TOO_FEW = 100
"""In one's own data a modality with fewer different descriptions than one for so many entities is left out: it can
hardly find anybody, and outvotes what can where there are few links to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What becomes of one modality.

    Args:
        modality: its name.
        used: whether training learns from it.
        source: share of the source entities that have it, in [0, 1].
        target: the same of the target.
        why: why it is not used; of one that is used, what there is to know about it; "" for nothing.
        remedy: how to use it all the same, or what to do about it; "" where nothing can be done.
        alike: whether it tells nobody apart: all entities of a graph that have it are described alike.
    """

    modality: str
    used: bool
    source: float
    target: float
    why: str = ""
    remedy: str = ""
    alike: bool = False

    @property
    def sentence(self) -> str:
        """For people: "char: used; all entities have a name, from column title."."""
        if not self.used:
            return f"{self.modality}: not used: {self.why}. {self.remedy}".strip()
        having = f"{_shares(self.source, self.target)} have {MODALITIES[self.modality].having}"
        return f"{self.modality}: used; {having}{f'; {self.why}' if self.why else ''}. {self.remedy}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a training uses.

    Args:
        modalities: one line a modality, those that are used first.
        links: how the links are cut.
        relations: what people said of pairs of relations; "" for nothing.
        offers: what a reader decided that could be decided otherwise, see `pmf.audit.offers`.
    """

    modalities: tuple[Use, ...]
    links: LinkUse
    relations: str = ""
    offers: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """A sentence a modality, one on the links, one on relations that people have judged, and one an offer."""
        about_links = filter(None, (self.links.sentence, self.relations))
        return [*(use.sentence for use in self.modalities), *about_links, *self.offers]

    @property
    def used(self) -> tuple[str, ...]:
        """The modalities that training learns from, in their usual order."""
        return tuple(name for name in MODALITIES if any(use.used and use.modality == name for use in self.modalities))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `lines` are the sentences."""
        return {
            "modalities": [asdict(use) for use in self.modalities],
            "links": asdict(self.links),
            "lines": self.lines,
        }


def usual_modalities(pair: GraphPair, options: FeatureOptions) -> tuple[str, ...]:
    """What is learned from where nobody says: all that both graphs have and that tells entities apart.

    In published benchmarks names and values are left out, because they give the answer away, and nothing else is, so
    that figures compare with other people's.
    """
    wanted = tuple(name for name in MODALITIES if not _reason(pair, MODALITIES[name]))
    features = features_of(pair, wanted, options)
    made = {name: matrix for name, matrix in features.items() if not matrix.shape[1] or not pair.published}
    return tuple(name for name in wanted if not _unfit(pair, MODALITIES[name], made.get(name)))


def usual_split(pair: GraphPair) -> str:
    """The split of one's own data where its links have one, else "ratio"."""
    return "ratio" if pair.published or not pair.splits else next(iter(pair.splits))


def usual_account(pair: GraphPair) -> Account:
    """The account of the training that the plain command would do."""
    config = Config(data=str(pair.path)).with_settings(preset("default"))
    modalities = usual_modalities(pair, config.features)
    settings = {"split": usual_split(pair), "seeds": usual_seeds(pair, modalities)}
    return take_account(pair, config.with_settings(settings), modalities=modalities)


def usual_seeds(pair: GraphPair, modalities: tuple[str, ...]) -> str:
    """What training starts from where nobody says: links, else what speaks for itself, values before names."""
    alike = (name for name in modalities if MODALITIES[name].comparable)
    return "links" if len(pair.links) else next(alike, "") or seeds_of_data(pair)


def take_account(
    pair: GraphPair,
    config: Config,
    features: Mapping[str, Matrix] | None = None,
    split: LinkSplit | None = None,
    modalities: tuple[str, ...] | None = None,
) -> Account:
    """The account of a training.

    Args:
        pair: the data set.
        config: what is to be trained.
        features: `[n, ·]` of modalities, where they are made already; others are made if that is quickly done.
        split: the links' parts, where they are cut already.
        modalities: those to be used, if not the config's: none where nothing tells entities apart.
    """
    made, used = dict(features or {}), config.modalities if modalities is None else modalities
    wanted = {name for name in MODALITIES if not _reason(pair, MODALITIES[name])} | {*used}
    options = with_names(config.features, wanted)
    made |= features_of(pair, tuple(name for name in MODALITIES if name in wanted - made.keys()), options)
    uses = [_use(pair, MODALITIES[name], used, made) for name in MODALITIES]
    uses.sort(key=lambda use: not use.used)
    return Account(
        modalities=tuple(uses), links=link_use(pair, config, split), offers=tuple(offers(pair, config, split))
    )


def features_of(pair: GraphPair, modalities: tuple[str, ...], options: FeatureOptions) -> dict[str, Matrix]:
    """Features `[n, ·]` of the modalities whose features are quickly made; those that come to nothing are empty."""
    if len(pair) > MOST_LOOKED_AT:
        return {}
    options = with_names(options, modalities)
    made: dict[str, Matrix] = {}
    for name in modalities:
        modality = MODALITIES[name]
        if modality.build is None or not (modality.items or modality.comparable) or modality.on_request:
            continue
        try:
            made[name] = modality.build(pair, options, silent, pair)
        except MissingModalityError:
            made[name] = csr_array(np.zeros((len(pair), 0), np.float32))
    return made


def different_rows(matrix: Matrix) -> int:
    """How many different rows a matrix has, those of zeros left out."""
    weights = np.random.default_rng(0).standard_normal(matrix.shape[1])
    sums = np.round(np.asarray(matrix.dot(weights), np.float64), 6)
    return len(np.unique(sums[_filled(matrix)]))


def _filled(matrix: Matrix) -> Flags:
    return np.asarray(np.diff(matrix.indptr) > 0 if isinstance(matrix, csr_array) else matrix.any(axis=1))


def _kinds(pair: GraphPair, matrix: Matrix) -> int:
    """How many different descriptions there are in the graph that has fewer."""
    return min(different_rows(matrix[: pair.n_source]), different_rows(matrix[pair.n_source :]))


def _alike(pair: GraphPair, matrix: Matrix | None) -> bool:
    """Whether all entities of a graph that have a modality are described alike."""
    several = min(len(pair.source), len(pair.target)) > 1
    return several and matrix is not None and matrix.shape[1] > 0 and _kinds(pair, matrix) < 2


def _unfit(pair: GraphPair, modality: Modality, matrix: Matrix | None) -> str:
    """Why features are of no use as they came out; "" where they are, or nobody has made them."""
    if matrix is None:
        return ""
    if not matrix.shape[1]:
        return modality.lacking
    if _alike(pair, matrix):
        return "all entities of a graph are described alike, so it tells nobody apart"
    kinds, entities = _kinds(pair, matrix), min(len(pair.source), len(pair.target))
    if modality.items and not pair.published and kinds * TOO_FEW < entities:
        return f"only {kinds:,} different descriptions for {entities:,} entities, too few to find anybody by"
    return ""


def _use(pair: GraphPair, modality: Modality, chosen: tuple[str, ...], features: Mapping[str, Matrix]) -> Use:
    name, used = modality.name, modality.name in chosen
    made = features.get(name)
    flags = _present(pair, modality, made)
    shares = float(flags[: pair.n_source].mean()), float(flags[pair.n_source :].mean())
    alike = _alike(pair, made)
    unfit = _unfit(pair, modality, made)
    why = (
        unfit or _remark(pair, modality, made, flags)
        if used
        else _reason(pair, modality) or unfit or "it was not chosen"
    )
    remedy = ""
    if used and alike and len(chosen) > 1:
        remedy = f"Leave it out: --modalities {','.join(m for m in chosen if m != name)}."
    elif not used and not alike and (all(shares) or name == "char"):
        everything = ",".join(m for m in MODALITIES if m in chosen or m == name)
        words = " --set features.word_vectors=FILE" if name == "name" else ""
        remedy = f"To use it: --modalities {everything}{words}."
    return Use(modality=name, used=used, source=shares[0], target=shares[1], why=why, remedy=remedy, alike=alike)


def _present(pair: GraphPair, modality: Modality, made: Matrix | None) -> Flags:
    """Which entities have a modality, bool `[n]`: a feature of it, or before there are any, what can become one."""
    if made is not None and made.shape[1]:
        return _filled(made)
    return _in_both(pair, modality.usable or modality.present)


def _in_both(pair: GraphPair, present: Callable[[KnowledgeGraph], Flags] | None) -> Flags:
    return np.concatenate([present(graph) if present else np.zeros(len(graph), np.bool_) for graph, _ in pair.sides()])


def _reason(pair: GraphPair, modality: Modality) -> str:
    """Why a modality is not used where nobody asks for it, whatever its features are; "" where it is."""
    if modality.present is None:
        return modality.lacking
    usable = modality.usable or modality.present
    lacking = [
        side for side, (graph, _) in zip(("source", "target"), pair.sides(), strict=True) if not usable(graph).any()
    ]
    if lacking:
        where = "neither graph" if len(lacking) == 2 else f"the {lacking[0]}"
        nobody = f"no entity of {where}" if len(lacking) == 1 else "no entity"
        ids = "; ids stand in for names only when asked for" if modality.name == "char" else ""
        broken = any(modality.present(getattr(pair, side)).any() for side in lacking)
        apart = f", apart from any that {modality.useless}" if broken else ""
        return f"{nobody} has {modality.having}{apart}{ids}"
    if modality.on_request:
        return "it needs word vectors, a file of one's own" if modality.name == "name" else modality.on_request
    if modality.written and pair.published:
        bundled = pair.path.is_relative_to(ASSETS)
        kind = "the bundled example" if bundled else f"a published benchmark ({pair.format} layout)"
        what = "names" if modality.name in NAMED else "values"
        return f"this is {kind}, and {what} would give the answer away"
    return ""


def _remark(pair: GraphPair, modality: Modality, made: Matrix | None, usable: Flags) -> str:
    """What there is to know about a modality that is used, by the entities `[n]` that have something usable."""
    name, remarks = modality.name, []
    if rest := int((_in_both(pair, modality.present) & ~usable).sum()):
        remarks.append(f"{counted(rest, 'more has', 'more have')} {modality.having} that {modality.useless}")
    if made is None and modality.unseen and (unseen := sum(modality.unseen(graph) for graph, _ in pair.sides())):
        remarks.append(f"{unseen:,} nobody has opened yet: training and `data audit` say how many {modality.useless}")
    if name in NAMED:
        origins = [graph.named_by or ("the data" if graph.names else "the ids") for graph, _ in pair.sides()]
        same = origins[0] == origins[1]
        remarks.append(f"names come from {origins[0]}" if same else f"names come from {origins[0]} and {origins[1]}")
    if made is not None and made.shape[1] and (MODALITIES[name].items or MODALITIES[name].comparable):
        kinds = min(different_rows(made[: pair.n_source]), different_rows(made[pair.n_source :]))
        if kinds * 10 < min(len(pair.source), len(pair.target)):
            remarks.append(f"only {kinds:,} different descriptions in one graph")
    return "; ".join(remarks)


def _shares(source: float, target: float) -> str:
    if source == target == 1:
        return "all entities"
    if percent(source) == percent(target):
        return f"{percent(source)} of the entities of each graph"
    return f"{percent(source)} of the source and {percent(target)} of the target entities"
