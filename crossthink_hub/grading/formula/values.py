r"""Whether two formulas have the same value, whatever the values of their symbols."""

from fractions import Fraction

from crossthink_hub.grading.formula.exact import InexactError, exact
from crossthink_hub.grading.formula.nodes import Node, NotMathError, Num, TooLargeError, UndecidedError
from crossthink_hub.grading.formula.numeric import FLOATS, Arithmetic, computed, many_digits, symbols
from crossthink_hub.grading.formula.stating import is_constant

CLEARLY, TINY = 1e-7, 1e-12
"""Relative and absolute difference from which two values in floating point are different, rounding or not."""
NEARLY, ZERO = 1e-60, 1e-90
"""The same in many digits; there the relative one is of values up to 1, for larger ones get digits more."""
POINTS = range(6)
"""Points at which symbols are given values; at the odd ones they are negative."""
ROUNDED_FROM = 6
"""A decimal with so many digits after its point that are not leading zeros stands for what rounds to it."""


def same_value(gold: Node, answer: Node) -> bool:
    """Return whether two formulas have the same value, whatever the values of their symbols.

    Rational numbers are compared exactly. Others are compared in floating point, which tells what is
    different, and then in `DIGITS` digits, which tell what is equal.
    """
    if is_constant(gold) and is_constant(answer):
        try:
            return _close_enough(exact(gold), exact(answer), _tolerance(gold, answer))
        except InexactError:
            pass
        except NotMathError:
            return False
    pairs = _pairs(FLOATS, gold, answer)
    tolerance = float(_tolerance(gold, answer))
    if pairs is None or not all(_near(pair, CLEARLY, max(TINY, tolerance)) for pair in pairs):
        return False
    whole = len(str(int(max(abs(value) for pair in pairs for value in pair))))
    exact_pairs = _pairs(many_digits(whole), gold, answer)
    return exact_pairs is not None and all(_equal(pair, tolerance) for pair in exact_pairs)


def _close_enough(gold: Fraction, answer: Fraction, tolerance: Fraction) -> bool:
    return abs(gold - answer) <= tolerance


def _tolerance(gold: Node, answer: Node) -> Fraction:
    """Return half of the last digit of the shorter decimal, if it has digits enough to be a rounded one."""
    digits = [node.decimals or 0 for node in (gold, answer) if isinstance(node, Num) and _is_rounded(node)]
    return Fraction(1, 2 * 10 ** min(digits)) if digits else Fraction(0)


def _is_rounded(number: Num) -> bool:
    digits = number.decimals or 0
    return digits >= ROUNDED_FROM and abs(number.value) * 10**digits >= 10 ** (ROUNDED_FROM - 1)


def _pairs(arithmetic: Arithmetic, gold: Node, answer: Node) -> list[tuple[complex, complex]] | None:
    """Return the values of two formulas at the points that count; None if one has none where it should.

    Points where one has no value or is too large count only if they are the first; those where both are
    real count alone if there are some, for complex roots and logarithms have branches.
    """
    if is_constant(gold) and is_constant(answer):
        return _pair(arithmetic, gold, answer, 0)
    found = [_pair(arithmetic, gold, answer, point) for point in POINTS]
    if found[0] is None:
        return None
    pairs = [pair for own in found[::2] for pair in own or ()]
    real = [pair for own in found for pair in own or () if _is_real(pair)]
    return real if len(real) > 1 else pairs


def _pair(
    arithmetic: Arithmetic, gold: Node, answer: Node, point: int
) -> list[tuple[complex, complex]] | None:
    try:
        return [(computed(arithmetic, gold, point), computed(arithmetic, answer, point))]
    except NotMathError:
        return None
    except TooLargeError:
        if point:
            return None
        if any(symbols(gold)) or any(symbols(answer)):
            raise UndecidedError from None
        raise


def _is_real(pair: tuple[complex, complex]) -> bool:
    return all(abs(value.imag) <= TINY * abs(value) for value in pair)


def _near(pair: tuple[complex, complex], relative: float, absolute: float) -> bool:
    """Return whether two values in floating point may be equal."""
    first, second = pair
    difference, size = abs(first - second), max(abs(first), abs(second))
    if difference != difference or size == float("inf"):
        raise TooLargeError
    return difference <= max(relative * size, absolute)


def _equal(pair: tuple[complex, complex], tolerance: float) -> bool:
    first, second = pair
    return abs(first - second) <= max(NEARLY * min(1, abs(first)), ZERO, tolerance)
