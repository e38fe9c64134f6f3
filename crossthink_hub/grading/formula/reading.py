r"""Read a formula, in LaTeX or as one types it, into nodes.

A recursive descent over the text itself: an argument without braces is one character (`\frac34`), so the text
can't be cut into tokens first. Whatever is not understood is `NotMathError`, and never guessed at.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from crossthink_hub.grading.formula.atoms import Atoms, degrees, is_number, is_word, negated
from crossthink_hub.grading.formula.lexicon import (
    COMMAND,
    CONSTANTS,
    CURRENCY,
    DECORATIONS,
    FUNCTIONS,
    GREEK,
    LAST_UNIT,
    LETTERS,
    MULTIPLIERS,
    NAMES,
    NOT_UNITS,
    ORDINALS,
    RELATION,
    ROUGHLY,
    SEPARATOR,
    SIGNS,
    TEXT,
    UNIT_TAIL,
)
from crossthink_hub.grading.formula.nodes import (
    Group,
    Node,
    NotMathError,
    Num,
    Op,
    Quantity,
    Relation,
    TooLargeError,
)
from crossthink_hub.grading.formula.notation import plain
from crossthink_hub.grading.formula.units import unit
from crossthink_hub.grading.limits import MAX_FORMULA, MAX_ITEMS


@lru_cache(maxsize=4096)
def read(text: str, thousands: bool = True) -> Node:
    r"""Return what a formula says.

    Args:
        text: LaTeX or plain notation, with or without `$`.
        thousands: whether `1,234` is one number; in brackets it never is.

    Raises:
        NotMathError: it is no formula, or one that is not read here.
        TooLargeError: it is longer or deeper than the limits.

    Example:
        >>> read("x_1^n")
        Op(name='^', args=(Sym(name='x_1'), Sym(name='n')))
    """
    if len(text) > MAX_FORMULA:
        raise TooLargeError
    return Reader(plain(text), thousands).answer()


class Reader(Atoms):
    """Reads one formula."""

    # Lists, relations.

    def answer(self) -> Node:
        """Read all of the text."""
        if not self.text:
            raise NotMathError
        node = self.items(())
        if self.next():
            raise NotMathError
        return node

    def items(self, closing: Sequence[str]) -> Node:
        """Read what stands between brackets, or all of it: one item, or several with separators."""
        found, separators = [self.item()], []
        while (separator := self.take(SEPARATOR)) is not None:
            follow = self.take(SEPARATOR)  # ", and"
            separators.append(separator[0].strip())
            if follow is None and (not self.next() or self.text.startswith(tuple(closing), self.place)):
                break
            found.append(self.item())
            if len(found) > MAX_ITEMS:
                raise TooLargeError
        return listed(found, separators)

    def item(self) -> Node:
        """Read a chain of terms with relations between them."""
        self.take(ROUGHLY)
        terms, signs = [self.quantity()], []
        while sign := self.take(RELATION):
            signs.append(SIGNS.get(sign[1], sign[1]))
            terms.append(self.quantity())
        return Relation(tuple(terms), tuple(signs)) if signs else terms[0]

    def quantity(self) -> Node:
        """Read a term and its unit."""
        currency = self.take(CURRENCY)
        negative = not currency and bool(self.take(re.compile(r"\s*-\s*(?=\\\$)")))
        currency = currency or self.take(CURRENCY)
        node = self.sum()
        if negative:
            node = negated(node)
        measured = self.tail(node)
        if not currency:
            return measured
        value, words = (measured.value, measured.unit) if isinstance(measured, Quantity) else (measured, "")
        money = unit(currency[1]) or currency[1]
        return Quantity(value, money if words in ("", money) else f"{money} {words}")

    def tail(self, node: Node) -> Node:
        """Read the unit after a term, if there is one."""
        if self.bars or SEPARATOR.match(self.text, self.place):
            return node
        start = self.place
        found = self.take(UNIT_TAIL)
        if not found:
            return node
        words = " ".join(TEXT.sub(r" \1 ", found["tail"]).split())
        bare = not found["tail"].lstrip().startswith(("\\", "^", "%", "€", "£", "¥", "¢"))
        if not words or not is_unit_like(words) or (bare and not is_number(node)):
            self.place = start
            return node
        first, _, rest = words.partition(" ")
        if multiplier := MULTIPLIERS.get(first.lower()):
            node, words = Op("*", (node, Num(Fraction(multiplier)))), rest
        return Quantity(node, unit(words) or words) if words else node

    # Arithmetic.

    def sum(self) -> Node:
        """Read terms with plus and minus between them."""
        node = self.product()
        while True:
            self.skip()
            if self.taken("+"):
                node = Op("+", (node, self.product()))
            elif self.next() == "-":
                self.taken("-")
                node = Op("+", (node, negated(self.product())))
            elif (sign := self.command()) in ("pm", "mp"):
                self.take(COMMAND)
                node = Op("±" if sign == "pm" else "∓", (node, self.product()))
            elif self.command() == "setminus":
                self.take(COMMAND)
                node = Op("setminus", (node, self.product()))
            else:
                return node

    def product(self) -> Node:
        """Read factors with signs or nothing between them."""
        if self.next() in ("-", "+"):
            minus = self.taken("-") or not self.taken("+")
            node = self.product()
            return negated(node) if minus else node
        if self.command() in ("pm", "mp"):
            self.take(COMMAND)
            return Op("±", (Num(Fraction(0)), self.product()))
        node = self.power()
        while True:
            mark, command = self.next(), self.command()
            if mark == "*" or command in ("times", "cdot"):
                self.take(COMMAND) if command else self.taken("*")
                self.taken("*")
                node = Op("*", (node, self.signed_power()))
            elif (mark == "/" and not self.text.startswith("//", self.place)) or command == "div":
                self.take(COMMAND) if command else self.taken("/")
                node = Op("/", (node, self.signed_power()))
            elif mark == ":":
                self.taken(":")
                node = Op(":", (node, self.signed_power()))
            elif command == "mod":
                self.take(COMMAND)
                node = Op("mod", (node, self.power()))
            elif self.starts_factor():
                node = Op("*", (node, self.power()))
            else:
                return node

    def signed_power(self) -> Node:
        """Read a factor that may have a sign of its own."""
        if self.taken("-"):
            return negated(self.signed_power())
        return self.power()

    def starts_factor(self) -> bool:
        """Tell whether a factor stands here, with no sign before it."""
        mark = self.next()
        if mark == "|":
            return not self.bars and "|" in self.text[self.place + 1 :]
        if not mark or mark in "+-*/=<>,;:)]}&%!^_'\"?":
            return False
        if mark == "\\":
            name = self.command() or ""
            return (
                name in FUNCTIONS or name in GREEK or name in DECORATIONS or name in CONSTANTS or name in
                NAMES or name in ("frac", "sqrt", "binom", "lfloor", "lceil", "begin", "{") or (name ==
                "text" and self.symbol_text() is not None)
            )  # fmt: skip
        if mark.isdigit() or mark == ".":
            return not (
                self.place and self.text[self.place - 1] == " " and self.text[self.place - 2].isdigit()
            )
        if mark.isalpha():
            return not (self.is_word() or self.is_unit() or SEPARATOR.match(self.text, self.place))
        return mark in "([{"

    def is_word(self) -> bool:
        """Tell whether the letters here are a word: words are never products of letters."""
        letters = LETTERS.match(self.text, self.place)
        if not letters or letters[0] in FUNCTIONS or letters[0] in CONSTANTS:
            return False
        return is_word(letters[0])

    def is_unit(self) -> bool:
        """Tell whether a unit stands here, after a number: of two letters, or parted by a space and last."""
        before = self.text[: self.place]
        if not before.rstrip()[-1:].isdigit():
            return False
        letters = LETTERS.match(self.text, self.place)
        if letters and (letters[0] in ORDINALS or (len(letters[0]) > 1 and unit(letters[0]))):
            return True
        last = LAST_UNIT.match(self.text, self.place)
        attached = last is not None and (last[1].startswith("m^") or last[1][1:2].isalpha())
        return bool(last and (before.endswith(" ") or attached) and unit(last[1]))

    def power(self) -> Node:
        """Read a base with its exponents, factorials and primes."""
        node = self.base()
        while True:
            mark = self.next()
            if mark == "^" and not self.is_degree_of_unit():
                self.taken("^")
                if self.text.startswith("*", self.place):
                    raise NotMathError
                node = degrees(node) if self.circ() else Op("^", (node, self.argument()))
            elif mark == "*" and self.text.startswith("**", self.place):
                self.place += 2
                node = Op("^", (node, self.signed_power()))
            elif mark == "!" and not self.text.startswith("!=", self.place):
                self.taken("!")
                node = Op("!", (node,))
            elif mark == "_" or self.command() == "_":
                node = self.subscripted(node)
            else:
                return node

    def is_degree_of_unit(self) -> bool:
        """Tell whether a degree sign here is followed by C or F: a temperature, not an angle."""
        return bool(
            re.match(
                r"\^\s*\{?\s*\\circ\s*\}?\s*(?:\\text\s*\{\s*)?[CF]\b",
                self.text[self.place : self.place + 40],
            )
        )

    def circ(self) -> bool:
        """Go past a degree sign after the `^`."""
        return bool(self.take(re.compile(r"\s*(?:\\circ(?![a-z])|\{\s*\\circ\s*\})")))


def is_unit_like(words: str) -> bool:
    """Tell whether words after a number can be its unit: no hedge, no other number.

    Example:
        >>> is_unit_like("kJ / mol"), is_unit_like("or so"), is_unit_like("though 6 fits")
        (True, False, False)
    """
    return unit(words) is not None or not (NOT_UNITS.search(words) or re.search(r"(?<!\^)\d", words))


def listed(items: list[Node], separators: list[str]) -> Node:
    """Return several items as one node; semicolons part groups of items."""
    if not separators:
        return items[0]
    if len(items) == 1:
        return items[0]
    if ";" in separators and any(separator != ";" for separator in separators):
        groups: list[list[Node]] = [[items[0]]]
        for separator, item in zip(separators, items[1:], strict=False):
            if separator == ";":
                groups.append([])
            groups[-1].append(item)
        return Group("", tuple(Group("()", tuple(group)) if len(group) > 1 else group[0] for group in groups))
    return Group(";" if set(separators) == {";"} else "", tuple(items))
