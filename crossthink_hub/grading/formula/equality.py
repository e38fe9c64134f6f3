r"""Whether two formulas say the same, by value: numbers, points, sets, intervals, matrices, equations.

Symmetric but for what only the ground truth can tell: whether the order of a bare list says something.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from crossthink_hub.grading.formula.exact import InexactError, exact
from crossthink_hub.grading.formula.lexicon import REALS
from crossthink_hub.grading.formula.matrices import matrix
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
    UndecidedError,
)
from crossthink_hub.grading.formula.numeric import FLOATS, computed, symbols
from crossthink_hub.grading.formula.stating import FLIPPED, all_but, is_constant, is_name, stated
from crossthink_hub.grading.formula.units import unit
from crossthink_hub.grading.formula.values import same_value

MAX_FACTOR = 100_000
"""Equations that differ by a factor of larger numerator or denominator count as different."""
WORTH: Mapping[str, Node] = {
    "%": Num(Fraction(1, 100)),
    "°": Op("/", (Sym("π"), Num(Fraction(180)))),
}
"""Units that are numbers."""


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
    if (first := matrix(gold)) and (second := matrix(answer)):
        return _same_matrix(first, second)
    return same_value(gold, answer)


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
    """Return whether two units are different ones: both known, or both words that end differently."""
    known = [measure.startswith("base") or unit(measure) is not None for measure in (one, other)]
    if all(known):
        return one != other
    return not any(known) and _thing(one) != _thing(other)


def _thing(words: str) -> str:
    """Return what is counted: the last word."""
    return (words.replace(".", "").casefold().split() or [""])[-1].removesuffix("s")


def _as_product(measure: str) -> Node:
    """Return a unit as a formula reads it where no one says that it is one: m^2 as a square."""
    name, _, exponent = measure.partition("^")
    return Op("^", (Sym(name), Num(Fraction(exponent)))) if exponent else Sym(name)


# Lists, sets, points, intervals.


def _listed(node: Node) -> Node:
    """Return a formula with ± as the two values it stands for; one thing in a list or set as itself."""
    if isinstance(node, Group) and len(node.items) == 1 and node.brackets in ("", ";", "{}"):
        (item,) = node.items
        return node if isinstance(item, Group) and item.brackets == "{}" else _listed(item)
    if isinstance(node, Group) and node.brackets in ("", "{}"):
        told = _telling(node.items)
        return _listed(told[0]) if len(told) == 1 < len(node.items) else _flattened(node)
    if isinstance(node, Op) and node.name == "setminus":
        return _without(node)
    if isinstance(node, Op) and _has_plus_minus(node):
        return Group("", (_signed(node, 1), _signed(node, -1)))
    return node


def _without(node: Op) -> Node:
    """Return the real numbers but one as the two intervals that they are."""
    numbers, left_out = node.args
    if (
        numbers == REALS
        and isinstance(left_out, Group)
        and left_out.brackets == "{}"
        and len(left_out.items) == 1
    ):
        return all_but(left_out.items[0])
    return node


def _flattened(group: Group) -> Group:
    """Return a list with the lists in it laid open, and the sets that are joined to intervals."""
    items = [_listed(item) for item in group.items]
    intervals = any(isinstance(item, Group) and item.brackets[:1] in ("(", "[") for item in items)
    flat = ("", "{}") if intervals else ("",)
    parts = [
        part
        for item in items
        for part in (
            item.items if isinstance(item, Group) and item.brackets in flat and item.items else (item,)
        )
    ]
    return Group(group.brackets, tuple(parts))


def _has_plus_minus(node: Node) -> bool:
    return isinstance(node, Op) and (node.name in ("±", "∓") or any(map(_has_plus_minus, node.args)))


def _signed(node: Node, sign: int) -> Node:
    if not isinstance(node, Op):
        return node
    first, *rest = (_signed(own, sign) for own in node.args)
    if node.name not in ("±", "∓"):
        return Op(node.name, (first, *rest))
    plus = (sign > 0) == (node.name == "±")
    return Op("+", (first, rest[0] if plus else Op("neg", (rest[0],))))


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
    if len(gold.items) != 2 or brackets <= {"", ";", "()"}:
        return True
    if brackets & {"", ";"}:
        return False
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
        if not _other_names(gold, answer) and same(said, own_said):
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


def _other_names(gold: Node, answer: Node) -> bool:
    """Tell whether two relations are about different things, as x = 3 and y = 3, or sin x and cos x, are."""
    if not (isinstance(gold, Relation) and isinstance(answer, Relation)):
        return False
    one, other = _named(gold), _named(answer)
    if one is None or other is None or one == other:
        return False
    return _distinct(one, other)


def _named(relation: Relation) -> Node | None:
    """Return what a relation is about; bounds of |x| are of x."""
    name = next(filter(is_name, relation.terms), None)
    if isinstance(name, Op) and name.name == "abs" and _is_inequality(relation):
        return name.args[0]
    return name


def _distinct(one: Node, other: Node) -> bool:
    """Tell whether two names are of different things: other coordinates, indices, functions, arguments."""
    if isinstance(one, Sym) and isinstance(other, Sym):
        base, own_base = one.name.partition("_")[0], other.name.partition("_")[0]
        coordinates = {one.name, other.name} <= set("xyz")
        return coordinates or (base == own_base and "_" in one.name and "_" in other.name)
    if isinstance(one, Op) and isinstance(other, Op):
        dummies = all(isinstance(own, Sym) and own.name.islower() for own in (one.args[-1], other.args[-1]))
        return one.name != other.name or not (dummies or one.args[-1] == other.args[-1])
    function, symbol = (one, other) if isinstance(one, Op) else (other, one)
    return isinstance(function, Op) and function.name != "call" and symbol in function.args


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
