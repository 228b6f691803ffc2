"""What the lesson says, step by step, of the run that it teaches with: its own rules and its own numbers."""

from __future__ import annotations

from dataclasses import dataclass

from app.learn.services import formulas
from app.learn.services.contrast import Contrast
from app.learn.services.formulas import Formula
from app.learn.services.freezing import Pictures
from app.learn.services.lesson import Around
from app.learn.services.paper import DATA, PAPER
from app.learn.services.senses import label_shares
from app.shared.services import headline
from app.shared.services.run_view import RunView
from app.shared.widgets.text import short
from pmf.runs import layout

TITLES = (
    "Two graphs, one world",
    "What each modality sees",
    "Learning to be alike",
    "Freeze what cannot help",
    "Together or alone?",
    "The training as a film",
)
FREEZING = TITLES[3]
DRAGGED = (
    "What is known",
    "Share p of the seeds' labels",
    "Temperature τ",
    "Threshold δ",
    "How much each modality counts",
    "Epoch",
)
RULES = {"default": "our default", "paper": "the paper's rule", "published": "the published code"}
LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the lesson. In `words` and `note` what stands between two `**` is bold.

    Args:
        title: of it.
        dragged: what there is to drag.
        words: paragraphs.
        formulas: what each is of, "" where that is plain, and the formula.
        note: for who presents.
    """

    title: str
    dragged: str
    words: tuple[str, ...]
    formulas: tuple[tuple[str, Formula], ...]
    note: str


def rule_of(run: RunView) -> str:
    """By which rules a run was trained, in a few words."""
    name = str(run.reader.facts.settings["preset"])
    return RULES.get(name, name)


def label(run: RunView, entity: int) -> str:
    """An entity's name as it stands in a sentence."""
    return short(run.labels[entity], LONGEST).replace("**", "")


def steps(
    run: RunView, beside: RunView | None, pair: Around, contrast: Contrast | None, frozen: Pictures
) -> tuple[Step, ...]:
    """The six steps.

    Args:
        run: the run that the lesson is about.
        beside: the run by other rules, None without one.
        pair: who is followed.
        contrast: the loss that the third step shows, None without snapshots.
        frozen: the run's pictures.
    """
    made = (
        _graphs(run, pair),
        _senses(run, pair),
        _loss(run, pair, contrast),
        _freezing(run, beside, frozen),
        _fusion(run, beside, pair),
        _film(run, beside),
    )
    return tuple(
        Step(title=title, dragged=dragged, words=words, formulas=lines, note=note)
        for title, dragged, (words, lines, note) in zip(TITLES, DRAGGED, made, strict=True)
    )


Parts = tuple[tuple[str, ...], tuple[tuple[str, Formula], ...], str]


def _graphs(run: RunView, pair: Around) -> Parts:
    splits = run.reader.links["split"].value_counts()
    held_out = int(splits.get("validation", 0))
    words = (
        f"Two knowledge graphs tell of the same world: **{run.n_source:,}** entities here, "
        f"**{run.n - run.n_source:,}** there.",
        f"**{splits.get('seed', 0)}** pairs are known, the seed links. "
        + (f"Another {held_out} are held out to decide things by. " if held_out else "")
        + f"The other **{splits.get('test', 0)}** are the test.",
        f"Which entity on the right is **{label(run, pair.source)}**? Names may not be used: only neighbours, "
        "relations, attributes and pictures.",
    )
    note = (
        "Ask before you drag: by what would you recognise it? Then drag slowly, one kind of knowledge after the other. "
        f"{label(run, pair.source)} stays with us to the last step; it is a test link, so training never sees it."
    )
    return words, (), note


def _senses(run: RunView, pair: Around) -> Parts:
    settings = run.reader.facts.settings
    shares = label_shares(run)
    lines = tuple(("", formula) for formula in formulas.senses(settings))
    name = label(run, pair.source)
    if any(shares.values()):
        one = f"p = {max(shares.values()):g}"
        each = "p, chosen by the validation links: " + ", ".join(f"{m} {p:.2f}" for m, p in shares.items())
        counted = one if len(set(shares.values())) == 1 else each
        words = (
            "A modality makes a vector **h** of what it is given, and learns to. Beside it stands a vector **g** that "
            "nobody learns: every seed link is a random label, which spreads to neighbours and to whoever shares a "
            "relation or an attribute.",
            f"This run counts both: **{counted}**. Pictures share nothing that labels could spread over, so there "
            "h stands alone.",
            f"The cosine of the best candidate, right or wrong, is the **relevance α** of what {name} has.",
        )
        note = (
            "Drag p to 0, then to 1. At 0 only what was learned counts, as in the paper; at 1 only the seeds' labels. "
            f"This run has {counted}. Compare structure with attribute, then look at the picture."
        )
    else:
        words = (
            "A modality makes a vector **h** of what it is given, and learns to.",
            f"The cosine of the best candidate, right or wrong, is the **relevance α** of what {name} has.",
        )
        note = "Go through the modalities. Each is wrong about somebody."
    return words, lines, note


def _loss(run: RunView, pair: Around, contrast: Contrast | None) -> Parts:
    settings = run.reader.facts.settings
    tau = f"{settings['loss.temperature']:g}"
    name = label(run, pair.source)
    if contrast is None:
        who = "Each seed link is pulled together, and everybody else is pushed away."
    else:
        beside = contrast.source in [n.entity for n in pair.beside_source]
        anchor = label(run, contrast.source)
        where = f", a neighbour of {name}," if beside else ""
        who = (
            f"Take the seed link of **{anchor}**{where} and {label(run, contrast.target)}. Training pulls the two "
            f"together and pushes {len(contrast.negatives):,} others away. The loss is small once the partner has "
            "nearly all of the probability."
        )
    words = (
        who,
        f"The **temperature τ** says how much the nearest rivals matter. This run trains with **τ = {tau}**.",
        f"{name} itself is never trained on. It moves because its neighbours do."
        + (" Pairs of which rules are sure train as if they were seeds." if settings["rules.rounds"] else ""),
    )
    note = (
        "Choose the first snapshot, then the last: the bars part. Then drag τ up: everybody gets the same share and "
        "nothing is learned. Drag it down: only the nearest rival counts. The loss is of the learned part alone, among "
        "the seeds that snapshots are kept of."
    )
    return words, (("", formulas.loss()[0]),), note


def _freezing(run: RunView, beside: RunView | None, frozen: Pictures) -> Parts:
    guarded = run.reader.facts.config().freezing.rule_name == "guard"
    chosen = (
        f"In epoch {frozen.epoch} this run took **δ = {frozen.threshold:.2f}**: with it, links held out of the seeds "
        "were surely found better. Otherwise it freezes nothing."
        if guarded
        else f"In epoch {frozen.epoch} this run took **δ = {frozen.threshold:.2f}**, by the calendar."
    )
    words = (
        "A picture that resembles nothing in the other graph only misleads. Whatever has a relevance α not above "
        "**δ** is **frozen**, for good: it leaves loss and fusion.",
        chosen,
    )
    lines = [(f"What is left counts, by {rule_of(run)}:", formulas.weight(_kind(run)))]
    if beside is not None:
        words += (f"By {rule_of(beside)} δ rises by the calendar, whatever comes of it.",)
        if _kind(beside) != _kind(run):
            lines.append((f"by {rule_of(beside)}:", formulas.weight(_kind(beside))))
        lines.append((f"δ in epoch t, by {rule_of(beside)}:", formulas.schedule(beside.reader.facts.settings)))
    note = (
        "Drag δ from the left. Stop where precision begins to fall: further right the pictures that freeze would have "
        "helped. Then ask which frozen picture was a mistake, and click it: its counterpart, and the rank by pictures "
        "alone, say whether it was."
    )
    return words, tuple(lines), note


def _fusion(run: RunView, beside: RunView | None, pair: Around) -> Parts:
    settings = run.reader.facts.settings
    reliable = bool(settings["evaluation.reliability"])
    words = [
        "No modality is right about everybody. The similarity is a weighted sum over those that are not frozen.",
        "The factors **r** are this run's own: held-out links are the likeliest under them."
        if reliable
        else "All modalities count alike.",
    ]
    if reliable and beside is not None and not beside.reader.facts.settings["evaluation.reliability"]:
        words[-1] += f" By {rule_of(beside)} every r is 1."
    lines = [("", formula) for formula in formulas.fusion(settings)]
    if beside is not None and formulas.fusion(beside.reader.facts.settings) != formulas.fusion(settings):
        lines.append((f"by {rule_of(beside)}:", formulas.fusion(beside.reader.facts.settings)[1]))
    if headline.decoder(run) == "CSLS":
        times = {1: "once", 2: "twice"}.get(int(settings["evaluation.csls_rounds"]), "repeatedly")
        near = settings["evaluation.csls_k"]
        why = f"and {times}, so that nobody is near to everybody (CSLS; a and b: mean of the {near} largest)"
        lines.append((f"{why}:", formulas.csls()))
    note = (
        f"Take the picture away from {label(run, pair.source)}, then everything but the picture. Watch its rank, and "
        "Hits@1 of all test links beside it: what helps one need not help all. The two buttons bring back this run's "
        "factors, and equal ones."
    )
    return tuple(words), tuple(lines), note


def _film(run: RunView, beside: RunView | None) -> Parts:
    start = run.reader.facts.settings["freezing.start_epoch"]
    hits = [
        f"**{results[layout.SOURCE_TO_TARGET]['hits@1']:.1%}** by {rule_of(one)}"
        for one in (run, beside)
        if one is not None and (results := one.reader.results())
    ]
    words = (
        f"Relevance is measured from epoch {start} on. Each dot is an entity, a hollow one has something frozen.",
        f"Hits@1 on test links at the end: {', '.join(hits)}.",
        f"In the paper, on {DATA}: {PAPER['PMF']:.1%}, and {PAPER['PMF, relevance not measured']:.1%} where relevance "
        "is not measured. Other data, so not to be compared.",
    )
    note = (
        "Press P to play. The line joins our pair. Then change one thing and train live: it takes less than a minute, "
        "and the new curve is drawn over the recorded one. Ask first what will happen."
    )
    return words, (), note


def _kind(run: RunView) -> str:
    return str(run.reader.facts.settings["freezing.fusion_weight"])
