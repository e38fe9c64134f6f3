"""Numbers as the tables of a report write them."""

from collections.abc import Mapping
from fractions import Fraction
from math import hypot
from types import MappingProxyType

from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.report.blocks import Cell, Tone
from crossthink_hub.evaluation.statistics import Estimate

TITLES: Mapping[str, str] = MappingProxyType({one.name: one.title for one in BENCHMARKS})
"""Of benchmarks, for people, in the order of the paper's tables."""


def percent(share: float) -> str:
    """Return a share in percent, with the two decimals of the paper's tables.

    Example:
        >>> percent(76 / 197)
        '38.58'
    """
    return f"{100 * share:.2f}"


def points(one: Fraction, other: Fraction) -> str:
    """Return how many points of percent a number is above another, with its sign.

    Example:
        >>> points(Fraction("75.31"), Fraction("74.94")), points(Fraction(40), Fraction("48.3"))
        ('+0.37', '-8.30')
    """
    return f"{float(one - other):+.2f}"


def shown(share: float) -> Fraction:
    """Return a share in percent as it is shown; differences are of these, so that they add up."""
    return Fraction(percent(share))


def interval(estimate: Estimate, sign: str = "") -> str:
    """Return the interval of a score; with the sign `+`, that of a difference.

    Example:
        >>> interval(Estimate(0.5, 0.1, 0.304, 0.696, 25)), interval(Estimate(0, 0.1, -0.2, 0.2, 25), "+")
        ('30.4 to 69.6', '-20.0 to +20.0')
    """
    # A zero is added since -0.04 would be -0.0.
    return " to ".join(f"{round(100 * end, 1) + 0.0:{sign}.1f}" for end in (estimate.low, estimate.high))


def nothing(why: str = "") -> Cell:
    """Return the cell of a number that is not there."""
    return Cell("-", tone=Tone.MUTED, why=why)


def scored(estimate: Estimate | None, why: str = "") -> Cell:
    """Return the cell of a score and its interval, or of none."""
    return Cell(percent(estimate.value), interval(estimate)) if estimate else nothing(why)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Return how much a score is above an independent one, with Newcombe's interval for it.

    The two ends that can be next to each other, and those farthest apart, are taken from the scores' own
    intervals, so that it is right for all or no questions answered rightly, too. On the same questions it is
    wider than that of pairs.

    Example:
        >>> from crossthink_hub.evaluation.statistics import wilson
        >>> interval(difference(wilson(56, 70), wilson(48, 80)))  # Newcombe (1998), method 10: .0524, .3339
        '5.2 to 33.4'
    """
    value = one.value - other.value
    low = value - hypot(one.value - one.low, other.high - other.value)
    high = value + hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, hypot(one.error, other.error), low, high, min(one.questions, other.questions))


def tone(gain: Estimate) -> Tone:
    """Return how a difference is to be taken: as one only if its interval leaves out 0.

    Example:
        >>> tone(Estimate(0.1, 0.02, 0.06, 0.14, 500)), tone(Estimate(0.1, 0.2, -0.3, 0.5, 5))
        (<Tone.GOOD: 'good'>, <Tone.PLAIN: 'plain'>)
    """
    if gain.low > 0:
        return Tone.GOOD
    return Tone.BAD if gain.high < 0 else Tone.PLAIN


def counted_by(counts: Mapping[str, int], most: int = 7) -> str:
    """Return what was counted by name, the largest first where not all are named.

    Example:
        >>> counted_by({"math": 569, "lsat-ar": 1_200, "sat-en": 0}), counted_by({"a": 1, "b": 5, "c": 2}, 1)
        ('math 569, lsat-ar 1,200', 'b 5 and 3 in 2 others')
    """
    there = {name: count for name, count in counts.items() if count}
    if len(there) <= most:
        return ", ".join(f"{name} {count:,}" for name, count in there.items())
    first = sorted(there, key=lambda name: (-there[name], name))[:most]
    rest = {name: count for name, count in there.items() if name not in first}
    named = counted_by({name: there[name] for name in first}, most)
    return f"{named} and {sum(rest.values()):,} in {len(rest)} other{'s' if len(rest) > 1 else ''}"
