"""The value of a formula in numbers of limited precision, with values chosen for its symbols."""

import cmath
import math
import operator
import zlib
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from crossthink_hub.grading.formula.exact import applied
from crossthink_hub.grading.formula.nodes import (
    Node,
    NotMathError,
    Num,
    Op,
    Quantity,
    Sym,
    TooLargeError,
    arguments,
)

DIGITS = 100
"""Decimal digits of the arithmetic that confirms what floating point finds equal; large values get more."""
CONSTANTS = frozenset("πei")
STEPS = 9_973
"""How many values a symbol can take at a point."""
SIZES = (1, 13, 400)
"""How much larger the values of symbols are from point to point, so that |x - 10| is not 10 - x."""


def symbols(node: object) -> Iterator[str]:
    """Yield the names of the symbols of a formula, constants aside.

    Example:
        >>> sorted(symbols(Op("+", (Sym("x"), Sym("π")))))
        ['x']
    """
    if isinstance(node, Sym):
        if node.name not in CONSTANTS:
            yield node.name
    elif isinstance(node, tuple):
        for part in node:
            yield from symbols(part)


class Arithmetic:
    """Complex numbers of some precision.

    Args:
        library: functions of complex numbers under the names of `cmath`, with `gamma` and `floor` of real
            ones.
        number: makes a number of a fraction.
    """

    def __init__(self, library: Any, number: Callable[[Fraction], Any]) -> None:
        self.number = number
        self.constants: Mapping[str, Any] = {"π": library.pi, "e": library.e, "i": library.i}
        self.functions = _functions(library)

    def value(self, node: Node, point: int) -> Any:
        """Return the value of a formula at one of the points that symbols are given values at.

        Raises:
            NotMathError: it has no value there.
            ArithmeticError: it has none in this arithmetic: overflow, 1/0.
        """
        if isinstance(node, Num):
            return self.number(node.value)
        if isinstance(node, Sym):
            return (
                self.constants[node.name]
                if node.name in CONSTANTS
                else self.number(_chosen(node.name, point))
            )
        if isinstance(node, Quantity) and node.unit == "°":
            return self.value(node.value, point) * self.constants["π"] / 180
        if not isinstance(node, Op):
            raise NotMathError
        if function := self.functions.get(node.name):
            return applied(function, tuple(self.value(own, point) for own in arguments(node)))
        return self._unknown(node, point)

    def _unknown(self, node: Op, point: int) -> Any:
        """Return the value of a function that is only a name, such as f: any smooth one will do."""
        *names, last = node.args
        name = f"{node.name} {names}"
        if node.name not in ("call", "index", "norm", "det", "deg", "arg", "dim"):
            raise NotMathError
        if node.name == "index":
            return self.number(_chosen(repr(node), point))
        return self.functions["sin"](self.value(last, point) * self.number(_chosen(name, point)))


def _chosen(name: str, point: int) -> Fraction:
    """Return the value of a symbol at a point: the same wherever it stands; negative at odd points."""
    step = zlib.crc32(f"{point} {name}".encode()) % STEPS
    size = SIZES[point // 2] * (Fraction(2, 5) + Fraction(11 * step, 5 * STEPS))
    return -size if point % 2 else size


def real(value: Any) -> Any:
    """Return a number that is real, as such.

    Raises:
        NotMathError: it is not.
    """
    if abs(value.imag) > 1e-12 * max(1, abs(value.real)):
        raise NotMathError
    return value.real


def _power(base: Any, exponent: Any) -> Any:
    if base != 0:
        return base**exponent
    if real(exponent) < 0:
        raise NotMathError
    return 0 if exponent else 1


def _functions(library: Any) -> Mapping[str, Callable[..., Any]]:
    def root(value: Any, degree: Any = 2) -> Any:
        """Return the root that is real, if there is one: of odd degree of negative numbers too."""
        if value.imag == 0 and value.real < 0 and degree.imag == 0 and degree.real % 2 == 1:
            return -((-value.real) ** (1 / degree))
        return library.sqrt(value) if degree == 2 else _power(value, 1 / degree)

    def log(value: Any, base: Any = 10) -> Any:
        return library.log(value) / library.log(base)

    def floor(value: Any) -> Any:
        return library.floor(real(value))

    def factorial(value: Any) -> Any:
        return library.gamma(real(value) + 1)

    by_name = {name: getattr(library, name) for name in ["exp", "sin", "cos", "tan", "sinh", "cosh", "tanh"]}
    inverse = {f"arc{name[1:]}": getattr(library, name) for name in ("asin", "acos", "atan")}
    return {
        **by_name,
        **inverse,
        "+": operator.add,
        "*": operator.mul,
        "/": operator.truediv,
        ":": operator.truediv,
        "neg": operator.neg,
        "^": _power,
        "root": root,
        "sqrt": root,
        "abs": abs,
        "ln": library.log,
        "log": log,
        "cot": lambda value: library.cos(value) / library.sin(value),
        "sec": lambda value: 1 / library.cos(value),
        "csc": lambda value: 1 / library.sin(value),
        "arccot": lambda value: library.pi / 2 - library.atan(value),
        "!": factorial,
        "binom": lambda n, k: factorial(n) / (factorial(k) * factorial(n - k)),
        "floor": floor,
        "ceil": lambda value: -floor(-value),
        "mod": lambda value, base: value - base * floor(value / base),
        "max": lambda *values: max(map(real, values)),
        "min": lambda *values: min(map(real, values)),
    }


_CMATH = SimpleNamespace(**vars(cmath), i=1j, gamma=math.gamma, floor=math.floor)
FLOATS = Arithmetic(_CMATH, lambda value: value.numerator / value.denominator)
"""Floating point."""


def many_digits(whole: int = 0) -> Arithmetic:
    """Return an arithmetic of `DIGITS` digits after so many whole ones; a new one, for threads share none."""
    from mpmath import MPContext

    context = MPContext()
    context.dps = DIGITS + whole
    names = [
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "asin",
        "acos",
        "atan",
        "gamma",
        "floor",
    ]
    library = SimpleNamespace(
        **{name: getattr(context, name) for name in names}, pi=+context.pi, e=+context.e, i=context.mpc(0, 1)
    )
    return Arithmetic(library, lambda value: context.mpf(value.numerator) / value.denominator)


def computed(arithmetic: Arithmetic, node: Node, point: int) -> Any:
    """Return the value of a formula at a point.

    Raises:
        NotMathError: it has none there.
        TooLargeError: it is beyond the arithmetic.
    """
    try:
        value = arithmetic.value(node, point)
    except OverflowError:
        raise TooLargeError from None
    except (ZeroDivisionError, ValueError):
        raise NotMathError from None
    if not abs(value) < math.inf:
        raise TooLargeError
    return value
