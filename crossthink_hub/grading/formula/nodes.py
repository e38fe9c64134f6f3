"""What a formula is made of once it is read."""

from fractions import Fraction
from typing import NamedTuple, TypeAlias


class Num(NamedTuple):
    """A number as written; `decimals` is how many digits stood after its point, None for an integer."""

    value: Fraction
    decimals: int | None = None


class Sym(NamedTuple):
    """A variable, a constant or a name."""

    name: str


class Op(NamedTuple):
    """An operation, a function or a bracket, by name, on its arguments."""

    name: str
    args: "tuple[Node, ...]"


class Group(NamedTuple):
    """Several answers together; `brackets` is `()`, `[)`, `{}`, …, nothing for a bare list, `;` by blanks."""

    brackets: str
    items: "tuple[Node, ...]"


class Matrix(NamedTuple):
    """Rows of entries."""

    rows: "tuple[tuple[Node, ...], ...]"


class Relation(NamedTuple):
    """A chain such as a < x <= b: terms, and the signs between them."""

    terms: "tuple[Node, ...]"
    signs: tuple[str, ...]


class Quantity(NamedTuple):
    """A value with a unit, in the spelling of `units.yaml` or as written."""

    value: "Node"
    unit: str


Node: TypeAlias = Num | Sym | Op | Group | Matrix | Relation | Quantity

OF_SEVERAL = frozenset(("gcd", "lcm", "max", "min"))
"""Functions of as many arguments as there are."""
INFINITY = Sym("∞")


class NotMathError(Exception):
    """The text is no formula that is read here."""


class UndecidedError(Exception):
    """Both are formulas, but telling whether they are equal takes more algebra than is here."""


class TooLargeError(Exception):
    """The formula is larger, deeper or worth more digits than the limits."""


def arguments(node: Op) -> tuple[Node, ...]:
    r"""Return what a function is taken of; those of `\gcd(12, 18)` stand in a bracket."""
    (first, *_) = node.args
    if node.name in OF_SEVERAL and isinstance(first, Group) and first.brackets == "()":
        return first.items
    return node.args


def size(node: Node) -> int:
    """Return how many operations, numbers and symbols a formula has.

    Example:
        >>> size(Op("+", (Sym("x"), Sym("y"))))
        3
    """
    return 1 + sum(map(size, node.args)) if isinstance(node, Op) else 1
