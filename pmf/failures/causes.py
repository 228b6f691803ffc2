"""The causes of an error, in order of precedence: of all rules that hold, the first names the primary cause.

A run at chance has one cause for everything. Else first what a person can repair and the counterfactual ranks, or
the data, show to be at fault (a feature that was frozen, a picture, a name, a weight); then what the data leave open
(settled by the decoding, perhaps linked wrongly, alike); then circumstances: what the neighbours say, few triples,
features that are missing, a popular candidate. Those come first that tell errors from right answers best, as measured
on validation links of a data set that no figure is told for (assets/docs/results.md). A circumstance counts only in
runs in which errors have it more often than right answers (`pmf.failures.contrast`). What no rule explains is said to
be unexplained.
Ranks in the rules are by plain similarity unless they say otherwise, those in "wrong" are of the run's own decoding.
The rules themselves, with their thresholds, are the functions of `pmf.failures.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """What a rule is called, and what it says, for people.

    Args:
        title: a few words.
        sentence: what went wrong, and what could be done.
        rule: when it holds.
        circumstance: whether it goes with errors and no rank proves it; it then counts as a cause only in runs in
            which it tells something, see `pmf.failures.contrast`.
    """

    title: str
    sentence: str
    rule: str
    circumstance: bool = False


UNEXPLAINED = "unexplained"

CAUSES = {
    "chance": Cause(
        "nothing to tell by",
        "The run finds no more than blind guesses would: what it uses tells nobody apart, and each of its errors is "
        "as good as any other. Add what was left out.",
        "The run is at chance on its validation links, or, where those are fewer than five, on its test links.",
    ),
    "no-candidate": Cause(
        "truth not among the candidates",
        "The truth was never compared with the query: let more candidates through before they are scored.",
        "The run was made from scores, and the pair of query and truth is not among them.",
    ),
    "over-frozen": Cause(
        "over-frozen",
        "A feature was frozen as irrelevant that would have found the truth: freeze later, or with a lower cap.",
        "The query or the truth has a frozen feature, and by that modality alone the truth has rank 1; or it is among "
        "the ten best, and has rank 1 with that modality thawed.",
    ),
    "picture": Cause(
        "wrong or ambiguous picture",
        "The pictures mislead because one shows something else, or the same as another entity's: look at them, "
        "replace them or drop them.",
        "Without pictures the truth would beat the prediction, and its picture is not among the ten most similar to "
        "the query's; or the pictures of truth and prediction are the same (cosine of 0.95 or more).",
        circumstance=True,
    ),
    "name-trap": Cause(
        "name trap",
        "The prediction is called nearly the same as the query and is another entity.",
        "Without names the truth would beat the prediction, whose name is the query's (cosine of 0.9 or more).",
        circumstance=True,
    ),
    "imbalance": Cause(
        "imbalance",
        "One modality outvotes the rest, which agree on the truth: give it less weight.",
        "With one modality left out of the run, the truth comes first as the run ranks; where that is not known, by "
        "plain similarity.",
    ),
    "inconsistent": Cause(
        "inconsistent modalities",
        "One modality knows the truth, and the others together outvote it: give it more weight.",
        "A modality that neither the query nor the truth has frozen ranks the truth first by itself.",
    ),
    "decoding": Cause(
        "lost in decoding",
        "Plain similarity ranks the truth first, and the decoding took it away: compare with another decoding.",
        "The truth has rank 1 by plain similarity.",
    ),
    "suspicious-link": Cause(
        "suspicious gold link",
        "Nothing that the run knows points to the truth, and all of it, in both directions, to the prediction: "
        "perhaps the link is wrong.",
        "The truth is not among the ten best, neither in any modality alone, two at least, nor in all together, and is "
        "not called like the query; the query is the prediction's own first candidate, and as similar to it as nine in "
        "ten right pairs.",
        circumstance=True,
    ),
    "near-duplicate": Cause(
        "near-duplicate entity",
        "Prediction and truth are described in nearly the same way: only more data can tell them apart.",
        "Prediction and truth share at least half of their triples, relations and attributes (Jaccard index), and "
        "their pictures and names are the same (cosine of 0.95 or more), as far as the run uses them.",
        circumstance=True,
    ),
    "unconnected": Cause(
        "nothing in common",
        "No neighbour of the query is linked to a neighbour of the truth, so the graphs say nothing for it: add "
        "triples to either.",
        "Query and truth have neighbours, and no link of the data, test links among them, leads from one of the "
        "query's to one of the truth's.",
        circumstance=True,
    ),
    "lost-neighbours": Cause(
        "neighbours not matched",
        "Query and truth have neighbours in common, and the run has matched none of these right: confirm one of them.",
        "Neighbours of the query are linked to neighbours of the truth; none of them is a seed or has its counterpart "
        "as its first candidate.",
        circumstance=True,
    ),
    "misled": Cause(
        "misled by neighbours",
        "As the run has matched the neighbours, the prediction has more of them in common with the query than the "
        "truth: check these matches.",
        "By seed links and first candidates, right or wrong, more neighbours of the query have their counterpart "
        "beside the prediction than beside the truth.",
        circumstance=True,
    ),
    "sparse": Cause(
        "sparse structure",
        "The graph says little about the query or the truth.",
        "The query or the truth has one or two relation triples, and structure alone does not rank the truth first.",
        circumstance=True,
    ),
    "same-neighbours": Cause(
        "same neighbours",
        "All known neighbours that the query has in common with the truth it has in common with the prediction too: "
        "only other triples, attributes, names or pictures can tell these two apart.",
        "Some neighbours of the query are known to have their counterpart beside the truth, and all of these "
        "counterparts are neighbours of the prediction too.",
        circumstance=True,
    ),
    "missing": Cause(
        "missing evidence",
        "The query or the truth has nothing in a modality that helps others: complete the data.",
        "A feature is missing from the query or the truth in a modality that adds at least one point of Hits@1 to the "
        "queries that have it on both sides.",
        circumstance=True,
    ),
    "hub": Cause(
        "hub",
        "The prediction is near to unusually many queries: use CSLS, or one-to-one decoding.",
        "The prediction is among the ten best candidates of more queries than the mean candidate and two standard "
        "deviations.",
        circumstance=True,
    ),
    UNEXPLAINED: Cause("unexplained", "No rule explains it.", "None of the other rules holds."),
}
