r"""The smallest parts of formulas: numbers, symbols, functions, and what commands stand for."""

import re
from abc import abstractmethod
from collections.abc import Callable, Container
from fractions import Fraction
from itertools import pairwise

from crossthink_hub.grading.formula.brackets import Brackets
from crossthink_hub.grading.formula.lexicon import (
    CALLED,
    COMMAND,
    CONSTANTS,
    DECORATIONS,
    DIGIT,
    FUNCTION_WORDS,
    FUNCTIONS,
    GREEK,
    HEXADECIMAL,
    INDEX,
    LETTERS,
    MIXED,
    NAMES,
    NUMBER,
    NUMERALS,
    PRIMES,
    REALS,
    REPEATING,
    SPACED_THOUSANDS,
    SUBSCRIPT,
    TEXT,
    THOUSANDS,
)
from crossthink_hub.grading.formula.nodes import Node, NotMathError, Num, Op, Quantity, Sym, TooLargeError
from crossthink_hub.grading.limits import MAX_FORMULA


class Atoms(Brackets):
    """Reads the parts of terms; `thousands` says whether `1,234` is one number."""

    def __init__(self, text: str, thousands: bool) -> None:
        super().__init__(text)
        self.thousands = thousands
        self.by_name: tuple[tuple[Container[str], Callable[[str], Node]], ...] = (
            (("frac", "binom"), self.fraction),
            (FUNCTIONS, self.function),
            (CONSTANTS, CONSTANTS.__getitem__),
            (GREEK, lambda name: self.named(f"\\{name}")),
            (DECORATIONS | NAMES, self.decorated),
            (("lfloor", "lceil"), self.rounded),
        )

    @abstractmethod
    def power(self) -> Node:
        """Read a base with its exponents."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Tell whether a factor stands here."""

    def argument(self, of_fraction: bool = False) -> Node:
        r"""Read what stands in braces, or without them a number, a letter or a command.

        Of a fraction without braces each digit is an argument; else `10^10` is what one types for `10^{10}`.
        """
        if self.next() == "{":
            return self.braced()
        if self.taken("-"):
            return negated(self.argument())
        digits = self.take(DIGIT if of_fraction else INDEX)
        if digits:
            return Num(Fraction(int(digits[0])))
        letter = self.take(re.compile(r"[A-Za-z]"))
        if letter:
            return symbol(letter[0])
        if self.next() == "(":
            return self.bracket()
        return self.base()

    def base(self) -> Node:
        """Read a number, a symbol, a function or a bracket."""
        mark = self.next()
        if mark.isdigit() or mark == ".":
            return self.number()
        if mark == "\\":
            return self.commanded()
        if mark.isalpha() and mark.isascii():
            return self.letters()
        if mark in ("(", "[", "{"):
            return self.bracket()
        if mark == "|":
            return self.absolute()
        raise NotMathError

    def number(self) -> Node:
        """Read a number, a mixed number or a numeral in a base."""
        repeating = self.take(REPEATING)
        if repeating:
            return Num(repeating_decimal(*repeating.groups()))
        grouped = None
        if self.thousands:
            grouped = self.take(THOUSANDS if not self.depth else SPACED_THOUSANDS)
        found = grouped or self.take(NUMBER)
        if not found or HEXADECIMAL.match(self.text, found.start()):
            raise NotMathError
        written = found[0].replace(",", "").replace(" ", "")
        if len(written) > MAX_FORMULA // 2 and "e" in written.lower():
            raise TooLargeError
        if base := self.take(SUBSCRIPT):
            return Quantity(Num(Fraction(written)), f"base {base_of(base[1] or base[2])}")
        decimals = len(written.partition(".")[2]) if "." in written and "e" not in written.lower() else None
        node = Num(Fraction(written), decimals)
        if "." not in written and (part := MIXED.match(self.text, self.place)):
            top, bottom = (int(digits) for digits in part.groups() if digits)
            if top < bottom:
                self.place = part.end()
                return Op("+", (node, Op("/", (Num(Fraction(top)), Num(Fraction(bottom))))))
        return node

    def letters(self) -> Node:
        """Read a symbol, a function or a constant written in letters."""
        run = LETTERS.match(self.text, self.place)
        assert run is not None
        word = run[0]
        if word in FUNCTIONS:
            self.place = run.end()
            return self.function(word)
        if word in CONSTANTS:
            self.place = run.end()
            return CONSTANTS[word]
        if is_word(word) or word.lower() in FUNCTION_WORDS:
            raise NotMathError
        if word.isupper() and len(word) > 2:
            self.place = run.end()
            return self.named(word)
        self.place += 1
        return self.named(word[0])

    def named(self, name: str) -> Node:
        """Read the index, the primes and the arguments of a symbol."""
        node: Node = symbol(name)
        if index := self.take(INDEX):
            node = Sym(f"{name}_{index[0]}")
        elif subscript := self.take(SUBSCRIPT):
            node = Sym(f"{name}_{''.join((subscript[1] or subscript[2]).split())}")
        if primes := self.take(PRIMES):
            name = node.name if isinstance(node, Sym) else name
            node = Sym(name + primes[0])
        if isinstance(node, Sym) and CALLED.match(self.text, self.place - 1):
            argument = self.bracket()
            return Op("call", (node, argument))
        return node

    def subscripted(self, node: Node) -> Node:
        """Read an index after something that is no symbol: it must be part of a name."""
        subscript = self.take(SUBSCRIPT)
        if subscript and isinstance(node, Num) and node.decimals is None:
            return Quantity(node, f"base {base_of(subscript[1] or subscript[2])}")
        if not subscript or not isinstance(node, Sym | Op):
            raise NotMathError
        return Op("index", (node, Sym((subscript[1] or subscript[2]).strip())))

    def symbol_text(self) -> str | None:
        """Return the one letter in a `\\text{}` here, if it is one."""
        text = TEXT.match(self.text, self.place)
        inside = text[1].strip() if text else ""
        return inside if re.fullmatch(r"[A-Za-z]", inside) and inside in "eiCRQZN" else None

    def commanded(self) -> Node:
        """Read what begins with a command."""
        name = self.command() or ""
        if reader := {"text": self.text_letter, "{": self.bracket, "|": self.norm}.get(name):
            return reader()
        self.take(COMMAND)
        if reader := {"sqrt": self.root, "begin": self.environment}.get(name):
            return reader()
        for names, named_reader in self.by_name:
            if name in names:
                return named_reader(name)
        raise NotMathError

    def fraction(self, name: str) -> Node:
        """Read what is above and below the line."""
        top, bottom = self.argument(of_fraction=True), self.argument(of_fraction=True)
        return Op("/" if name == "frac" else name, (top, bottom))

    def rounded(self, name: str) -> Node:
        """Read what is rounded down or up."""
        closing = f"\\r{name[1:]}"
        node = self.deeper((closing,))
        self.need(closing)
        return Op(name[1:], (node,))

    def text_letter(self) -> Node:
        """Read a symbol in `\\text{}`: one letter, or a word alone in it is no formula."""
        text = self.take(TEXT)
        if not text or not re.fullmatch(r"\s*[A-Za-z]\s*", text[1]):
            raise NotMathError
        return self.named(text[1].strip())

    def decorated(self, name: str) -> Node:
        """Read a decorated or named thing, such as a vector or an angle, as one symbol."""
        found = self.take(re.compile(r"\s*(?:\{([^{}]*)\}|([A-Za-z]+))"))
        if not found:
            raise NotMathError
        inside = "".join((found[1] or found[2] or "").split())
        if (name, inside) == ("mathbb", "R"):
            return REALS
        plain_letters = name in ("mathbf", "boldsymbol", "mathit", "mathsf", "bold", "pmb")
        return self.named(inside if plain_letters and len(inside) == 1 else f"\\{name}{{{inside}}}")

    def root(self) -> Node:
        """Read a root: its index in brackets, then what stands under it."""
        index: Node = Num(Fraction(2))
        if self.taken("["):
            index = self.deeper("]")
            self.need("]")
        return Op("root", (self.argument(), index))

    def function(self, name: str) -> Node:
        """Read a function: its power, its base, its argument in brackets or as far as the factors go."""
        power: Node | None = None
        base: Node | None = None
        while (mark := self.next()) in ("^", "_") and mark:
            self.taken(mark)
            if mark == "^":
                power = self.argument()
            else:
                base = self.argument()
        node = Op(name, (self.function_argument(), *((base,) if base else ())))
        if power == Num(Fraction(-1)):
            return Op("arc" + name, node.args)
        return Op("^", (node, power)) if power else node

    def function_argument(self) -> Node:
        """Read what a function is taken of."""
        if self.next() in ("(", "{"):
            return self.bracket() if self.next() == "(" else self.braced()
        if self.taken("-"):
            return negated(self.function_argument())
        node = self.power()
        while self.starts_factor() and self.command() not in FUNCTIONS and self.next() not in "([":
            letters = LETTERS.match(self.text, self.place)
            if letters and letters[0] in FUNCTIONS:
                break
            node = Op("*", (node, self.power()))
        return node


def is_word(letters: str) -> bool:
    """Tell whether a run of letters is a word, no product: three or more with a vowel, and not abc or xyz.

    Example:
        >>> is_word("xyz"), is_word("odd"), is_word("mgh"), is_word("ab"), is_word("ABC")
        (False, True, False, False, False)
    """
    if len(letters) < 3 or (letters.isupper() and len(letters) < 6):
        return False
    in_a_row = all(ord(second) - ord(first) == 1 for first, second in pairwise(letters))
    return not in_a_row and any(letter in "aeiouyAEIOUY" for letter in letters)


def is_number(node: Node) -> bool:
    """Tell whether a node is a number, perhaps with a sign: what a bare word may follow as its unit."""
    if isinstance(node, Op) and node.name in ("+", "/", "*", "^", "root"):
        return all(is_number(own) for own in node.args)
    return isinstance(node, Num)


def symbol(name: str) -> Sym:
    """Return a symbol, or the constant of that name."""
    return Sym("π") if name == "\\pi" else Sym(name)


def negated(node: Node) -> Node:
    """Return a node with the other sign."""
    if isinstance(node, Num):
        return Num(-node.value, node.decimals)
    if isinstance(node, Quantity):
        return Quantity(negated(node.value), node.unit)
    return Op("neg", (node,))


def degrees(node: Node) -> Quantity:
    """Return so many degrees."""
    return Quantity(node, "°")


def base_of(written: str) -> int:
    """Return the base that an index names, as digits or as a word."""
    name = written.replace("\\text", "").strip(" {}()")
    if re.fullmatch(r"[0-9]{1,3}", name):
        return int(name)
    if name in NUMERALS:
        return NUMERALS[name]
    raise NotMathError


def repeating_decimal(whole: str, fixed: str, repeated: str) -> Fraction:
    """Return the value of a decimal whose last digits repeat.

    Example:
        >>> repeating_decimal("0", "1", "6")
        Fraction(1, 6)
    """
    head = int((whole or "0") + fixed)
    nines = (10 ** len(repeated) - 1) * 10 ** len(fixed)
    return Fraction(head, 10 ** len(fixed)) + Fraction(int(repeated), nines)
