r"""Whether two formulas say the same, by value: numbers, points, sets, intervals, matrices, equations.

Symmetric but for what only the ground truth can tell: whether the order of a bare list says something.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction

from crossthink_hub.grading.formula.exact import InexactError, exact
from crossthink_hub.grading.formula.nodes import (
    Group,
    Matrix,
    Node,
    NotMathError,
    Num,
    Op,
    Quantity,
    Relation,
    Sym,
    TooLargeError,
)
from crossthink_hub.grading.formula.numeric import FLOATS, Arithmetic, computed, many_digits, symbols
from crossthink_hub.grading.formula.stating import FLIPPED, is_constant, stated
from crossthink_hub.grading.formula.units import unit

CLEARLY, TINY = 1e-7, 1e-12
"""Relative and absolute difference from which two values in floating point are different, rounding or not."""
NEARLY, ZERO = 1e-60, 1e-90
"""The same in many digits; there the relative one is of values up to 1, for larger ones get digits more."""
POINTS = (0, 2, 4)
MIRRORED_POINTS = (1, 3)
"""Points at which symbols are negative: only real values count there, for roots and logarithms end at 0."""
ROUNDED_FROM = 6
"""A decimal with so many digits after its point stands for whatever rounds to it."""


MAX_FACTOR = 100_000
"""Equations that differ by a factor of larger numerator or denominator count as different."""
WORTH: Mapping[str, Node] = {
    "%": Num(Fraction(1, 100)),
    "°": Op("/", (Sym("π"), Num(Fraction(180)))),
}
"""Units that are numbers."""


class UndecidedError(Exception):
    """Both are formulas, but telling whether they are equal takes more algebra than is here."""


def same(gold: Node, answer: Node) -> bool:
    """Return whether an answer says the same as the ground truth.

    Raises:
        UndecidedError: it takes more algebra than is here.
        TooLargeError: a value is beyond the limits.

    Example:
        >>> same(Num(Fraction(1, 2), 1), Op("/", (Num(Fraction(1)), Num(Fraction(2)))))
        True
    """
    if gold == answer:
        return True
    if isinstance(gold, Relation) or isinstance(answer, Relation):
        return _same_relation(gold, answer)
    gold, answer = _listed(gold), _listed(answer)
    if isinstance(gold, Group) or isinstance(answer, Group):
        return _same_group(gold, answer)
    if isinstance(gold, Quantity) or isinstance(answer, Quantity):
        return _same_quantity(gold, answer)
    if (first := _matrix(gold)) and (second := _matrix(answer)):
        return _same_matrix(first, second)
    if isinstance(gold, Op) and isinstance(answer, Op) and "not" in (gold.name, answer.name):
        return gold.name == answer.name and same(gold.args[0], answer.args[0])
    return same_value(gold, answer)


# Values.


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
    if pairs is None or not all(_near(pair, CLEARLY, TINY) for pair in pairs):
        return False
    whole = len(str(int(max(abs(value) for pair in pairs for value in pair))))
    tolerance = float(_tolerance(gold, answer))
    exact_pairs = _pairs(many_digits(whole), gold, answer)
    return exact_pairs is not None and all(_equal(pair, tolerance) for pair in exact_pairs)


def _close_enough(gold: Fraction, answer: Fraction, tolerance: Fraction) -> bool:
    return abs(gold - answer) <= tolerance


def _tolerance(gold: Node, answer: Node) -> Fraction:
    """Return half of the last digit of the shorter decimal, if it has digits enough to be a rounded one."""
    digits = [node.decimals for node in (gold, answer) if isinstance(node, Num) and node.decimals]
    rounded = [count for count in digits if count >= ROUNDED_FROM]
    return Fraction(1, 2 * 10 ** min(rounded)) if rounded else Fraction(0)


def _pairs(arithmetic: Arithmetic, gold: Node, answer: Node) -> list[tuple[complex, complex]] | None:
    """Return the values of two formulas at the points that count; None if one has none where both should.

    Points at which symbols are negative count only if both values are real.
    """
    constant = is_constant(gold) and is_constant(answer)
    pairs = []
    for point in POINTS[:1] if constant else POINTS:
        try:
            pairs.append((computed(arithmetic, gold, point), computed(arithmetic, answer, point)))
        except NotMathError:
            return None
    for point in () if constant else MIRRORED_POINTS:
        with suppress(NotMathError):
            pair = computed(arithmetic, gold, point), computed(arithmetic, answer, point)
            if all(abs(value.imag) <= TINY * abs(value) for value in pair):
                pairs.append(pair)
    return pairs


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


# Units.


def _same_quantity(gold: Node, answer: Node) -> bool:
    """Return whether values agree and units do not contradict each other.

    A unit may be left out, and words that are no known unit say nothing. What is in per cent or degrees
    also equals its worth as a number.
    """
    if isinstance(gold, Quantity) and isinstance(answer, Quantity):
        return same(gold.value, answer.value) and not _contradict(gold.unit, answer.unit)
    quantity, other = (gold, answer) if isinstance(gold, Quantity) else (answer, gold)
    assert isinstance(quantity, Quantity)
    if same(quantity.value, other):
        return True
    if quantity.unit in WORTH:
        return same_value(Op("*", (quantity.value, WORTH[quantity.unit])), other)
    if not isinstance(other, Op) or unit(quantity.unit) != quantity.unit:
        return False
    return same_value(Op("*", (quantity.value, _as_product(quantity.unit))), other)


def _contradict(one: str, other: str) -> bool:
    known = {one, other} - {
        measure for measure in (one, other) if not (unit(measure) or measure.startswith("base"))
    }
    return len(known) == 2


def _as_product(measure: str) -> Node:
    """Return a unit as a formula reads it where no one says that it is one: m^2 as a square."""
    name, _, exponent = measure.partition("^")
    return Op("^", (Sym(name), Num(Fraction(exponent)))) if exponent else Sym(name)


# Lists, sets, points, intervals.


def _listed(node: Node) -> Node:
    """Return a formula with ± as the two values it stands for; one thing in a list or set as itself."""
    if isinstance(node, Group) and len(node.items) == 1 and node.brackets in ("", ";", "{}"):
        return _listed(node.items[0])
    if isinstance(node, Group) and node.brackets in ("", "{}"):
        return Group(node.brackets, tuple(part for item in node.items for part in _flat(_listed(item))))
    if isinstance(node, Op) and _has_plus_minus(node):
        return Group("", (_signed(node, 1), _signed(node, -1)))
    return node


def _flat(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Group) and node.brackets in ("", "{}") and node.items else (node,)


def _has_plus_minus(node: Node) -> bool:
    return isinstance(node, Op) and (node.name == "±" or any(map(_has_plus_minus, node.args)))


def _signed(node: Node, sign: int) -> Node:
    if not isinstance(node, Op):
        return node
    first, *rest = (_signed(own, sign) for own in node.args)
    if node.name != "±":
        return Op(node.name, (first, *rest))
    return Op("+", (first, rest[0] if sign > 0 else Op("neg", (rest[0],))))


def _same_group(gold: Node, answer: Node) -> bool:
    if isinstance(gold, Matrix) or isinstance(answer, Matrix):
        return _same_vector(gold, answer)
    if not (isinstance(gold, Group) and isinstance(answer, Group)):
        return False
    golds, answers = _telling(gold.items), _telling(answer.items)
    brackets = {gold.brackets, answer.brackets}
    if brackets <= {"", "{}"} or brackets == {";", "{}"}:
        return _same_lists(golds, answers)
    if len(golds) != len(answers) or not _same_brackets(gold, answer):
        return False
    return all(same(_bare(one), _bare(other)) for one, other in zip(golds, answers, strict=True))


def _telling(items: tuple[Node, ...]) -> tuple[Node, ...]:
    r"""Return items without remarks such as `k \in \mathbb{Z}`."""
    kept = tuple(
        item
        for item in items
        if not (isinstance(item, Relation) and item.signs == ("in",) and isinstance(item.terms[1], Sym))
    )
    return kept or items


def _same_brackets(gold: Group, answer: Group) -> bool:
    """Return whether brackets agree: those of two bounds must, but for the ones at infinity."""
    brackets = {gold.brackets, answer.brackets}
    if "{}" in brackets:
        return False
    if brackets & {"", ";"} or len(gold.items) != 2:
        return True
    return _bounds(gold) == _bounds(answer)


def _bounds(group: Group) -> str:
    return "".join(
        mark if not any(name == "∞" for name in symbols(item)) else "∞"
        for mark, item in zip(group.brackets, group.items, strict=True)
    )


def _same_lists(golds: Sequence[Node], answers: Sequence[Node]) -> bool:
    """Return whether two lists hold the same; in the same order, if the ground truth's says something."""
    names = [_names(golds), _names(answers)]
    bare = [tuple(map(_bare, golds)), tuple(map(_bare, answers))]
    if all(names):
        pairs = list(zip(names, bare, strict=True))
        golds, answers = (
            tuple(Group("()", (Sym(name), value)) for name, value in zip(own or (), values, strict=True))
            for own, values in pairs
        )
        return _matched(golds, answers)
    if any(names) or _is_sequence(bare[0]):
        return len(golds) == len(answers) and all(map(same, *bare))
    return _matched(*bare)


def _names(items: Sequence[Node]) -> tuple[str, ...] | None:
    """Return the names that items are given for, if each has one of its own."""
    names = tuple(
        item.terms[0].name
        for item in items
        if isinstance(item, Relation) and item.signs == ("=",) and isinstance(item.terms[0], Sym)
    )
    bases = {name.partition("_")[0] for name in names}
    return names if len(names) == len(items) == len(bases) else None


def _is_sequence(items: Sequence[Node]) -> bool:
    """Tell whether the order of numbers says something: three or more that are not in order of size."""
    if len(items) < 3:
        return False
    try:
        values = [exact(item) for item in items]
    except (InexactError, NotMathError):
        return False
    return values not in (sorted(values), sorted(values, reverse=True))


def _bare(item: Node) -> Node:
    """Return what an item says, without the name it says it of."""
    if isinstance(item, Relation):
        said = stated(item)
        return item if said is None else said
    return item


def _matched(golds: Sequence[Node], answers: Sequence[Node]) -> bool:
    """Return whether the items of two lists can be paired, equal to equal; repeats count once."""
    left = list(dict.fromkeys(answers))
    for gold in dict.fromkeys(golds):
        place = next((place for place, answer in enumerate(left) if same(gold, answer)), None)
        if place is None:
            return False
        del left[place]
    return not left


# Matrices.


def _matrix(node: Node) -> Matrix | None:
    """Return the matrix that a node is, or is the sum, the product or a multiple of."""
    if isinstance(node, Matrix):
        return node
    if not isinstance(node, Op) or node.name not in ("+", "*", "neg"):
        return None
    parts = [_matrix(own) for own in node.args]
    if node.name == "neg":
        return parts[0] and _scaled(Num(Fraction(-1)), parts[0])
    first, second = parts
    if node.name == "+":
        return _added(first, second) if first and second else None
    if first and second:
        return _multiplied(first, second)
    if second:
        return _scaled(node.args[0], second)
    return first and _scaled(node.args[1], first)


def _added(first: Matrix, second: Matrix) -> Matrix | None:
    if [len(row) for row in first.rows] != [len(row) for row in second.rows]:
        return None
    rows = zip(first.rows, second.rows, strict=True)
    return Matrix(
        tuple(tuple(Op("+", pair) for pair in zip(*pair_of_rows, strict=True)) for pair_of_rows in rows)
    )


def _scaled(factor: Node, matrix: Matrix) -> Matrix:
    return Matrix(tuple(tuple(Op("*", (factor, entry)) for entry in row) for row in matrix.rows))


def _multiplied(first: Matrix, second: Matrix) -> Matrix | None:
    if len(first.rows[0]) != len(second.rows):
        return None
    return Matrix(
        tuple(tuple(_dot(row, column) for column in zip(*second.rows, strict=True)) for row in first.rows)
    )


def _dot(row: Sequence[Node], column: Sequence[Node]) -> Node:
    total: Node = Num(Fraction(0))
    for pair in zip(row, column, strict=True):
        total = Op("+", (total, Op("*", pair)))
    return total


def _same_matrix(gold: Matrix, answer: Matrix) -> bool:
    if [len(row) for row in gold.rows] != [len(row) for row in answer.rows]:
        return False
    return all(
        same(one, other)
        for row, other_row in zip(gold.rows, answer.rows, strict=True)
        for one, other in zip(row, other_row, strict=True)
    )


def _same_vector(gold: Node, answer: Node) -> bool:
    """Return whether a matrix of one row or column and a point have the same entries."""
    matrix, group = (gold, answer) if isinstance(gold, Matrix) else (answer, gold)
    if not isinstance(matrix, Matrix) or not isinstance(group, Group) or group.brackets not in ("()", "[]"):
        return False
    if len(matrix.rows) > 1 and len(matrix.rows[0]) > 1:
        return False
    entries = tuple(entry for row in matrix.rows for entry in row)
    return same(Group("()", entries), Group("()", group.items))


# Equations and inequalities.


def _same_relation(gold: Node, answer: Node) -> bool:
    said, own_said = (_said(node) for node in (gold, answer))
    if said is not None and own_said is not None:
        if not _other_axis(gold, answer) and same(said, own_said):
            return True
        return not (is_constant(said) and is_constant(own_said)) and _same_equation(gold, answer)
    if isinstance(gold, Relation) and isinstance(answer, Relation):
        return _same_equation(gold, answer) or _same_chain(gold, answer)
    relation, other = (gold, answer) if isinstance(gold, Relation) else (answer, gold)
    if isinstance(other, Group) and isinstance(relation, Relation) and _is_inequality(relation):
        raise UndecidedError
    return False


def _is_inequality(relation: Relation) -> bool:
    return any(sign in FLIPPED for sign in relation.signs)


def _said(node: Node) -> Node | None:
    return stated(node) if isinstance(node, Relation) else node


def _other_axis(gold: Node, answer: Node) -> bool:
    """Tell whether two equations are of different coordinates, as x = 3 and y = 3 are."""
    names = [
        node.terms[0].name
        for node in (gold, answer)
        if isinstance(node, Relation)
        and isinstance(node.terms[0], Sym)
        and node.terms[0].name in ("x", "y", "z")
    ]
    return len(names) == 2 and names[0] != names[1]


def _same_equation(gold: Node, answer: Node) -> bool:
    """Return whether two equations are the same: the differences of their sides are proportional."""
    if not all(isinstance(node, Relation) and node.signs == ("=",) for node in (gold, answer)):
        return False
    first, second = (
        Op("+", (node.terms[0], Op("neg", (node.terms[1],))))
        for node in (gold, answer)
        if isinstance(node, Relation)
    )
    if set(symbols(first)) != set(symbols(second)) or is_constant(first):
        return False
    try:
        ratio = computed(FLOATS, first, 0) / computed(FLOATS, second, 0)
        factor = Fraction(ratio.real).limit_denominator(MAX_FACTOR)
    except (NotMathError, ZeroDivisionError, OverflowError):
        return False
    return same_value(first, Op("*", (Num(factor), second)))


def _same_chain(gold: Relation, answer: Relation) -> bool:
    """Return whether two chains relate the same terms, read in either direction."""
    if len(gold.terms) != len(answer.terms):
        return False
    flipped = tuple(FLIPPED.get(sign, sign) for sign in reversed(answer.signs))
    ways = ((answer.terms, answer.signs), (answer.terms[::-1], flipped))
    if any(signs == gold.signs and all(map(same, gold.terms, terms)) for terms, signs in ways):
        return True
    if _is_inequality(gold) and _is_inequality(answer) and any(symbols(gold)) and any(symbols(answer)):
        raise UndecidedError
    return False
