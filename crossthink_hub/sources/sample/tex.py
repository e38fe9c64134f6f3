"""Numbers as LaTeX writes them."""

from fractions import Fraction
from math import isqrt


def tex(value: Fraction | int, unit: str = "") -> str:
    r"""Return a number, times a unit such as $\pi$ if there is one.

    Example:
        >>> tex(Fraction(-3, 4)), tex(Fraction(1, 2), r"\pi"), tex(5)
        ('-\\frac{3}{4}', '\\frac{\\pi}{2}', '5')
    """
    value = Fraction(value)
    count = abs(value.numerator)
    top = f"{'' if unit and count == 1 else count}{unit}"
    body = top if value.denominator == 1 else rf"\frac{{{top}}}{{{value.denominator}}}"
    return f"-{body}" if value < 0 else body


def root(square: int, divisor: int = 1) -> str:
    r"""Return the square root of `square`, over `divisor`, in simplest radical form.

    Example:
        >>> root(12), root(9), root(48, 8)
        ('2\\sqrt{3}', '3', '\\frac{\\sqrt{3}}{2}')
    """
    outside = max(n for n in range(1, isqrt(square) + 1) if square % (n * n) == 0)
    inside = square // outside**2
    return tex(Fraction(outside, divisor), "" if inside == 1 else rf"\sqrt{{{inside}}}")


def common_fraction(value: Fraction) -> str | None:
    """Return a positive fraction that is not whole, or None if it is another number."""
    return tex(value) if value > 0 and value.denominator > 1 else None
