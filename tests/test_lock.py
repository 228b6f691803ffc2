"""The lock files hold what the requirements ask for, with hashes, and are what is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "tests/requirements.lock": ["requirements.txt", "tests/requirements.txt"],
}


def requirements(file: str | Path) -> list[Requirement]:
    """Of a requirements file, comments left out."""
    lines = (line.partition(" #")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def locked(file: str) -> Iterator[tuple[Requirement, int]]:
    """Each package of a lock file, and of how many files it knows the hash."""
    for block in re.split(r"\n(?=\w)", (ROOT / file).read_text(encoding="utf-8")):
        yield Requirement(block.partition(" \\\n")[0]), block.count("--hash=sha256:")


def pinned(requirement: Requirement) -> str:
    [pin] = requirement.specifier
    assert pin.operator == "=="
    return pin.version


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_is_not_stale(file: str) -> None:
    """`make lock` after a change of the requirements; torch alone is locked by its version in requirements.txt."""
    versions = {
        canonicalize_name(package.name): pinned(package)
        for package, _ in locked(file)
        if package.marker is None or package.marker.evaluate()
    }
    wanted = [requirement for source in LOCKS[file] for requirement in requirements(source)]
    stale = [
        str(requirement)
        for requirement in wanted
        if requirement.name != "torch"
        and not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"))
    ]
    assert stale == []


@pytest.mark.parametrize("file", LOCKS)
def test_each_locked_package_has_hashes_and_is_what_is_installed(file: str) -> None:
    packages = list(locked(file))
    assert [str(package) for package, hashes in packages if not hashes] == []
    here = [package for package, _ in packages if package.marker is None or package.marker.evaluate()]
    assert {package.name: version(package.name) for package in here} == {
        package.name: pinned(package) for package in here
    }


def test_every_requirement_has_an_upper_bound() -> None:
    wanted = [requirement for file in LOCKS["tests/requirements.lock"] for requirement in requirements(file)]
    assert [str(one) for one in wanted if not {"<", "==", "~="} & {part.operator for part in one.specifier}] == []


def test_the_bill_of_materials_names_what_is_locked() -> None:
    bill = json.loads((ROOT / "assets/sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    torch = next(requirement for requirement in requirements("requirements.txt") if requirement.name == "torch")
    assert sorted((part["name"], part["version"]) for part in bill["components"]) == sorted(
        (package.name, pinned(package)) for package in [torch, *(package for package, _ in locked("requirements.lock"))]
    )
