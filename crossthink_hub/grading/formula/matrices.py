"""Sums, products and multiples of matrices, as the matrices they are."""

from collections.abc import Sequence
from fractions import Fraction

from crossthink_hub.grading.formula.exact import InexactError, exact
from crossthink_hub.grading.formula.nodes import Matrix, Node, Num, Op, TooLargeError, size
from crossthink_hub.grading.limits import MAX_FORMULA


def matrix(node: Node) -> Matrix | None:
    """Return the matrix that a node is, or is the sum, the product or a multiple of."""
    if isinstance(node, Matrix):
        return node
    if not isinstance(node, Op) or node.name not in ("+", "*", "neg"):
        return None
    parts = [matrix(own) for own in node.args]
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
    return _worked_out(total)


def _worked_out(entry: Node) -> Node:
    """Return an entry as a number, so that it does not grow with each product; one with symbols if small."""
    try:
        return Num(exact(entry))
    except InexactError:
        if size(entry) > MAX_FORMULA:
            raise TooLargeError from None
        return entry
