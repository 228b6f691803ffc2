"""`pmf data audit`."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import TYPE_CHECKING, Any

from pmf.commands import add_command
from pmf.commands.inspect import add_reading, reading_of

if TYPE_CHECKING:
    from pmf.audit.audit import Audit
    from pmf.data.graph_pair import GraphPair

_HEADINGS = {"leak": "LEAKS", "warning": "WARNINGS", "note": "NOTES", "info": "GOOD TO KNOW"}
_WIDTH, _INDENT = 110, 10 * " "


def add(commands: Any) -> None:
    """Put the parser in."""
    parser = add_command(commands, "audit", "what looks wrong with a data set, and what gives its answers away", _run)
    parser.add_argument("path", metavar="PATH")
    add_reading(parser)
    parser.add_argument(
        "--pictures", action=argparse.BooleanOptionalAction, default=True, help="look at every picture file"
    )


def _run(options: argparse.Namespace) -> None:
    from pmf.audit.audit import audit
    from pmf.data.readers import read_graph_pair

    pair = read_graph_pair(options.path, reading=reading_of(options))
    audited = audit(pair, pictures=options.pictures, progress=options.progress)
    if options.json:
        values = audited.to_dict()
        for finding in values["findings"]:
            finding["examples"] = [{"entity": e, "uri": _uri(pair, e)} for e in finding["examples"]]
        print(json.dumps(values))
        return
    _print_findings(audited, pair)
    _print_coverage(audited)
    _print_distributions(audited)


def _uri(pair: GraphPair, entity: int) -> str:
    graph, row = pair.locate(entity)
    return graph.entities[row]


def _print_findings(audit: Audit, pair: GraphPair) -> None:
    for severity, heading in _HEADINGS.items():
        findings = [finding for finding in audit.findings if finding.severity == severity]
        if findings:
            print(f"{heading} ({len(findings)})")
        for finding in findings:
            start = f"  {finding.side:<6}  {finding.check}: "
            print(textwrap.fill(finding.sentence, _WIDTH, initial_indent=start, subsequent_indent=_INDENT))
            if finding.examples:
                print(f"{_INDENT}e.g. {'  '.join(_shown(_uri(pair, entity)) for entity in finding.examples[:2])}")
    if not audit.pictures:
        print("picture files were not looked at")


def _shown(uri: str) -> str:
    """A URI on one line, cut, without characters that move a terminal's cursor."""
    visible = "".join(char if char.isprintable() else "�" for char in uri)
    return visible if len(visible) <= 60 else visible[:59] + "…"


def _print_coverage(audit: Audit) -> None:
    print("\ncoverage          entities" + "".join(f"{m:>11}" for m in _modalities(audit)))
    for side in ("source", "target"):
        for group in ("all", "linked", "unlinked"):
            rows = {row.modality: row for row in audit.coverage if (row.side, row.group) == (side, group)}
            if rows:
                shares = "".join(f"{100 * row.count / row.entities:>9.1f} %" for row in rows.values())
                print(f"  {side} {group:<9}{next(iter(rows.values())).entities:>8,}{shares}")


def _modalities(audit: Audit) -> list[str]:
    return list(dict.fromkeys(row.modality for row in audit.coverage))


def _print_distributions(audit: Audit) -> None:
    print(f"\n{'an entity has':<28}{'mean':>8}{'min':>7}{'25 %':>7}{'half':>7}{'75 %':>7}{'95 %':>7}{'max':>8}")
    for row in audit.distributions:
        *quantiles, largest = row.quantiles
        numbers = "".join(f"{value:>7.0f}" for value in quantiles)
        print(f"  {row.what:<10} {row.side} {row.group:<9}{row.mean:>7.1f}{numbers}{largest:>8,.0f}")
