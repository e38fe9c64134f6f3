"""Scores and how sure they are: intervals, pass@k, averages.

All intervals are of 95 %. What is drawn at random is the question: more answers to one are no new questions,
so errors are clustered by question throughout.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from crossthink_hub.errors import UsageError

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

Counts: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A score from 0 to 1, or a difference of two, with what it may be by chance.

    Attributes:
        value: the estimate.
        error: its standard error.
        low: where its interval begins.
        high: where it ends.
        questions: how many it is from.
    """

    value: float
    error: float
    low: float
    high: float
    questions: int

    def __post_init__(self) -> None:
        if not (self.low <= self.value <= self.high and isfinite(self.error) and self.error >= 0):
            raise UsageError("the interval of an estimate holds its value", where=self.value)
        if self.questions < 1:
            raise UsageError("an estimate is from at least one question", where=self.value)


@dataclass(frozen=True, eq=False, init=False)
class Tally:
    """How often each question was answered rightly.

    Attributes:
        ids: of the questions.
        right: how many of a question's answers are right.
        tries: how many answers it got, at least one.

    Example:
        >>> Tally(("a", "b"), [1, 3], [4, 4]).rates.tolist()
        [0.25, 0.75]
    """

    ids: tuple[str, ...]
    right: Counts
    tries: Counts

    def __init__(self, ids: Iterable[str], right: npt.ArrayLike, tries: npt.ArrayLike) -> None:
        object.__setattr__(self, "ids", tuple(ids))
        for name, numbers in (("right", right), ("tries", tries)):
            object.__setattr__(self, name, _counts(name, numbers))
        if not len(self.ids) == len(self.right) == len(self.tries):
            sizes = f"{len(self.ids)} questions, {len(self.right)} counts, {len(self.tries)} tries"
            raise UsageError(f"not as many of each: {sizes}")
        if not self.ids:
            raise UsageError("no question has a graded answer", fix="Look at why grading gave no verdict.")
        if len(set(self.ids)) < len(self.ids):
            raise UsageError("stands twice", where=Counter(self.ids).most_common(1)[0][0])
        if (self.tries < 1).any() or (self.right < 0).any() or (self.right > self.tries).any():
            raise UsageError(
                "right answers are from 0 to the number of answers, of which there is one at least"
            )

    def __len__(self) -> int:
        """Return the number of questions."""
        return len(self.ids)

    @property
    def rates(self) -> Floats:
        """Return the share of right answers of each question."""
        return self.right / self.tries


def tally(graded: Iterable[tuple[str, bool | None]]) -> Tally:
    """Return how often each question was answered rightly, from one verdict after the other.

    Args:
        graded: a question's id, and whether an answer to it is right; None, where nothing can tell, is not
            counted.

    Example:
        >>> counted = tally([("a", True), ("b", False), ("a", False), ("c", None)])
        >>> counted.ids, counted.rates.tolist()
        (('a', 'b'), [0.5, 0.0])
    """
    right: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    for question, correct in graded:
        if correct is not None:
            right[question] += correct
            tries[question] += 1
    return Tally(tries, [right[question] for question in tries], list(tries.values()))


# One run.


def wilson(right: int, questions: int) -> Estimate:
    """Return the accuracy of one answer a question, with Wilson's interval.

    It is never empty and never leaves [0, 1], not even where all answers are right.

    Example:
        >>> all_right = wilson(40, 40)
        >>> round(all_right.low, 3), all_right.high
        (0.912, 1.0)
    """
    if not 0 <= right <= questions or questions < 1:
        raise UsageError(f"{right} of {questions} questions can't be right")
    value = right / questions
    return Estimate(value, sqrt(value * (1 - value) / questions), *_limits(value, questions), questions)


def score(tally: Tally) -> Estimate:
    """Return the accuracy over questions; where each was answered k times, that is avg@k.

    Each question weighs the same, however often it was answered. The interval is Wilson's at the effective
    number of questions: so many, answered once, would be as sure. With one answer to each, or with k that are
    all right or all wrong, it is `wilson`'s own.

    Example:
        >>> once, often = score(Tally("ab", [1, 0], [1, 1])), score(Tally("ab", [5, 4], [9, 9]))
        >>> [(round(one.low, 2), round(one.high, 2)) for one in (once, often)]
        [(0.09, 0.91), (0.13, 0.87)]
    """
    return _estimate(tally.rates)


def pass_at_k(tally: Tally, k: int) -> Estimate:
    """Return the chance that at least one of k answers to a question is right, without bias.

    Raises:
        UsageError: k is not positive, or a question has fewer answers.

    Example:
        >>> pass_at_k(Tally(["a"], [1], [4]), 2).value
        0.5
    """
    return _estimate(solved_in(tally.right, tally.tries, k))


def solved_in(right: npt.ArrayLike, tries: npt.ArrayLike, k: int) -> Floats:
    """Return for each question the share of choices of k of its answers that have a right one.

    That is 1 - C(wrong, k) / C(tries, k), the quotient as a product of k factors from 0 to 1: none overflows.

    Example:
        >>> solved_in([0, 1, 9000], [10_000, 10_000, 10_000], 5000).round(9).tolist()
        [0.0, 0.5, 1.0]
    """
    given, asked = _counts("right", right), _counts("tries", tries)
    if not 1 <= k <= asked.min(initial=k):
        fix = f"Ask for 1 to {asked.min(initial=k)}, or sample more answers."
        raise UsageError(f"pass@{k} needs {max(k, 1)} answers to each question", fix=fix)
    failed = np.ones(len(given))
    for drawn in range(k):
        failed *= np.maximum(asked - given - drawn, 0) / (asked - drawn)
    return 1 - failed


# Averages.


@dataclass(frozen=True)
class Average:
    """A mean over benchmarks.

    Attributes:
        estimate: each benchmark weighs the same.
        over: the benchmarks that have a score.
        missing: those that have none.
    """

    estimate: Estimate
    over: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return what the mean is over, in words, such as `over six`."""
        return f"over {NUMBERS[len(self.over)] if len(self.over) < len(NUMBERS) else len(self.over)}"


def average(scores: Mapping[str, Estimate], benchmarks: Sequence[str]) -> Average:
    """Return the mean over those of the benchmarks that have a score, and which have none.

    Raises:
        UsageError: none has a score.

    Example:
        >>> found = average({"amc23": wilson(26, 40)}, ["math_500", "amc23"])
        >>> found.words, found.missing, found.estimate.value
        ('over one', ('math_500',), 0.65)
    """
    over = tuple(name for name in benchmarks if name in scores)
    missing = tuple(name for name in benchmarks if name not in scores)
    if not over:
        raise UsageError("no benchmark has a score", fix=f"Run one of {', '.join(benchmarks)}.")
    return Average(mean_of([scores[name] for name in over]), over, missing)


def mean_of(estimates: Sequence[Estimate], weights: Sequence[float] | None = None) -> Estimate:
    """Return the weighted mean of independent estimates, by default with equal weights.

    Errors add up by their squares, and so do the sides of the intervals, each for itself: the mean of
    lopsided intervals is lopsided, and ends where scores do.

    Example:
        >>> both = mean_of([wilson(40, 40), wilson(20, 40)])
        >>> both.value, round(both.low, 3), round(both.high, 3)
        (0.75, 0.664, 0.824)
    """
    raw = np.ones(len(estimates)) if weights is None else np.asarray(weights, np.float64)
    if not len(estimates) or len(raw) != len(estimates) or (raw < 0).any() or not raw.sum() > 0:
        raise UsageError("a mean needs estimates and as many weights, none of them negative")
    shares = raw / raw.sum()
    columns = np.array([(one.value, one.error, one.low, one.high) for one in estimates]).T
    values, errors, lows, highs = columns
    value, error = float(shares @ values), _root_of_squares(shares * errors)
    below, above = _root_of_squares(shares * (values - lows)), _root_of_squares(shares * (highs - values))
    low, high = max(value - below, float(lows.min())), min(value + above, float(highs.max()))
    return Estimate(value, error, min(low, value), max(high, value), sum(one.questions for one in estimates))


def by_part(tally: Tally, part_of: Mapping[str, str]) -> dict[str, Tally]:
    """Return the tally of each part of a benchmark, in the order in which the parts first stand.

    Args:
        tally: of all questions.
        part_of: the part that a question is of, by its id: its task or its sub-category.

    Raises:
        UsageError: a question has no part.
    """
    places: dict[str, list[int]] = {}
    for place, question in enumerate(tally.ids):
        if question not in part_of:
            raise UsageError("is of no part of the benchmark", where=question)
        places.setdefault(part_of[question], []).append(place)
    return {
        part: Tally((tally.ids[place] for place in own), tally.right[own], tally.tries[own])
        for part, own in places.items()
    }


def pooled(parts: Iterable[Tally]) -> Estimate:
    """Return the mean over the questions of all parts: a part weighs by its size.

    Example:
        >>> round(pooled([Tally("ab", [1, 1], [1, 1]), Tally("c", [0], [1])]).value, 3)
        0.667
    """
    given = list(parts)
    ids = [question for part in given for question in part.ids]
    right, tries = ([n for part in given for n in getattr(part, name)] for name in ("right", "tries"))
    return score(Tally(ids, right, tries))


def macro(parts: Iterable[Tally]) -> Estimate:
    """Return the mean over parts: each weighs the same, however few its questions.

    Example:
        >>> macro([Tally("ab", [1, 1], [1, 1]), Tally("c", [0], [1])]).value
        0.5
    """
    return mean_of([score(part) for part in parts])


# What they are made of.


def _counts(name: str, numbers: npt.ArrayLike) -> Counts:
    """Return whole numbers as an array that nobody can change."""
    found = np.asarray(numbers)
    if found.size and found.dtype.kind not in "iub":
        raise UsageError("counts are whole numbers", where=name)
    counts: Counts = found.astype(np.int64)
    counts.flags.writeable = False
    return counts


def _estimate(values: Floats) -> Estimate:
    """Return the mean of a value from 0 to 1 of each question."""
    ordered = np.sort(values)  # so that the sum is the same in any order, to the last digit
    questions, value = len(ordered), float(ordered.mean())
    error = float(ordered.std()) / sqrt(questions)
    return Estimate(value, error, *_limits(value, questions / _design_effect(ordered)), questions)


def _limits(value: float, questions: float) -> tuple[float, float]:
    """Return Wilson's limits of a share of so many questions."""
    centre = value + Z**2 / (2 * questions)
    half = Z * sqrt(value * (1 - value) / questions + (Z / (2 * questions)) ** 2)
    low, high = ((centre + side) / (1 + Z**2 / questions) for side in (-half, half))
    return min(max(low, 0.0), value), max(min(high, 1.0), value)


def _design_effect(values: Floats) -> float:
    """Return the variance between questions over that of one answer each: 1 if values are 0 or 1, else less.

    Both are taken with Z**2 made-up questions added, half of them right: without, a few questions that happen
    to be alike, such as nearly all right, would seem to be sure.
    """
    total = len(values) + Z**2
    centre = (values.sum() + Z**2 / 2) / total
    return float(((values**2).sum() + Z**2 / 2) / total - centre**2) / float(centre * (1 - centre))


def _root_of_squares(numbers: Floats) -> float:
    return float(np.sqrt((numbers**2).sum()))
