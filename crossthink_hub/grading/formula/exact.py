"""The value of a formula as a fraction, where it is rational."""

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from crossthink_hub.grading.formula.nodes import Node, NotMathError, Num, Op, TooLargeError, arguments
from crossthink_hub.grading.limits import MAX_BITS, MAX_FACTORIAL

FLOAT_BITS = 50
"""Binary digits of an integer that floating point is sure of."""


class InexactError(Exception):
    """The value is no rational number, or not known to be."""


def exact(node: Node) -> Fraction:
    """Return the value of a formula without symbols, if it is rational.

    Raises:
        InexactError: it is not, or not known to be.
        NotMathError: it has no value, as 1/0.
        TooLargeError: it needs more than `MAX_BITS` binary digits.

    Example:
        >>> exact(Op("/", (Num(Fraction(1)), Num(Fraction(4)))))
        Fraction(1, 4)
    """
    if isinstance(node, Num):
        return _small(node.value)
    if isinstance(node, Op) and (function := FUNCTIONS.get(node.name)):
        values = tuple(map(exact, arguments(node)))
        return _small(applied(function, values))
    raise InexactError


def applied(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Return a function's value.

    Raises:
        NotMathError: it is not a function of so many arguments.
    """
    try:
        return function(*values)
    except TypeError:
        raise NotMathError from None


def _small(value: Fraction) -> Fraction:
    if _bits(value) > MAX_BITS:
        raise TooLargeError
    return value


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _divided(top: Fraction, bottom: Fraction) -> Fraction:
    if not bottom:
        raise NotMathError
    return top / bottom


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    times = abs(exponent.numerator)
    if base in (0, 1, -1):
        times = min(times, 2 + times % 2)
    elif _bits(base) * times > 2 * MAX_BITS:
        raise TooLargeError
    raised = _root(base**times, Fraction(exponent.denominator))
    return raised if exponent >= 0 else _divided(Fraction(1), raised)


def _root(value: Fraction, degree: Fraction) -> Fraction:
    count = _integer(degree)
    if count == 1:
        return value
    if count < 1 or (value < 0 and not count % 2):
        raise InexactError
    sign = -1 if value < 0 else 1
    return sign * Fraction(
        _integer_root(abs(value.numerator), count), _integer_root(value.denominator, count)
    )


def _integer_root(value: int, degree: int) -> int:
    """Return the root of an integer that is an integer."""
    if value < 2:
        return value
    bits = value.bit_length()
    if degree >= bits:
        raise InexactError
    if bits < FLOAT_BITS * degree:  # a small root, that floating point finds
        near = round(2 ** (math.log2(value) / degree))
        root = next((own for own in (near, near - 1, near + 1) if own**degree == value), 0)
    else:
        root = math.isqrt(value) if degree == 2 else _newton(value, degree)
    if root**degree != value:
        raise InexactError
    return root


def _newton(value: int, degree: int) -> int:
    """Return the root of an integer, rounded down, by Newton's steps, which stay whole."""
    root = 1 << -(-value.bit_length() // degree)
    while (lower := ((degree - 1) * root + value // root ** (degree - 1)) // degree) < root:
        root = lower
    return root


def _integer(value: Fraction) -> int:
    if value.denominator != 1:
        raise InexactError
    return value.numerator


def _countable(value: Fraction) -> int:
    count = _integer(value)
    if count < 0:
        raise NotMathError
    if count > MAX_FACTORIAL:
        raise TooLargeError
    return count


def _logarithm(value: Fraction, base: Fraction = Fraction(10)) -> Fraction:
    """Return the logarithm that is an integer, such as that of 8 to the base 2."""
    if value <= 0 or base <= 1:
        raise InexactError
    guess = round(math.log(value) / math.log(base)) if _bits(value) + _bits(base) < 1_000 else 0
    if _bits(base) * abs(guess) > MAX_BITS or base**guess != value:
        raise InexactError
    return Fraction(guess)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "/": _divided,
    ":": _divided,
    "neg": operator.neg,
    "^": _power,
    "root": _root,
    "sqrt": lambda value: _root(value, Fraction(2)),
    "abs": abs,
    "!": lambda value: Fraction(math.factorial(_countable(value))),
    "binom": lambda top, bottom: Fraction(math.comb(_countable(top), _countable(bottom))),
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "mod": lambda value, base: value - base * math.floor(_divided(value, base)),
    "gcd": lambda *values: Fraction(math.gcd(*map(_integer, values))),
    "lcm": lambda *values: Fraction(math.lcm(*map(_integer, values))),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "log": _logarithm,
}
