"""The errors of one direction: how many by which cause, in which parts of the data, and in which order to look."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.shared.services.run_view import NOT_RANKED, WRONG, RunView
from app.slices.services import names as slices
from app.slices.services.repair import repairs
from pmf.errors import RunFormatError
from pmf.failures.causes import CAUSES, UNEXPLAINED
from pmf.failures.contrast import Contrast
from pmf.failures.freezing_harm import Harm, freezing_harm
from pmf.runs import layout

Ids = npt.NDArray[np.int64]

CAUSE = "cause:"
KINDS = {"modality": "Modality", "type": "Entity type", "degree": "Degree", "language": "Language"}
_PREFIXES = {"modality": ("frozen:", "missing:")}
"""How the slices of a kind begin, where it is not the kind itself."""

MOST_GROUPS = 8
"""Of a kind with many slices, as types, only those with the most errors are drawn."""

ORDER = {"gain": "Repairable first", "rank": "Nearest misses first", "worst": "Worst rank first"}


def title(cause: str) -> str:
    """What a cause is called on screen."""
    return CAUSES[cause].title.capitalize()


def held(run: RunView, cause: str) -> str:
    """How often the rule of a circumstance holds in a run, right answers among them, in one sentence; else ""."""
    values = run.failures.attrs.get("contrasts", {}).get(cause)  # tables of older versions lack them
    if values is None or not CAUSES[cause].circumstance or values["wrong"] is None or values["right"] is None:
        return ""
    less = "" if Contrast(**values).tells else ", so it explains nothing here"
    return f"It holds for {values['wrong']:.1%} of the errors and {values['right']:.1%} of the right answers{less}."


def asked(run: RunView, direction: str, slice_name: str = "") -> pd.DataFrame:
    """The test queries of a direction and slice, right and wrong, with their causes.

    Returns:
        Columns as in `pmf.runs.layout.FAILURE_COLUMNS`, indexed by query.

    Raises:
        RunFormatError: the causes have not been worked out.
        ConfigError: there is no such slice.
    """
    if run.failures is None:
        raise RunFormatError(f"The errors of {run.run_id} have not been sorted by cause yet.")
    table = run.failures[run.failures["direction"] == direction]
    return table[slices.members(run, slice_name)[table.index.to_numpy()]] if slice_name else table


def errors(table: pd.DataFrame) -> pd.DataFrame:
    """The wrong ones of `asked`."""
    return table[~table["right"].to_numpy(np.bool_)]


def causes(wrong: pd.DataFrame) -> pd.DataFrame:
    """Errors per cause and modality that it is about: `cause, title, modality, errors`, largest cause first."""
    counts = wrong.groupby(["cause", "modality"], as_index=False).size().rename(columns={"size": "errors"})
    totals = counts.groupby("cause")["errors"].transform("sum")
    order = counts.assign(total=totals).sort_values(["total", "cause", "errors"], ascending=[False, True, False])
    titles = [title(cause) for cause in order["cause"]]
    return order.assign(title=titles)[["cause", "title", "modality", "errors"]].reset_index(drop=True)


def groups(run: RunView, kind: str) -> dict[str, str]:
    """Slice name → title of every slice of a kind of `KINDS`."""
    prefixes = _PREFIXES.get(kind, (f"{kind}:",))
    return {name: title for name, title in slices.names(run).items() if name.startswith(prefixes)}


def kinds(run: RunView) -> dict[str, str]:
    """The kinds that tell the entities of this run apart."""
    return {kind: title for kind, title in KINDS.items() if groups(run, kind)}


def breakdown(run: RunView, table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Errors per slice of a kind and cause: `group, group_title, asked, cause, cause_title, errors`.

    Args:
        run: the run.
        table: rows of `asked`.
        kind: of `KINDS`; of its slices, those with the most errors.
    """
    ids, wrong = table.index.to_numpy(), errors(table)
    inside = {group: slices.members(run, group) for group in groups(run, kind)}
    counts = {group: wrong.loc[mask[wrong.index], "cause"].value_counts() for group, mask in inside.items()}
    largest = sorted(counts, key=lambda group: -counts[group].sum())[:MOST_GROUPS]
    rows = [
        {"group": group, "asked": int(inside[group][ids].sum()), "cause": cause, "errors": int(number)}
        for group in counts
        if group in largest
        for cause, number in counts[group].items()
    ]
    titles = groups(run, kind)
    shown = pd.DataFrame(rows, columns=["group", "asked", "cause", "errors"])
    return shown.assign(
        group_title=[titles[group] for group in shown["group"]],
        cause_title=[title(cause) for cause in shown["cause"]],
    )


def ordered(run: RunView, wrong: pd.DataFrame, order: str) -> Ids:
    """The queries of `wrong` in an order of `ORDER`."""
    rank = wrong["rank"].fillna(np.inf).to_numpy()
    if order == "worst":
        rank = -rank
    repaired = (repairs(run, wrong) == "").to_numpy() if order == "gain" else np.zeros(len(wrong))
    return wrong.index.to_numpy(np.int64)[np.lexsort((rank, repaired))]


def listing(run: RunView, wrong: pd.DataFrame) -> pd.DataFrame:
    """The errors as a table to read: query, truth, prediction, cause, rank, and what would repair it."""
    prediction = wrong["prediction"].to_numpy()
    return pd.DataFrame(
        {
            "Query": run.labels[wrong.index],
            "Truth": run.labels[wrong["truth"]],
            "Prediction": np.where(prediction >= 0, run.labels[prediction], ""),
            "Cause": [
                title(c) + (f" · {m}" if m else "") for c, m in zip(wrong["cause"], wrong["modality"], strict=True)
            ],
            "Rank": wrong["rank"].to_numpy(),
            "Repair": repairs(run, wrong).to_numpy(),
        }
    )


def beside(run: RunView, query: int) -> int:
    """What a query is shown beside: its prediction, else its linked counterpart, -1 without either."""
    return int(run.best[query]) if run.best[query] >= 0 else int(run.partner[query])


def split(run: RunView, name: str) -> tuple[list[str], str]:
    """The slices that a name joins, less the cause among them, and that cause, "" for none."""
    combined = slices.JOIN in name and name not in slices.names(run)
    terms = slices.terms(name) if combined else [name] if name else []
    causes = [term.removeprefix(CAUSE) for term in terms if term.startswith(CAUSE)]
    return [term for term in terms if not term.startswith(CAUSE)], causes[0] if causes else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Test queries of a direction; `cause` is the title of the largest, "" where nothing is wrong or known.

    Args:
        share: of the errors that have this cause, in [0, 1].
        unexplained: share of them that no rule explains.
        freezing: the largest cost or gain that is more than chance, of all links if there is one, both directions.
    """

    asked: int
    wrong: int
    cause: str = ""
    share: float = 0.0
    unexplained: float = 0.0
    freezing: Harm | None = None


def answer(run: RunView, direction: str) -> Answer:
    """How many test queries are wrong, and most of them why."""
    forward = direction == layout.SOURCE_TO_TARGET
    test = (run.outcome != NOT_RANKED) & (run.split == "test") & ((np.arange(run.n) < run.n_source) == forward)
    summary = Answer(asked=int(test.sum()), wrong=int((test & (run.outcome == WRONG)).sum()))
    if run.failures is None or summary.wrong == 0:
        return summary
    shares = errors(asked(run, direction))["cause"].value_counts(normalize=True)
    explained = shares.drop(UNEXPLAINED, errors="ignore")
    harms = [one for one in freezing_harm(run.reader, run.failures) if one.certain]
    largest = max(harms, key=lambda one: (one.type == "", abs(one.cost)), default=None)
    first = {"cause": title(explained.index[0]), "share": explained.iloc[0]} if len(explained) else {}
    return replace(summary, **first, unexplained=shares.get(UNEXPLAINED, 0.0), freezing=largest)
