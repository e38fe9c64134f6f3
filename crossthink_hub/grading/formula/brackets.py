r"""Brackets of all kinds: points, intervals, sets, absolute values, matrices."""

import re
from abc import abstractmethod
from collections.abc import Sequence

from crossthink_hub.grading.formula.lexicon import CLOSING, MATRICES
from crossthink_hub.grading.formula.nodes import (
    Group,
    Matrix,
    Node,
    NotMathError,
    Op,
    Relation,
    TooLargeError,
)
from crossthink_hub.grading.formula.scanner import Scanner
from crossthink_hub.grading.limits import MAX_DEPTH, MAX_ITEMS


class Brackets(Scanner):
    """Reads what stands in brackets; `depth` is in how many, `bars` how many bars are open."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.bars = 0

    @abstractmethod
    def items(self, closing: Sequence[str]) -> Node:
        """Read items up to a closing bracket."""

    @abstractmethod
    def item(self) -> Node:
        """Read one item."""

    @abstractmethod
    def sum(self) -> Node:
        """Read an expression."""

    def braced(self) -> Node:
        """Read what stands in braces."""
        self.need("{")
        with_bars, self.bars = self.bars, 0
        node = self.deeper("}")
        self.bars = with_bars
        self.need("}")
        return node

    def deeper(self, closing: Sequence[str]) -> Node:
        """Read what stands between brackets."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLargeError
        node = self.items(closing)
        self.depth -= 1
        return node

    def bracket(self) -> Node:
        r"""Read a bracket: one thing in it, or a point, an interval or a set."""
        self.skip()
        braces = self.taken("\\{")
        opening = "{" if braces else self.text[self.place]
        self.place += 0 if braces else 1
        with_bars, self.bars = self.bars, 0
        if braces and self.taken("\\}"):
            return Group("{}", ())
        node = self.set_builder() if braces else None
        if node is None:
            node = self.deeper(("\\}",) if braces else CLOSING[opening])
        self.bars = with_bars
        self.skip()
        closing = self.text[self.place : self.place + 2] if braces else self.text[self.place : self.place + 1]
        if (closing != "\\}") if braces else (not closing or closing not in CLOSING[opening]):
            raise NotMathError
        self.place += len(closing)
        return bracketed(node, opening, closing[-1], braces)

    def set_builder(self) -> Node | None:
        r"""Read `\{x | x > 1\}` as what its condition says; None if it is no such set."""
        start = self.place
        name = self.take(re.compile(r"\s*[a-zA-Z]\s*(?:\\in\s*(?:\\mathbb\s*\{?\s*R\s*\}?|R)\s*)?[|:]"))
        if not name:
            self.place = start
            return None
        return self.deeper(("\\}",))

    def absolute(self) -> Node:
        """Read what stands between bars."""
        self.need("|")
        self.bars += 1
        node = self.sum()
        self.bars -= 1
        self.need("|")
        return Op("abs", (node,))

    def norm(self) -> Node:
        """Read what stands between double bars."""
        self.need("\\|")
        node = self.sum()
        self.need("\\|")
        return Op("norm", (node,))

    def environment(self) -> Node:
        """Read a matrix or a determinant."""
        name = self.take(re.compile(r"\s*\{([A-Za-z]+\*?)\}(?:\{[^{}]*\})?"))
        if not name or name[1] not in MATRICES:
            raise NotMathError
        rows: list[tuple[Node, ...]] = [()]
        self.depth += 1
        while not self.taken("\\end"):
            if len(rows) * (len(rows[-1]) + 1) > MAX_ITEMS:
                raise TooLargeError
            rows[-1] += (self.item(),)
            if self.taken("\\\\"):
                rows.append(())
            elif not self.taken("&") and self.command() != "end":
                raise NotMathError
        self.depth -= 1
        self.need("{" + name[1] + "}")
        rows = [row for row in rows if row]
        if not rows or len({len(row) for row in rows}) > 1:
            raise NotMathError
        matrix = Matrix(tuple(rows))
        return Op("det", (matrix,)) if name[1] == "vmatrix" else matrix


def bracketed(node: Node, opening: str, closing: str, braces: bool) -> Node:
    """Return what stands in a bracket as a point, an interval, a set, or as itself."""
    several = isinstance(node, Group) and node.brackets in ("", ";")
    items = node.items if isinstance(node, Group) and several else (node,)
    if braces:
        return node if isinstance(node, Relation) else Group("{}", items)
    if opening == "{":
        return node
    if several and len(items) > 1:
        return Group(opening + closing, items)
    if opening + closing in ("(]", "[)"):
        raise NotMathError
    return node
