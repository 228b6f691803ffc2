"""Which studies there are: what each varies, as plain data.

A study is a question, its variants, and settings that they share. Every variant is compared with the first, or with
the one it names. To add a study, add a line to `STUDIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pmf.config.presets import PRESETS
from pmf.errors import ConfigError
from pmf.studies.annotator import BUDGETS, ORDERS
from pmf.studies.variations import Variation, corrupted, missing, oracle, planted, subgraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One value of what a study varies.

    Args:
        setting: what is varied, a setting's name where it is one.
        value: its value here, as tables show it.
        settings: settings of the run; they win over everything else.
        preset: the run's preset, None = the one asked for.
        data: how the run's data differ from the data set, None = not at all.
        against: setting and value of the variant it is compared with, None = the study's first.
    """

    setting: str
    value: str
    settings: Mapping[str, str] = field(default_factory=dict)
    preset: str | None = None
    data: Variation | None = None
    against: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A question and the variants that answer it.

    Args:
        name: on the command line.
        question: in one sentence.
        variants: of the modalities at hand.
        shared: settings of all variants; `--set` wins over them.
        brings_images: whether its data have pictures where the data set has none.
    """

    name: str
    question: str
    variants: Callable[[tuple[str, ...]], Sequence[Variant]]
    shared: Mapping[str, str] = field(default_factory=dict)
    brings_images: bool = False


SAME_DECODING = {"evaluation.decode": "csls", "evaluation.csls_k": "3", "evaluation.csls_rounds": "1"}
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)

_ALL = Variant(setting="modalities", value="all")
_AS_IS = Variant(setting="preset", value="as it is")
_UNFROZEN = {"freezing.enabled": "false"}


def _set(name: str, *values: str) -> list[Variant]:
    """A variant for each value of a setting."""
    return [Variant(setting=name, value=value, settings={name: value}) for value in values]


def _undoubted(*shares: str) -> list[Variant]:
    """Wrong seed links that all train, whatever rules say, each against the run that leaves out what they doubt."""
    return [
        Variant(
            setting="all seeds train, seed_noise",
            value=share,
            settings={"seed_noise": share, "rules.usual_doubt": "1.0"},
            against=("seed_noise", share),
        )
        for share in shares
    ]


def _pictures(setting: str, change: Callable[[float], Variation], shares: Sequence[float] = SHARES) -> list[Variant]:
    return [Variant(setting=setting, value=f"{share:g}", data=change(share)) for share in shares]


def _planted() -> list[Variant]:
    """Each preset; and each with exactly the pictures away that cannot help, and the default without freezing."""
    names = ("published", "paper", "default")
    presets = [Variant(setting="preset", value=name, preset=name, data=planted()) for name in names]
    changed = [("oracle", name, oracle()) for name in names] + [("no freezing", "default", planted())]
    return presets + [
        Variant(setting=setting, value=name, preset=name, data=data, settings=_UNFROZEN, against=("preset", name))
        for setting, name, data in changed
    ]


def _parts(modalities: tuple[str, ...]) -> list[Variant]:
    """The whole, the whole without a part of it, and each modality by itself."""
    return [
        Variant(setting="preset", value="default", preset="default"),
        Variant(setting="without", value="freezing", preset="default", settings=_UNFROZEN),
        Variant(setting="without", value="rules", preset="default", settings={"rules.rounds": "0"}),
        Variant(setting="preset", value="published", preset="published"),
        *(Variant(setting="alone", value=m, preset="default", settings={"modalities": m}) for m in modalities),
    ]


def _freezing() -> list[Variant]:
    """With and without freezing, where all pictures are as they are and where three in ten show something else."""
    frozen = _pictures("corrupted images", corrupted, (0.0, 0.3))
    return frozen + [
        replace(variant, setting="no freezing", settings=_UNFROZEN, against=(variant.setting, variant.value))
        for variant in frozen
    ]


def _annotator() -> list[Variant]:
    """The base run; twice as long without verdicts; and with a growing number of verdicts, in both orders."""
    start, first = Variant(setting="verdicts", value="none yet"), ("verdicts", "0")
    variants = [start, Variant(setting=first[0], value=first[1])]
    for order in ORDERS:
        against = [("random", f"{budget:g}") if order == "margin" else first for budget in BUDGETS]
        variants += [
            Variant(setting=order, value=f"{budget:g}", against=reference)
            for budget, reference in zip(BUDGETS, against, strict=True)
        ]
    return variants


STUDIES = {
    study.name: study
    for study in (
        Study(
            name="modalities",
            question="What does each modality find on its own?",
            variants=lambda modalities: [
                _ALL,
                *(Variant(setting="modalities", value=m, settings={"modalities": m}) for m in modalities),
            ],
        ),
        Study(
            name="leave-one-out",
            question="What is lost without each modality?",
            variants=lambda modalities: [
                _ALL,
                *(
                    Variant(
                        setting="modalities",
                        value=f"without {m}",
                        settings={"modalities": ",".join(other for other in modalities if other != m)},
                    )
                    for m in modalities
                    if len(modalities) > 1
                ),
            ],
        ),
        Study(
            name="parts",
            question="What does each part of the method bring?",
            variants=_parts,
            shared=SAME_DECODING | {"evaluation.csls_rounds": "2"},
        ),
        Study(
            name="freezing",
            question="Does freezing help where pictures mislead, and harm where they do not?",
            variants=lambda _: _freezing(),
        ),
        Study(
            name="schedule",
            question="How much does it matter when and how far features freeze?",
            variants=lambda _: [
                _AS_IS,
                *_set("freezing.enabled", "false"),
                *_set("freezing.cap", "0.3", "0.5", "0.6", "0.7", "0.8", "0.9"),
                *_set("freezing.growth_rate", "1.05", "1.1", "1.2", "1.4"),
                *_set("freezing.start_epoch", "0", "5", "10", "20"),
            ],
        ),
        Study(
            name="seed-share",
            question="How many seed links does it take?",
            variants=lambda _: _set("seed_ratio", "0.3", "0.2", "0.1", "0.05", "0.02", "0.01"),
        ),
        Study(
            name="noise",
            question="What if a share of the seed links were wrong?",
            variants=lambda _: [*_set("seed_noise", "0.0", "0.1", "0.2", "0.4"), *_undoubted("0.1", "0.2", "0.4")],
        ),
        Study(
            name="missing-images",
            question="What if a share of the pictures were not there?",
            variants=lambda _: _pictures("missing images", missing),
        ),
        Study(
            name="corrupted-images",
            question="What if a share of the pictures showed something else?",
            variants=lambda _: _pictures("corrupted images", corrupted),
        ),
        Study(
            name="size",
            question="What if there were less of both graphs?",
            variants=lambda _: [
                Variant(setting="share of the graphs", value=f"{share:g}", data=subgraph(share))
                for share in (1.0, 0.5, 0.2, 0.1)
            ],
        ),
        Study(
            name="presets",
            question="Which preset aligns best, decoded alike?",
            variants=lambda _: [
                Variant(setting="preset", value=name, preset=name)
                for name in sorted(PRESETS, key=lambda name: name != "published")
            ],
            shared=SAME_DECODING,
        ),
        Study(
            name="planted",
            question="Does what cannot help freeze, and what can help not?",
            variants=lambda _: _planted(),
            shared=SAME_DECODING,
            brings_images=True,
        ),
        Study(
            name="annotator",
            question="What do a person's verdicts gain, and does it matter which pairs are asked about first?",
            variants=lambda _: _annotator(),
            shared=SAME_DECODING,
        ),
    )
}


def find_study(name: str) -> Study:
    """A study by its name.

    Raises:
        ConfigError: there is no such study.
    """
    if name not in STUDIES:
        raise ConfigError(f"unknown study {name}; there are {', '.join(STUDIES)}")
    return STUDIES[name]
