"""Two runs on the same questions: how they differ, and whether that may be by chance."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.statistics import Estimate, Floats, Tally, Z

ROUNDS = 100_000
"""How often the signs of differences are drawn."""
MCNEMAR, SIGN_FLIP = "mcnemar", "sign_flip"


@dataclass(frozen=True)
class Comparison:
    """A run beside a baseline, question by question.

    Attributes:
        difference: the run's accuracy less the baseline's.
        p: the chance of a difference at least as large, either way, if the two were alike.
        test: `mcnemar`, exact, or `sign_flip`, drawn.
        better: how many questions the run answers rightly more often.
        worse: how many less often.
        unpaired: ids of the questions that only one of both has; they don't count.
    """

    difference: Estimate
    p: float
    test: str
    better: int
    worse: int
    unpaired: tuple[str, ...]


def compare(run: Tally, baseline: Tally, *, seed: int = 0, rounds: int = ROUNDS) -> Comparison:
    """Return how a run differs from a baseline on the questions that both have.

    Where every question is won, lost or tied as a whole, as with one answer each, the test is McNemar's,
    which is exact; otherwise the signs of the differences are drawn.

    Raises:
        UsageError: they have no question in common.

    Example:
        >>> found = compare(Tally("abcd", [1, 1, 1, 0], [1] * 4), Tally("abcd", [0, 0, 1, 0], [1] * 4))
        >>> found.difference.value, found.better, found.worse, found.p, found.test
        (0.5, 2, 0, 0.5, 'mcnemar')
    """
    rate, base = (dict(zip(one.ids, one.rates, strict=True)) for one in (run, baseline))
    shared = sorted(rate.keys() & base.keys())
    if not shared:
        fix = "Compare runs of the same benchmark and version."
        raise UsageError("the two runs have no question in common", fix=fix)
    # Rounded, so that equal differences are equal: 2/3 - 1/3 and 1/3 - 0 are not.
    differences = np.array([rate[question] - base[question] for question in shared]).round(12)
    better, worse = int((differences > 0).sum()), int((differences < 0).sum())
    whole = bool(np.isin(differences, (-1, 0, 1)).all())
    return Comparison(
        difference=_difference(differences),
        p=mcnemar(better, worse) if whole else sign_flip(differences, seed=seed, rounds=rounds),
        test=MCNEMAR if whole else SIGN_FLIP,
        better=better,
        worse=worse,
        unpaired=tuple(sorted(rate.keys() ^ base.keys())),
    )


def mcnemar(better: int, worse: int) -> float:
    """Return the exact two-sided p-value of so many questions won and lost, as of tosses of a fair coin.

    Example:
        >>> mcnemar(5, 0), mcnemar(3, 3)
        (0.0625, 1.0)
    """
    if better < 0 or worse < 0:
        raise UsageError("questions won and lost are counted from 0")
    tosses, fewer = better + worse, min(better, worse)
    ways = total = 1
    for lost in range(fewer):
        ways = ways * (tosses - lost) // (lost + 1)
        total += ways
    return min(1.0, 2 * total / (1 << tosses))


def sign_flip(differences: npt.ArrayLike, *, seed: int = 0, rounds: int = ROUNDS) -> float:
    """Return the two-sided p-value of a sum of paired differences whose signs mean nothing, by drawing them.

    It does not depend on the order of the questions, and is never 0: what was seen is one of the draws.

    Example:
        >>> round(sign_flip([0.5, 0.25, 0.25, 0.5]), 2)  # 2 of 16 choices of signs
        0.12
    """
    given = np.asarray(differences, np.float64)
    if rounds < 1 or not np.isfinite(given).all():
        raise UsageError("a sign-flip test needs finite differences and at least one round")
    # Signs of differences of one size: as many heads as tosses of a coin show, drawn at once.
    sizes, counts = np.unique(np.abs(given[given != 0]), return_counts=True)
    generator = np.random.default_rng(seed)
    sums = np.zeros(rounds)
    for size, count in zip(sizes, counts, strict=True):
        sums += size * (2 * generator.binomial(count, 0.5, rounds) - count)
    # The tolerance is far below any difference of sums, and above what adding up loses.
    extreme = np.abs(sums) >= abs(given.sum()) - 1e-9
    return float((1 + extreme.sum()) / (1 + rounds))


def _difference(differences: Floats) -> Estimate:
    """Return the mean difference, its interval with two questions added: half won, half lost, one tied."""
    ordered = np.sort(differences)
    questions, value = len(ordered), float(ordered.mean())
    error = float(ordered.std()) / sqrt(questions)
    centre = float(ordered.sum()) / (questions + 2)
    spread = sqrt((float((ordered**2).sum()) + 1) / (questions + 2) - centre**2)
    half = Z * spread / sqrt(questions + 2)
    low, high = max(centre - half, -1.0), min(centre + half, 1.0)
    return Estimate(value, error, min(low, value), max(high, value), questions)
