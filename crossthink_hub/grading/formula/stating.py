r"""What an equation or an inequality says of the thing it names: `x = 3` says 3, `-x > 1` an interval."""

from fractions import Fraction

from crossthink_hub.grading.formula.exact import InexactError, exact
from crossthink_hub.grading.formula.nodes import (
    INFINITY,
    Group,
    Node,
    NotMathError,
    Num,
    Op,
    Quantity,
    Relation,
    Sym,
)
from crossthink_hub.grading.formula.numeric import symbols

FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
NAMED_BY = frozenset(
    ["sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "abs", "det", "norm", "arg", "deg", "dim"]
)
"""Functions whose value at a symbol an answer may give: `\\sin α = 1/2`."""
PLACES = tuple(map(Fraction, ("0", "1", "-1/3", "-7", "11/5", "997", "-1000")))
"""What is on a straight line at all of these is linear, for all that answers hold."""
MINUS_INFINITY = Op("neg", (INFINITY,))


def is_name(node: Node) -> bool:
    r"""Tell whether a node only names what is asked for: `x`, `f(x)`, `AB`, `(p, q)`, `NO/BO`, `\sin α`.

    Example:
        >>> is_name(Sym("x")), is_name(Op("+", (Sym("x"), Sym("y"))))
        (True, False)
    """
    if isinstance(node, Sym):
        return node != INFINITY
    if isinstance(node, Op):
        if node.name in ("call", "index"):
            return True
        if node.name in ("/", ":") or (node.name == "*" and _geometric(node)):
            return all(map(is_name, node.args))
        return node.name in NAMED_BY and any(symbols(node))
    return isinstance(node, Group) and node.brackets == "()" and all(map(is_name, node.items))


def _geometric(node: Op) -> bool:
    """Tell whether a product is written in capitals: a segment, a triangle."""
    return all(isinstance(own, Op) or (isinstance(own, Sym) and own.name[:1].isupper()) for own in node.args)


def is_constant(node: Node) -> bool:
    """Tell whether nothing in a node is a symbol."""
    return not isinstance(node, Relation) and not any(symbols(node))


def stated(relation: Relation) -> Node | None:
    """Return what a relation says of the thing it names; None if it relates several things.

    Example:
        >>> stated(Relation((Sym("x"), Num(Fraction(3))), ("=",)))
        Num(value=Fraction(3, 1), decimals=None)
        >>> stated(Relation((Sym("x"), Num(Fraction(3))), (">",)))
        Group(brackets='()', items=(Num(value=Fraction(3, 1), decimals=None), Sym(name='∞')))
    """
    signs = set(relation.signs)
    if signs <= {"=", "~"}:
        return _equal_to(relation)
    if relation.signs == ("in",):
        return relation.terms[1] if is_name(relation.terms[0]) else None
    if relation.signs == ("!=",) and is_name(relation.terms[0]):
        return all_but(relation.terms[1])
    if signs <= {"<", "<="} or signs <= {">", ">="}:
        return _interval(relation)
    return None


def all_but(value: Node) -> Group:
    """Return the real numbers without one: two intervals.

    Example:
        >>> [interval.brackets for interval in all_but(Sym("π")).items]
        ['()', '()']
    """
    return Group("", (Group("()", (MINUS_INFINITY, value)), Group("()", (value, INFINITY))))


def _equal_to(relation: Relation) -> Node | None:
    terms = list(relation.terms)
    if "~" in relation.signs:  # what is exact stands before the first ≈, unless only a name does
        first = relation.signs.index("~")
        before = [term for term in terms[: first + 1] if not is_name(term)]
        terms = terms[: first + 1] if before else terms[: first + 2]
        if len(terms) == 1:
            return terms[0]
    *names, value = terms
    if isinstance(names[0], Num) and isinstance(value, Num) and names[0].value != value.value:
        return None
    if isinstance(value, Sym) and is_constant(names[0]):
        return names[0]
    if all(map(is_name, names[:1])) or (is_constant(value) and all(is_constant(term) for term in names)):
        return value
    return names[0] if is_name(value) and is_constant(names[0]) else None


def _interval(relation: Relation) -> Node | None:
    terms, signs = relation.terms, relation.signs
    if signs[0] in (">", ">="):
        terms, signs = terms[::-1], tuple(FLIPPED[sign] for sign in signs[::-1])
    if len(terms) == 3 and is_constant(terms[0]) and is_constant(terms[2]):
        return _between(terms[0], terms[1], terms[2], signs)
    if len(terms) != 2:
        return None
    left, right = terms
    if is_constant(right):
        return _between(MINUS_INFINITY, left, right, ("<", signs[0]))
    if is_constant(left):
        return _between(left, right, INFINITY, (signs[0], "<"))
    return None


def _between(low: Node, name: Node, high: Node, signs: tuple[str, ...]) -> Node | None:
    brackets = ("[" if signs[0] == "<=" else "(") + ("]" if signs[1] == "<=" else ")")
    if isinstance(name, Op) and name.name == "abs" and is_name(name.args[0]):
        return _both_sides(low, high, brackets)
    if is_name(name):
        return Group(brackets, (low, high))
    return _solved(low, name, high, brackets)


def _mirrored(brackets: str) -> str:
    """Return the brackets of an interval whose sign is turned: those of [1, 2) become (]."""
    return brackets[::-1].translate(str.maketrans("[]()", "][)("))


def _both_sides(low: Node, high: Node, brackets: str) -> Node | None:
    """Return what |x| between two bounds says of x."""
    if low == MINUS_INFINITY:
        return Group(("[" if brackets[1] == "]" else "(") + brackets[1], (Op("neg", (high,)), high))
    minus = tuple(MINUS_INFINITY if bound == INFINITY else Op("neg", (bound,)) for bound in (high, low))
    return Group("", (Group(_mirrored(brackets), minus), Group(brackets, (low, high))))


def _solved(low: Node, middle: Node, high: Node, brackets: str) -> Node | None:
    """Return what bounds of something linear in one symbol say of the symbol."""
    names = set(symbols(middle))
    try:
        if len(names) != 1 or isinstance(middle, Relation | Group | Quantity):
            return None
        (name,) = names
        at = [exact(_with(middle, name, Num(place))) for place in PLACES]
    except (InexactError, NotMathError):
        return None
    slope = at[1] - at[0]
    if not slope or any(value != at[0] + slope * place for place, value in zip(PLACES, at, strict=True)):
        return None
    bounds = [_scaled(bound, at[0], slope) for bound in (low, high)]
    if slope < 0:
        bounds.reverse()
        brackets = _mirrored(brackets)
    return Group(brackets, tuple(bounds))


def _scaled(bound: Node, shift: Fraction, slope: Fraction) -> Node:
    if bound in (INFINITY, MINUS_INFINITY):
        return bound if slope > 0 else (MINUS_INFINITY if bound == INFINITY else INFINITY)
    return Op("/", (Op("+", (bound, Num(-shift))), Num(slope)))


def _with(node: Node, name: str, value: Node) -> Node:
    """Return a formula with a value in the place of a symbol."""
    if node == Sym(name):
        return value
    if isinstance(node, Op):
        return Op(node.name, tuple(_with(own, name, value) for own in node.args))
    return node
