"""What looks wrong with a data set, and what gives its answers away.

`audit` runs every check of this package on a `GraphPair`: links and graphs (`structure`), leaks and shortcuts
(`leaks`), links that may be wrong (`doubt`), pictures (`pictures`), and gives the distributions a reader wants beside
them (`distributions`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pmf.audit.distributions import Coverage, Distribution, coverage, distributions
from pmf.audit.doubt import doubt_findings
from pmf.audit.findings import SEVERITIES, Finding
from pmf.audit.side import Side, sides_of
from pmf.audit.structure import graph_findings, link_findings, split_findings
from pmf.data.graph_pair import GraphPair
from pmf.progress import Progress, silent, step

__all__ = ["SEVERITIES", "Audit", "Coverage", "Distribution", "Finding", "audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audited data set.

    Args:
        name: of the data set.
        pictures: whether the picture files were looked at.
        findings: worst first.
        coverage: of each modality, per side and group of entities.
        distributions: of degrees and attributes, per side and group of entities.
    """

    name: str
    pictures: bool
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    distributions: tuple[Distribution, ...]

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values, ready for JSON."""
        return dataclasses.asdict(self)


def audit(pair: GraphPair, *, pictures: bool = True, progress: Progress = silent) -> Audit:
    """Run every check.

    Args:
        pair: the data set.
        pictures: decode every picture file too, about a millisecond each.
        progress: of the pictures.

    Returns:
        The findings, worst first, and the distributions. Nothing is changed.
    """
    sides = sides_of(pair)
    findings = list(_findings(pair, sides, progress if pictures else None))
    with step("counting"):
        return Audit(
            name=pair.name,
            pictures=pictures,
            findings=tuple(
                sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -(f.strength or 0), -f.share))
            ),
            coverage=tuple(row for side in sides for row in coverage(side)),
            distributions=tuple(row for side in sides for row in distributions(side)),
        )


def _findings(pair: GraphPair, sides: tuple[Side, Side], progress: Progress | None) -> Iterator[Finding]:
    # Here, not above: SciPy's statistics and the decoders take a second that a reader of the types need not wait.
    from pmf.audit.leaks import counterpart_leaks, pair_leaks
    from pmf.audit.pictures import feature_findings, picture_findings

    for note in pair.notes:
        yield Finding(check="reader", severity="note", side="both", count=0, share=0.0, sentence=str(note))
    with step("checking links and graphs"):
        yield from link_findings(pair, sides)
        yield from split_findings(pair)
        yield from graph_findings(sides)
    with step("looking for leaks"):
        for side in sides:
            yield from counterpart_leaks(side)
            yield from feature_findings(side)
        yield from pair_leaks(pair)
    with step("looking for wrong links"):
        yield from doubt_findings(pair)
    if progress:
        yield from picture_findings(pair, sides, progress=progress)
