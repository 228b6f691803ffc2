"""Rules: probabilities worked out by hand, and the fast way against the plain one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest

from pmf.arrays import Ids, no_ids
from pmf.config.rules import RuleConfig
from pmf.data.graph_pair import GraphPair
from pmf.logic import choice, equality
from pmf.logic.choice import greedy_one_to_one
from pmf.logic.equality import grounds, likely_pairs
from pmf.logic.facts import Equalities, FactPair, Facts
from pmf.logic.inference import Known, infer, rounds
from pmf.logic.relations import both_ends, containments
from tests.small_graphs import Triples, graph_pair, links

# films 0, 1 and 3 were directed by 2, 2 and 4; in the other graph 5, 6 and 8 by 7, 7 and 9
FILMS: Triples = [(0, 0, 2), (1, 0, 2), (3, 0, 4)]
PAIR = graph_pair((FILMS, FILMS), (5, 5))
ONE_ROUND = RuleConfig(inference_rounds=1)


def probabilities(pair: GraphPair, seeds: Ids, options: RuleConfig = ONE_ROUND) -> dict[tuple[int, int], float]:
    facts = FactPair.of(pair)
    equal = Equalities.of(seeds, np.ones(len(seeds)), facts.literals, len(pair))
    why = grounds(facts, equal, containments(facts, equal), options)
    likely = likely_pairs(facts, why, options)
    return {(a, b): p for (a, b), p in zip(likely.pairs.tolist(), likely.probability.tolist(), strict=True)}


def test_containment_by_hand() -> None:
    facts = FactPair.of(PAIR)
    seeds = links((3, 8), (4, 9), (2, 7))
    contained = containments(facts, Equalities.of(seeds, np.ones(3), facts.literals, 10))
    # one fact of either kind has two linked ends, the other graph says it too: 1 / (1 + ½)
    assert list(zip(contained.source, contained.target, strict=True)) == [(0, 0), (1, 1)]
    assert contained.forward.tolist() == contained.backward.tolist() == pytest.approx([2 / 3, 2 / 3])
    assert contained.examples.tolist() == [1, 1]


def test_containment_counts_by_probability() -> None:
    facts = FactPair.of(PAIR)
    equal = Equalities.of(links((3, 8), (4, 9)), np.array([0.5, 0.8]), facts.literals, 10)
    assert containments(facts, equal).forward.tolist() == pytest.approx([0.4 / 0.9] * 2)


def test_containment_of_what_the_other_graph_does_not_say() -> None:
    # relation 1 of the source joins 0 and 1, and nothing does so in the target
    pair = graph_pair(([(0, 0, 1), (0, 1, 1)], [(0, 0, 1)]), (2, 2), (2, 1))
    facts = FactPair.of(pair)
    contained = containments(facts, Equalities.of(links((0, 2), (1, 3)), np.ones(2), facts.literals, 4))
    table = {
        (s, t): (f, b)
        for s, t, f, b in zip(contained.source, contained.target, contained.forward, contained.backward, strict=True)
    }
    # both relations of the source are in the target's only one, and it is in each of them
    assert table == {(0, 0): (2 / 3, 2 / 3), (1, 1): (2 / 3, 2 / 3), (2, 0): (2 / 3, 2 / 3), (3, 1): (2 / 3, 2 / 3)}


def test_probability_by_hand() -> None:
    probability = probabilities(PAIR, links((3, 8), (4, 9), (2, 7)))
    # a director has 3/2 films, so f⁻¹ = 2/3; contained with 2/3 in either direction: 1 - (1 - 4/9)²
    by_director = 1 - (1 - 4 / 9) ** 2
    assert {pair: probability[pair] for pair in ((0, 5), (0, 6), (1, 5), (1, 6))} == pytest.approx(
        dict.fromkeys([(0, 5), (0, 6), (1, 5), (1, 6)], by_director)
    )
    # a film has one director, so f⁻¹ = 1: 1 - (1 - 2/3)²
    assert probability[4, 9] == pytest.approx(8 / 9)
    assert (2, 7) not in probability  # none of their films is known to be the same


def test_two_neighbours_count_together() -> None:
    # 0 and 1 wrote 2 and 3; 4 is there to teach the relation, by 5
    triples: Triples = [(0, 0, 2), (0, 0, 3), (1, 0, 3), (5, 0, 4)]
    pair = graph_pair((triples, triples), (6, 6))
    probability = probabilities(pair, links((4, 10), (5, 11), (2, 8), (3, 9)))
    # works have 4/3 writers: f⁻¹ = 3/4; contained 1 / 1.5
    doubt = (1 - 2 / 3 * 3 / 4) ** 2
    assert probability[1, 7] == pytest.approx(1 - doubt)  # share 3
    assert probability[0, 6] == pytest.approx(1 - doubt**2)  # share 2 and 3


def test_rounds_reach_further_than_seeds() -> None:
    """A chain: each round finds the next one."""
    chain: Triples = [(i, 0, i + 1) for i in range(5)]
    pair = graph_pair((chain, chain), (6, 6))
    found = [len(r.pairs) for r in rounds(FactPair.of(pair), Known(seeds=links((0, 6), (1, 7))), RuleConfig())]
    assert found == [1, 2, 3, 4, 4]


def test_rejected_pairs_lone_entities_and_seeds_are_never_found() -> None:
    facts = FactPair.of(PAIR)
    seeds = links((3, 8), (4, 9), (2, 7))
    inferred = infer(facts, Known(seeds=seeds), ONE_ROUND).pairs.tolist()
    assert inferred == [[0, 5], [1, 6]]
    rejected = infer(facts, Known(seeds=seeds, rejected=links((0, 5))), ONE_ROUND).pairs.tolist()
    assert rejected == [[0, 6], [1, 5]]
    alone = infer(facts, Known(seeds=seeds, alone=np.array([0])), ONE_ROUND).pairs.tolist()
    assert alone == [[1, 5]]


def test_what_a_model_supposes_counts_by_its_probability() -> None:
    facts = FactPair.of(PAIR)
    known = Known(seeds=links((3, 8), (4, 9)), supposed=links((2, 7)), supposed_probability=np.array([0.5]))
    inferred = infer(facts, known, ONE_ROUND)
    place = inferred.pairs.tolist().index([0, 5])
    assert inferred.probability[place] == pytest.approx(1 - (1 - 2 / 9) ** 2)


def random_pair(seed: int) -> tuple[GraphPair, Ids]:
    """Two noisy copies of one graph under other numbers, with values."""
    rng = np.random.default_rng(seed)
    n = 40
    triples = np.stack([rng.integers(0, n, 120), rng.integers(0, 4, 120), rng.integers(0, n, 120) // 3], axis=1)
    values = [(int(e), int(a), str(v)) for e, a, v in zip(*rng.integers(0, (n, 2, 30), (50, 3)).T, strict=True)]
    order = rng.permutation(n)
    copy = [(int(order[h]), int(r) % 3, int(order[t])) for h, r, t in triples[rng.random(120) < 0.8]]
    moved = [(int(order[e]), a, v) for e, a, v in values]
    pair = graph_pair(([tuple(t) for t in triples.tolist()], copy), (n, n), (4, 3), (values, moved))
    truth = np.stack([np.arange(n), n + order], axis=1)
    return pair, truth[rng.permutation(n)]


def plain_facts(side: Facts) -> set[tuple[int, int, int]]:
    return set(zip(side.entity.tolist(), side.kind.tolist(), side.neighbour.tolist(), strict=True))


def plain_probabilities(
    facts: FactPair, seeds: Iterable[tuple[int, int, float]], least: float
) -> dict[tuple[int, int], float]:
    """PARIS as it is written down: loops over all pairs of facts."""
    source, target = (plain_facts(side) for side in facts.sides)
    equal = {(a, b): p for a, b, p in seeds}
    values = zip(facts.literals.source, facts.literals.target, facts.literals.probability, strict=True)
    equal |= {(facts.n_entities + a, facts.n_entities + b): p for a, b, p in values}

    def contained(
        here: set[tuple[int, int, int]], there: set[tuple[int, int, int]], same: dict[tuple[int, int], float]
    ) -> dict[tuple[int, int], float]:
        partners: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for (a, b), p in same.items():
            partners[a].append((b, p))
        told: dict[int, float] = defaultdict(float)
        seen: dict[tuple[int, int], float] = defaultdict(float)
        kinds = {kind for _, kind, _ in there}
        for x, kind, y in here:
            ways = [(x2, y2, p * q) for x2, p in partners[x] for y2, q in partners[y]]
            told[kind] += max((w for _, _, w in ways), default=0)
            for other in kinds:
                seen[kind, other] += max((w for x2, y2, w in ways if (x2, other, y2) in there), default=0)
        return {key: s / (told[key[0]] + 0.5) for key, s in seen.items()}

    forward = contained(source, target, equal)
    backward = contained(target, source, {(b, a): p for (a, b), p in equal.items()})

    def functionality(side: set[tuple[int, int, int]], kind: int) -> float:
        own = [(x, y) for x, k, y in side if k == kind]
        return len({y for _, y in own}) / len(own)

    rest: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    for x, r, y in source:
        for x2, r2, y2 in target:
            p = equal.get((y, y2), 0)
            for factor in (
                forward.get((r, r2), 0) * functionality(source, r) * p,
                backward.get((r2, r), 0) * functionality(target, r2) * p,
            ):
                if factor >= least:
                    rest[x, x2] *= 1 - min(factor, 0.999)
    return {pair: 1 - r for pair, r in rest.items()}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("block", [7, 4_000_000])
def test_fast_and_plain_agree(seed: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equality, "_BLOCK", block)
    pair, truth = random_pair(seed)
    facts = FactPair.of(pair)
    seeds, weight = truth[:15], np.random.default_rng(seed).uniform(0.3, 1, 15)
    equal = Equalities.of(seeds, weight, facts.literals, len(pair))
    why = grounds(facts, equal, containments(facts, equal), ONE_ROUND)
    likely = likely_pairs(facts, why, ONE_ROUND)
    plain = plain_probabilities(facts, [(*s, w) for s, w in zip(seeds.tolist(), weight.tolist(), strict=True)], 0.02)
    expected = {key: p for key, p in plain.items() if p >= ONE_ROUND.least_probability}
    assert len(expected) > 50
    assert dict(zip(map(tuple, likely.pairs.tolist()), likely.probability, strict=True)) == pytest.approx(expected)


def test_what_is_left_out_is_counted() -> None:
    pair, truth = random_pair(0)
    facts = FactPair.of(pair)
    equal = Equalities.of(truth[:15], np.ones(15), facts.literals, len(pair))
    contained = containments(facts, equal)
    whole = grounds(facts, equal, contained, RuleConfig())
    assert (whole.left_out_groups, whole.left_out_products) == (0, 0)
    facts_in_all = len(facts.source) + len(facts.target)
    assert whole.products > facts_in_all
    part = grounds(facts, equal, contained, RuleConfig(products_per_fact=1))
    assert part.products <= facts_in_all
    assert part.products + part.left_out_products == whole.products
    assert len(part.source) + part.left_out_groups == len(whole.source)
    sizes = facts.source.group_size[part.source] * facts.target.group_size[part.target]
    assert sizes.max() <= part.left_out_products / part.left_out_groups  # the large ones are left out


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sweeps", [0, 1, 10])
def test_greedy_choice_is_that_of_one_by_one(seed: int, sweeps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_SWEEPS", sweeps)
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, 20, (150, 2)) + np.array([0, 20]), axis=0)
    probability = rng.integers(1, 6, len(pairs)) / 6
    taken: set[int] = set()
    plain = []
    for i in np.argsort(-probability, kind="stable").tolist():
        if not taken & set(pairs[i].tolist()):
            taken |= set(pairs[i].tolist())
            plain.append(i)
    assert greedy_one_to_one(pairs, probability, 40).tolist() == sorted(plain)


def test_nothing_to_go_by() -> None:
    empty = graph_pair(([], []), (2, 2))
    assert not len(infer(FactPair.of(empty), Known(seeds=links((0, 2))), RuleConfig()).pairs)
    assert not len(infer(FactPair.of(PAIR), Known(seeds=no_ids(0, 2)), RuleConfig()).pairs)


def test_what_a_person_says_of_relations_is_certain() -> None:
    facts = FactPair.of(PAIR)
    seeds = links((3, 8), (4, 9), (2, 7))
    denied = Known(seeds=seeds, relations=both_ends(np.array([[0, 0, 0]]), 1))
    assert infer(facts, Known(seeds=seeds), ONE_ROUND).pairs.tolist()
    assert not infer(facts, denied, ONE_ROUND).pairs.tolist()
    confirmed = infer(facts, Known(seeds=seeds, relations=both_ends(np.array([[0, 0, 1]]), 1)), ONE_ROUND)
    # as by hand above, but contained with 1 instead of 2/3
    assert confirmed.probability.tolist() == pytest.approx([1 - (1 - 2 / 3) ** 2] * 2)
    assert confirmed.contained.forward.tolist() == confirmed.contained.backward.tolist() == [1, 1]


def test_a_confirmed_pair_of_relations_needs_no_example() -> None:
    # what the source says from head to tail, the target says from tail to head, and no two ends are known
    pair = graph_pair((FILMS, [(t, r, h) for h, r, t in FILMS]), (5, 5))
    facts, seeds = FactPair.of(pair), links((4, 9))
    assert not infer(facts, Known(seeds=seeds), ONE_ROUND).pairs.tolist()
    told = Known(seeds=seeds, relations=both_ends(np.array([[0, 1, 1]]), 1))
    assert infer(facts, told, ONE_ROUND).pairs.tolist() == [[3, 8]]
