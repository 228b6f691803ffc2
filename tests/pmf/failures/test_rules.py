"""Each rule on an error made for it, at its threshold and just short of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pmf.failures.evidence import Evidence
from pmf.failures.neighbours import Common
from pmf.failures.rules import RULES
from pmf.failures.table import _RANKS

MODALITIES = ("structure", "attribute", "image", "name")
STRUCTURE, ATTRIBUTE, IMAGE, NAME = range(4)


def plain() -> Evidence:
    """One error that no rule explains: everything is there, nothing is frozen, and nothing is extreme."""
    ranks = {"rank": [4.0], "similarity_rank": [5.0]}
    ranks |= {f"{kind}_{m}": [6.0] for kind in _RANKS for m in MODALITIES}
    each = np.zeros((4, 1))
    return Evidence(
        modalities=MODALITIES,
        ranks=pd.DataFrame(ranks),
        frozen_at={who: np.full((4, 1), -1, np.int16) for who in ("query", "truth", "prediction")},
        cosine={"truth": each + 0.5, "prediction": each + 0.6},
        share={"truth": each + 0.10, "prediction": each + 0.12},
        alike=each + 0.4,
        degree={"query": np.array([9]), "truth": np.array([9])},
        mutual=np.array([False]),
        likely=np.array([True]),
        namesakes=np.array([False]),
        occurrence=np.array([10]),
        hub_limit=np.array([20.0]),
        worth=np.array([0.2, 0.0, 0.2, 0.1]),
        common=neighbours(),
    )


def neighbours(
    linked: int = 5, found: int = 3, of_both: int = 2, for_truth: int = 4, for_prediction: int = 4
) -> Common:
    """As many neighbours in common as that."""
    counts = (linked, found, of_both, for_truth, for_prediction)
    return Common(**dict(zip(Common.__dataclass_fields__, (np.array([one]) for one in counts), strict=True)))


def ranked(**ranks: float) -> dict[str, Any]:
    return {"ranks": plain().ranks.assign(**ranks)}


def at(m: int, value: float, *who: str, of: str = "frozen_at") -> dict[str, Any]:
    """The evidence with another value of some of query, truth, prediction in one modality."""
    table = {name: values.copy() for name, values in getattr(plain(), of).items()}
    for name in who:
        table[name][m] = value
    return {of: table}


def alike(*values: float) -> dict[str, Any]:
    return {"alike": np.array(values)[:, None]}


ALL_FAR = {f"alone_{m}": 11.0 for m in MODALITIES} | {"rank": 11.0, "similarity_rank": 11.0}
NAME_LEADS = at(NAME, 0.30, "prediction", of="share")  # by 0.20, the others by 0.02 each
IMAGE_LEADS = {
    "share": {"truth": np.array([[0.3], [0.1], [0.1], [0.1]]), "prediction": np.array([[0.1], [0.1], [0.5], [0.1]])}
}
NAME_DECIDES = {
    "share": {"truth": np.array([[0.3], [0.1], [0.1], [0.1]]), "prediction": np.array([[0.1], [0.1], [0.1], [0.5]])}
}

HOLDS = [
    ("chance", [{"at_chance": True}], "", np.nan, -1),
    ("over-frozen", [at(IMAGE, 7, "truth"), ranked(thawed_image=1.0, alone_image=10.0)], "image", 1.0, 7),
    ("over-frozen", [at(IMAGE, 7, "query"), ranked(alone_image=1.0)], "image", 6.0, 7),
    ("picture", [IMAGE_LEADS, ranked(alone_image=11.0, without_image=2.0)], "image", 2.0, -1),
    ("picture", [alike(0.4, 0.4, 0.95, 0.4)], "image", 6.0, -1),
    ("name-trap", [NAME_DECIDES, at(NAME, 0.9, "prediction", of="cosine")], "name", 6.0, -1),
    ("imbalance", [ranked(repaired_without_image=1.0)], "image", 1.0, -1),
    ("imbalance", [ranked(without_image=1.0, repaired_without_image=np.nan)], "image", 1.0, -1),  # not known
    ("imbalance", [NAME_LEADS, ranked(repaired_without_image=1.0, repaired_without_name=1.0)], "name", 1.0, -1),
    ("inconsistent", [ranked(alone_structure=1.0)], "structure", 1.0, -1),
    ("decoding", [ranked(similarity_rank=1.0)], "", 1.0, -1),
    ("suspicious-link", [ranked(**ALL_FAR), {"mutual": np.array([True])}], "", np.nan, -1),
    ("near-duplicate", [alike(0.5, 0.5, 0.95, 0.95)], "", np.nan, -1),
    ("near-duplicate", [alike(0.5, np.nan, np.nan, np.nan)], "", np.nan, -1),
    ("missing", [at(NAME, -2, "truth")], "name", np.nan, -1),
    ("hub", [{"occurrence": np.array([21])}], "", np.nan, -1),
    ("sparse", [{"degree": {"query": np.array([9]), "truth": np.array([2])}}], "structure", np.nan, -1),
    ("no-candidate", [at(NAME, np.nan, "truth", of="share")], "", np.nan, -1),
    ("unconnected", [{"common": neighbours(linked=0, found=0)}], "structure", np.nan, -1),
    ("lost-neighbours", [{"common": neighbours(linked=1, found=0)}], "structure", np.nan, -1),
    ("misled", [{"common": neighbours(for_truth=4, for_prediction=5)}], "structure", np.nan, -1),
    ("same-neighbours", [{"common": neighbours(found=2, of_both=2)}], "structure", np.nan, -1),
]

DOES_NOT = [
    ("chance", [{"at_chance": False}]),
    ("over-frozen", [ranked(thawed_image=1.0, alone_image=1.0)]),  # nothing is frozen
    ("over-frozen", [at(IMAGE, 7, "truth"), ranked(thawed_image=1.0, alone_image=11.0)]),
    ("over-frozen", [at(IMAGE, 7, "truth"), ranked(thawed_image=1.5, alone_image=2.0)]),
    ("over-frozen", [at(IMAGE, 7, "prediction"), ranked(thawed_image=1.0, alone_image=1.0)]),
    ("picture", [IMAGE_LEADS, ranked(alone_image=10.0)]),
    ("picture", [ranked(alone_image=11.0)]),  # the rest prefers the prediction too
    ("picture", [alike(0.4, 0.4, 0.95, 0.4), at(IMAGE, 7, "query")]),
    ("name-trap", [NAME_DECIDES, at(NAME, 0.89, "prediction", of="cosine")]),
    ("name-trap", [IMAGE_LEADS, at(IMAGE, 0.95, "prediction", of="cosine")]),
    ("imbalance", [ranked(repaired_without_image=1.0, similarity_rank=1.0)]),
    ("imbalance", [ranked(without_image=1.0, repaired_without_image=2.0)]),  # decoded, it is no repair
    ("inconsistent", [ranked(alone_image=1.0), at(IMAGE, 7, "truth")]),
    ("suspicious-link", [ranked(**ALL_FAR)]),
    ("suspicious-link", [ranked(**ALL_FAR), {"mutual": np.array([True]), "likely": np.array([False])}]),
    ("suspicious-link", [ranked(**ALL_FAR), {"mutual": np.array([True]), "namesakes": np.array([True])}]),
    ("suspicious-link", [ranked(**ALL_FAR | {"alone_name": 10.0}), {"mutual": np.array([True])}]),
    ("near-duplicate", [alike(0.5, 0.5, 0.94, 0.95)]),
    ("near-duplicate", [alike(0.49, 0.5, 0.95, 0.95)]),
    ("near-duplicate", [alike(np.nan, np.nan, 0.99, 0.99), {"common": None}]),
    ("no-candidate", [at(NAME, np.nan, "prediction", of="share")]),
    ("unconnected", [{"common": neighbours(linked=1, found=0)}]),
    ("unconnected", [{"common": neighbours(linked=0, found=0)}, at(STRUCTURE, -2, "truth")]),  # it has no neighbours
    ("unconnected", [{"common": None}]),
    ("lost-neighbours", [{"common": neighbours(linked=4, found=1)}]),
    ("lost-neighbours", [{"common": neighbours(linked=0, found=0)}]),
    ("misled", [{"common": neighbours(for_truth=0, for_prediction=1)}, at(STRUCTURE, 7, "query")]),  # not looked at
    ("same-neighbours", [{"common": neighbours(found=0, of_both=0)}]),
    ("missing", [at(ATTRIBUTE, -2, "truth")]),  # attributes help nobody
    ("missing", [at(NAME, -2, "prediction")]),
    ("hub", [{"occurrence": np.array([20])}]),
    ("sparse", [{"degree": {"query": np.array([2]), "truth": np.array([2])}}, ranked(alone_structure=1.0)]),
    ("sparse", [{"degree": {"query": np.array([0]), "truth": np.array([9])}}]),  # that is missing evidence
]


def changed(changes: list[dict[str, Any]]) -> Evidence:
    seen = plain()
    for change in changes:
        if "ranks" in change:
            change = {"ranks": seen.ranks.assign(**change["ranks"].iloc[0].compare(plain().ranks.iloc[0])["self"])}
        seen = replace(seen, **change)
    return seen


@pytest.mark.parametrize(("name", "changes", "modality", "gain", "epoch"), HOLDS)
def test_holds(name: str, changes: list[dict[str, Any]], modality: str, gain: float, epoch: int) -> None:
    verdict = RULES[name](changed(changes))
    assert verdict.holds.tolist() == [True]
    assert (*MODALITIES, "")[verdict.modality[0]] == modality
    assert verdict.gain[0] == pytest.approx(gain, nan_ok=True)
    assert verdict.epoch.tolist() == [epoch]


@pytest.mark.parametrize(("name", "changes"), DOES_NOT)
def test_does_not_hold(name: str, changes: list[dict[str, Any]]) -> None:
    verdict = RULES[name](changed(changes))
    assert verdict.holds.tolist() == [False]
    assert verdict.modality.tolist() == [-1]
    assert np.isnan(verdict.gain).all()


def test_nothing_holds_for_an_error_without_a_sign() -> None:
    assert [name for name, rule in RULES.items() if rule(plain()).holds.any()] == []


def test_rules_about_modalities_that_a_run_lacks_hold_nowhere() -> None:
    seen = plain()
    few = replace(
        seen,
        modalities=("attribute",),
        ranks=seen.ranks,
        frozen_at={who: values[:1] for who, values in seen.frozen_at.items()},
        cosine={who: values[:1] + 0.5 for who, values in seen.cosine.items()},
        share={who: values[:1] for who, values in seen.share.items()},
        alike=np.ones((1, 1)),
        worth=seen.worth[:1],
        degree={"query": np.array([1]), "truth": np.array([1])},
        common=neighbours(linked=0, found=0, for_truth=0),
    )
    about_others = ("picture", "name-trap", "sparse", "suspicious-link", "unconnected", "lost-neighbours", "misled")
    assert not any(RULES[name](few).holds.any() for name in about_others)
    assert RULES["near-duplicate"](few).holds.all()
