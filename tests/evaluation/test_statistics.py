"""Laws of scores, intervals and comparisons, against enumeration, textbook numbers and simulation."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, pairwise, product
from math import comb, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.paired import MCNEMAR, SIGN_FLIP, compare, mcnemar, sign_flip
from crossthink_hub.evaluation.statistics import (
    Estimate,
    Tally,
    Z,
    average,
    by_part,
    macro,
    mean_of,
    pass_at_k,
    pooled,
    score,
    solved_in,
    tally,
    wilson,
)

law = settings(max_examples=100, deadline=None, derandomize=True)
slow_law = settings(law, max_examples=25)
close = pytest.approx


def numbered(counts: list[tuple[int, int]], prefix: str = "q") -> Tally:
    """Return a tally of questions called after their numbers."""
    right, tries = zip(*counts, strict=True)
    return Tally((f"{prefix}{place}" for place in range(len(counts))), right, tries)


def same_tries(rows: list[list[bool]]) -> Tally:
    return numbered([(sum(row), len(row)) for row in rows])


COUNT = st.integers(1, 12).flatmap(lambda tries: st.tuples(st.integers(0, tries), st.just(tries)))
COUNTS = st.lists(COUNT, min_size=1, max_size=30)
TALLIES = COUNTS.map(numbered)
ONCE = st.lists(st.tuples(st.integers(0, 1), st.just(1)), min_size=1, max_size=60).map(numbered)
PAIRS = st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=12).map(
    lambda pairs: (numbered([one for one, _ in pairs]), numbered([other for _, other in pairs]))
)
ESTIMATES = st.lists(TALLIES.map(score) | ONCE.map(score), min_size=1, max_size=8)


def is_sound(found: Estimate, least: float = 0.0) -> None:
    assert least <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert found.error >= 0


# Intervals.


@law
@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_estimate_and_stays_a_share(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    is_sound(found)
    assert found.value == counts[0] / counts[1]
    assert found.error == close(sqrt(found.value * (1 - found.value) / counts[1]))


@law
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(2, 9))
def test_wilson_shrinks_with_n_and_mirrors(counts: tuple[int, int], times: int) -> None:
    right, n = counts
    small, large, mirrored = wilson(right, n), wilson(times * right, times * n), wilson(n - right, n)
    assert large.high - large.low < small.high - small.low
    assert (1 - mirrored.high, 1 - mirrored.low) == (close(small.low), close(small.high))


@law
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_wilson_are_where_a_score_test_just_refuses(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    for end in (found.low, found.high):
        if 0 < end < 1 and end != found.value:
            assert abs(found.value - end) / sqrt(end * (1 - end) / counts[1]) == close(Z)


@pytest.mark.parametrize(
    ("right", "questions", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_newcombes_table(right: int, questions: int, low: float, high: float) -> None:
    found = wilson(right, questions)  # Statistics in Medicine 17 (1998), method 3
    assert (found.low, found.high) == (close(low, abs=5e-5), close(high, abs=5e-5))


@law
@given(TALLIES)
def test_a_score_holds_its_estimate_and_stays_a_share(given: Tally) -> None:
    found = score(given)
    is_sound(found)
    assert found.value == close(np.mean(given.rates))
    assert found.error == close(np.std(given.rates) / sqrt(len(given)), abs=1e-12)
    assert found.questions == len(given)


@law
@given(COUNTS, st.integers(2, 5))
def test_a_score_is_surer_with_more_questions_alike(counts: list[tuple[int, int]], times: int) -> None:
    few, many = score(numbered(counts)), score(numbered(counts * times))
    assert many.value == close(few.value)
    assert many.high - many.low < few.high - few.low
    assert many.error == close(few.error / sqrt(times), abs=1e-12)


@law
@given(ONCE, st.integers(1, 6))
def test_the_same_answer_again_tells_nothing_new(once: Tally, times: int) -> None:
    again = score(Tally(once.ids, once.right * times, once.tries * times))
    alone = wilson(int(once.right.sum()), len(once))
    for name in ("value", "error", "low", "high"):
        assert getattr(again, name) == close(getattr(alone, name), abs=1e-12)


@law
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=30))
def test_the_error_is_the_textbook_one_of_clusters(rows: list[list[bool]]) -> None:
    answers = np.array(rows, float)
    residuals = answers - answers.mean()
    across = (residuals.sum(axis=1) ** 2).sum()  # each pair of answers to one question
    assert score(same_tries(rows)).error == close(sqrt(across) / answers.size, abs=1e-12)


@law
@given(st.integers(3, 200), st.integers(1, 16))
def test_one_wrong_answer_never_makes_a_score_surer_of_itself(questions: int, tries: int) -> None:
    counts = [(tries, tries)] * questions
    perfect, nearly = score(numbered(counts)), score(numbered([(tries - 1, tries), *counts[1:]]))
    assert nearly.low < perfect.low + 0.2 / questions
    assert nearly.value < perfect.value


def test_intervals_hold_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(0)
    ids = [str(place) for place in range(40)]  # as few as AMC23
    for tries, (a, b) in product((1, 8), ((2, 1), (20, 1), (0.3, 0.3))):
        held = 0
        for _ in range(400):
            right = generator.binomial(tries, generator.beta(a, b, 40))
            found = score(Tally(ids, right, np.full(40, tries)))
            held += found.low <= a / (a + b) <= found.high
        assert held >= 0.93 * 400, (tries, a, b)


@law
@given(COUNTS, st.randoms())
def test_the_order_of_the_questions_does_not_matter(counts: list[tuple[int, int]], random: Random) -> None:
    shuffled = list(counts)
    random.shuffle(shuffled)
    k = min(tries for _, tries in counts)
    assert score(numbered(counts)) == score(numbered(shuffled))
    assert pass_at_k(numbered(counts), k) == pass_at_k(numbered(shuffled), k)


# Tallies.


@law
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([True, False, None])), min_size=1))
def test_a_tally_counts_verdicts_and_leaves_out_what_has_none(graded: list[tuple[str, bool | None]]) -> None:
    judged = [(question, correct) for question, correct in graded if correct is not None]
    if not judged:
        with pytest.raises(UsageError, match="no question has a graded answer"):
            tally(graded)
        return
    found = tally(graded)
    assert set(found.ids) == {question for question, _ in judged}
    assert found.right.sum() == sum(correct for _, correct in judged)
    assert found.tries.sum() == len(judged)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: Tally("ab", [1], [1]), "2 questions, 1 counts, 1 tries"),
        (lambda: Tally("aa", [1, 0], [1, 1]), "a: stands twice"),
        (lambda: Tally("a", [2], [1]), "right answers are from 0"),
        (lambda: Tally("a", [0], [0]), "right answers are from 0"),
        (lambda: Tally("a", [0.5], [1]), "right: counts are whole numbers"),
        (lambda: Tally("", [], []), "no question has a graded answer"),
        (lambda: wilson(3, 2), "3 of 2 questions"),
        (lambda: wilson(0, 0), "0 of 0 questions"),
        (lambda: pass_at_k(Tally("ab", [1, 0], [4, 2]), 3), "Ask for 1 to 2"),
        (lambda: pass_at_k(Tally("a", [1], [4]), 0), "pass@0 needs"),
        (lambda: mean_of([]), "a mean needs estimates"),
        (lambda: mean_of([wilson(1, 2)], [1, 2]), "a mean needs estimates"),
        (lambda: mean_of([wilson(1, 2)], [0]), "a mean needs estimates"),
        (lambda: average({}, ["mmlu", "amc23"]), "Run one of mmlu, amc23."),
        (lambda: by_part(Tally("ab", [1, 1], [1, 1]), {"a": "law"}), "b: is of no part"),
        (lambda: compare(Tally("a", [1], [1]), Tally("b", [1], [1])), "no question in common"),
        (lambda: mcnemar(-1, 0), "counted from 0"),
        (lambda: sign_flip([float("nan")]), "finite differences"),
        (lambda: Estimate(0.5, 0.1, 0.6, 0.7, 4), "holds its value"),
        (lambda: Estimate(0.5, 0.1, 0.4, 0.7, 0), "at least one question"),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert said in str(caught.value)


def test_a_tally_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Tally("a", [0], [1]).right[0] = 1


# pass@k.


def by_enumeration(right: int, tries: int, k: int) -> Fraction:
    """Return the share of choices of k answers of which one is right; the first so many are."""
    chosen = list(combinations(range(tries), k))
    return Fraction(sum(min(choice) < right for choice in chosen), len(chosen))


@law
@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n))))
def test_pass_at_k_is_what_enumeration_gives(case: tuple[int, int, int]) -> None:
    right, tries, k = case
    assert solved_in([right], [tries], k)[0] == close(float(by_enumeration(right, tries, k)))


@law
@given(TALLIES)
def test_pass_at_k_grows_from_the_mean_with_k(given: Tally) -> None:
    found = [pass_at_k(given, k) for k in range(1, int(given.tries.min()) + 1)]
    assert found[0].value == close(score(given).value)
    for one in found:
        is_sound(one)
    assert all(more.value >= less.value - 1e-12 for less, more in pairwise(found))


@law
@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(0, n), min_size=1).map(lambda c: (n, c))))
def test_pass_at_all_answers_is_whether_any_is_right(case: tuple[int, list[int]]) -> None:
    tries, right = case
    assert solved_in(right, [tries] * len(right), tries).tolist() == [float(count > 0) for count in right]


@pytest.mark.parametrize(
    ("right", "tries", "k"), [(1, 100_000, 1), (3, 100_000, 5_000), (50_000, 100_000, 64)]
)
def test_pass_at_k_of_very_many_answers(right: int, tries: int, k: int) -> None:
    exact = 1 - Fraction(comb(tries - right, k), comb(tries, k))
    assert solved_in([right], [tries], k)[0] == close(float(exact), rel=1e-9)


# Averages.


@law
@given(ESTIMATES)
def test_a_mean_holds_its_estimate_and_stays_a_share(estimates: list[Estimate]) -> None:
    found = mean_of(estimates)
    is_sound(found)
    assert found.value == close(np.mean([one.value for one in estimates]))
    assert found.error == close(sqrt(sum(one.error**2 for one in estimates)) / len(estimates))
    widths = [one.high - one.low for one in estimates]
    assert found.high - found.low <= np.mean(widths) + 1e-12  # independent errors cancel in part


@law
@given(TALLIES.map(score), st.integers(1, 9))
def test_the_mean_of_one_is_itself_and_of_many_is_surer(one: Estimate, times: int) -> None:
    found = mean_of([one] * times)
    assert (found.value, found.error) == (close(one.value), close(one.error / sqrt(times)))
    assert found.value - found.low == close((one.value - one.low) / sqrt(times), abs=1e-12)
    assert found.high - found.value == close((one.high - one.value) / sqrt(times), abs=1e-12)


@law
@given(st.lists(COUNTS, min_size=1, max_size=6))
def test_pooled_is_the_macro_mean_weighted_by_size(counts: list[list[tuple[int, int]]]) -> None:
    parts = [numbered(own, f"{place}-") for place, own in enumerate(counts)]
    sizes = [len(part) for part in parts]
    found = pooled(parts)
    assert found.value == close(mean_of([score(part) for part in parts], sizes).value)
    assert found.questions == sum(sizes)
    alike = [numbered(counts[0], f"{place}-") for place in range(len(counts))]
    assert macro(alike).value == close(pooled(alike).value)


@law
@given(TALLIES, st.lists(st.sampled_from(["law", "math", "physics"]), min_size=30, max_size=30))
def test_parts_hold_every_question_once(given: Tally, names: list[str]) -> None:
    part_of = dict(zip(given.ids, names, strict=False))
    parts = by_part(given, part_of)
    assert list(parts) == list(dict.fromkeys(part_of.values()))
    assert sorted(question for part in parts.values() for question in part.ids) == sorted(given.ids)
    for name, part in parts.items():
        assert {part_of[question] for question in part.ids} == {name}
        for question, rate in zip(part.ids, part.rates, strict=True):
            assert rate == given.rates[given.ids.index(question)]
    again = pooled(parts.values())
    assert (again.value, again.high) == (close(score(given).value), close(score(given).high))


BENCHMARKS = ["mmlu", "mmlu_pro", "gpqa_diamond", "agieval", "supergpqa", "math_500", "amc23"]


def test_an_average_says_what_it_is_over() -> None:
    scores = {name: wilson(20 + place, 40) for place, name in enumerate(BENCHMARKS)}
    whole = average(scores, BENCHMARKS)
    del scores["gpqa_diamond"]
    part = average(scores, BENCHMARKS)
    assert (whole.words, whole.missing) == ("over seven", ())
    assert (part.words, part.missing) == ("over six", ("gpqa_diamond",))
    assert part.over == tuple(scores)
    assert part.estimate == mean_of(list(scores.values()))
    assert average({str(n): wilson(1, 2) for n in range(11)}, [str(n) for n in range(11)]).words == "over 11"


# Comparisons.


def fair_tosses(better: int, worse: int) -> Fraction:
    """Return the chance that so many tosses fall at least as unevenly, toss by toss."""
    lead = abs(better - worse)
    falls = list(product((1, -1), repeat=better + worse))
    return Fraction(sum(abs(sum(fall)) >= lead for fall in falls), len(falls))


@law
@given(st.integers(0, 6), st.integers(0, 6))
def test_mcnemar_is_what_enumeration_gives_either_way_round(better: int, worse: int) -> None:
    assert mcnemar(better, worse) == mcnemar(worse, better) == close(float(fair_tosses(better, worse)))


@law
@given(st.integers(0, 500), st.integers(0, 500))
def test_mcnemar_is_a_chance_that_falls_with_the_lead(better: int, worse: int) -> None:
    more, fewer = max(better, worse), min(better, worse)
    assert 0 < mcnemar(better, worse) <= 1
    assert mcnemar(more + 1, fewer) <= mcnemar(more, fewer)


def test_mcnemar_of_a_large_benchmark() -> None:
    assert mcnemar(13_200, 13_300) == close(0.5429, abs=1e-3)
    assert mcnemar(20_000, 0) == 0  # smaller than any float


@slow_law
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=10))
def test_drawn_signs_come_near_all_choices_of_signs(quarters: list[int]) -> None:
    differences = np.array(quarters) / 4
    signs = np.array(list(product((1, -1), repeat=len(quarters))))
    exact = float(np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9))
    assert sign_flip(differences) == close(exact, abs=0.008)


@slow_law
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=40))
def test_drawn_signs_of_whole_questions_are_mcnemar(differences: list[float]) -> None:
    exact = mcnemar(differences.count(1), differences.count(-1))
    assert sign_flip(differences) == close(exact, abs=0.008)


@slow_law
@given(st.lists(st.integers(-8, 8), min_size=1, max_size=60), st.randoms(), st.integers(0, 9))
def test_drawn_signs_repeat_in_any_order_and_either_way(
    eighths: list[int], random: Random, seed: int
) -> None:
    differences = [number / 8 for number in eighths]
    shuffled = list(differences)
    random.shuffle(shuffled)
    found = {sign_flip(list(given), seed=seed, rounds=2_000) for given in (differences, shuffled)}
    found.add(sign_flip([-number for number in differences], seed=seed, rounds=2_000))
    assert len(found) == 1
    assert 0 < min(found) <= 1


def test_another_seed_draws_other_signs() -> None:
    differences = np.random.default_rng(0).integers(-3, 5, 60) / 4
    assert len({sign_flip(differences, seed=seed, rounds=1_000) for seed in range(5)}) > 1


@law
@given(PAIRS)
def test_a_comparison_is_the_other_way_round_with_signs_turned(pair: tuple[Tally, Tally]) -> None:
    forth, back = compare(*pair, rounds=500), compare(*reversed(pair), rounds=500)
    is_sound(forth.difference, least=-1)
    assert forth.difference.value == close(score(pair[0]).value - score(pair[1]).value, abs=1e-9)
    assert back.difference.value == close(-forth.difference.value)
    assert (back.difference.low, back.difference.high) == (
        close(-forth.difference.high),
        close(-forth.difference.low),
    )
    assert (back.better, back.worse, back.p, back.test) == (forth.worse, forth.better, forth.p, forth.test)


@law
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40), st.integers(1, 4))
def test_one_answer_each_is_compared_by_mcnemar(pairs: list[tuple[bool, bool]], tries: int) -> None:
    run, base = (numbered([(tries * one[side], tries) for one in pairs]) for side in (0, 1))
    found = compare(run, base)
    won, lost = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    assert (found.test, found.better, found.worse) == (MCNEMAR, won, lost)
    assert found.p == mcnemar(won, lost)
    variance = (won + lost) / len(pairs) - ((won - lost) / len(pairs)) ** 2
    assert found.difference.error == close(sqrt(max(variance, 0) / len(pairs)), abs=1e-7)


@law
@given(PAIRS, st.integers(2, 4))
def test_a_difference_is_surer_with_more_questions_alike(pair: tuple[Tally, Tally], times: int) -> None:
    few = compare(*pair, rounds=1).difference
    run, base = (
        numbered(list(zip(one.right.tolist(), one.tries.tolist(), strict=True)) * times) for one in pair
    )
    many = compare(run, base, rounds=1).difference
    assert many.high - many.low < few.high - few.low
    assert many.error == close(few.error / sqrt(times), abs=1e-9)


@law
@given(TALLIES)
def test_a_run_does_not_differ_from_itself(given: Tally) -> None:
    found = compare(given, given)
    assert (found.difference.value, found.p, found.better, found.worse) == (0, 1, 0, 0)
    assert found.difference.low < 0 < found.difference.high  # on other questions it still may


def test_only_what_both_have_is_compared_and_the_rest_is_named() -> None:
    run = Tally("abcd", [2, 1, 0, 1], [2, 2, 2, 2])
    found = compare(run, Tally("zdba", [1, 1, 0, 0], [1, 2, 2, 2]))
    assert found.unpaired == ("c", "z")
    assert (found.difference.questions, found.better, found.worse) == (3, 2, 0)
    assert found.difference.value == 0.5
    assert found.test == SIGN_FLIP


def test_pairing_tells_apart_what_two_scores_do_not() -> None:
    generator = np.random.default_rng(3)
    base = generator.binomial(1, 0.6, 500)
    run = np.where(generator.random(500) < 0.05, 1, base)  # better on a few, worse on none
    ids = [str(place) for place in range(500)]
    ones = np.ones(500, int)
    one, other = Tally(ids, run, ones), Tally(ids, base, ones)
    assert score(one).low < score(other).high
    found = compare(one, other)
    assert found.p < 0.01
    assert found.difference.low > 0


def test_differences_hold_the_truth_about_95_times_in_100() -> None:
    generator = np.random.default_rng(0)
    ids = [str(place) for place in range(40)]
    for tries, less in product((1, 8), (0.0, 0.3)):
        held = 0
        for _ in range(400):
            chance = generator.beta(2, 1, 40)
            run, base = (
                Tally(ids, generator.binomial(tries, own), np.full(40, tries))
                for own in (chance, chance * (1 - less))
            )
            found = compare(run, base, rounds=1).difference
            held += found.low <= less * 2 / 3 <= found.high
        assert held >= 0.92 * 400, (tries, less)


def test_the_papers_best_blend_is_within_chance_of_math_only_on_amc23() -> None:
    only_mr, gpr_up = wilson(28, 40), wilson(26, 40)
    assert only_mr.low < gpr_up.value < only_mr.high
