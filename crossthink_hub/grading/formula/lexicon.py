r"""The words of formulas: what functions, letters and brackets are called, and how numbers and units look."""

import re
from collections.abc import Mapping

from crossthink_hub.grading.formula.nodes import INFINITY, Group, Node, Op, Sym

SPACE = re.compile(r"\s*")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4}(?![\w.]))?|\.\d+|\d+\.(?!\d)")
THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?!\d)(?!,\d)(?:\.\d+)?")
SPACED_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?![\d,])(?:\.\d+)?")
REPEATING = re.compile(r"(\d*)\.(\d*)\\(?:overline|bar|dot)\{?(\d+)\}?")
MIXED = re.compile(
    r"\s*(?:\\frac\s*(?:\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}|(\d)\s*(\d)(?!\d))|(?<=\d) (\d+)/(\d+))(?![\d.])"
)
DIGIT = re.compile(r"\d")
HEXADECIMAL = re.compile(r"0[xb][0-9A-Fa-f]")
LETTERS = re.compile(r"[A-Za-z]+")
COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
SUBSCRIPT = re.compile(r"\s*\\?_\s*(?:\{([^{}]+)\}|([A-Za-z]|\d+))")
INDEX = re.compile(r"\d+")
"""Digits right behind a letter are its index, as in `x2`."""
PRIMES = re.compile(r"'+")
TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
SEPARATOR = re.compile(
    r"\s*(?:,|;|\\text\s*\{[\s,]*(?:and|or)[\s,]*\}|\\cup(?![a-z])"
    r"|(?:\b|(?<=\d))(?:and|or)(?:\b|(?=[A-Z]))|(?<=[\])\s])U(?=\s*[(\[]))\s*"
)
RELATION = re.compile(r"\s*(<=|>=|!=|==|=|<|>|\\(?:leq|geq|neq|approx|in|sim|equiv)(?![a-z]))\s*")
ROUGHLY = re.compile(r"\s*\\(?:approx|sim)(?![a-z])(?=\s*[-\d.])")
SIGNS = {
    "\\leq": "<=", "\\geq": ">=", "\\neq": "!=", "\\approx": "~", "\\in": "in", "==": "=", "\\sim": "~",
    "\\equiv": "≡",
}  # fmt: skip
UNIT_TAIL = re.compile(
    r"\s*(?P<tail>(?:"
    r"(?:\\text\s*\{[^{}]*\}|\\?%|\^\s*\{?\s*\\circ\s*\}?(?:\s*[CF]\b)?|\\\$|[€£¥¢]|/|(?<=\})\s*\^\{?-?\d\}?|\s)+"
    r"|(?:st|nd|rd|th)\b\s*(?:\\text\s*\{[^{}]*\})?"
    r"|[A-Za-z]+(?:[ /*-][A-Za-z]+){0,4}(?:\^\{?-?\d\}?)?(?:/[A-Za-z]+(?:\^\{?-?\d\}?)?)?))\s*"
)
LAST_UNIT = re.compile(r"([A-Za-z]+(?:\^\{?-?\d\}?)?(?:/[A-Za-z]+(?:\^\{?-?\d\}?)?)?)\s*(?:[,;)]|\Z)")
CURRENCY = re.compile(r"\s*(\\\$|[€£¥])\s*")
NOT_UNITS = re.compile(
    r"\b(?:or|and|not|no|is|are|to|if|than|but|nor|either|mod|x|in|times|plus|minus|squared|cubed|factorial|over|maybe"
    r"|perhaps|wrong|false|incorrect|almost|nearly|about|less|more|least|most|half|quarter|except|then|when|where)\b",
    re.IGNORECASE,
)
"""Words that make more, or less, of a number than a unit does."""
ORDINALS = frozenset(["st", "nd", "rd", "th"])
MULTIPLIERS = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "dozen": 12,
}
FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "arccot",
        "sinh",
        "cosh",
        "tanh",
        "ln",
        "log",
        "exp",
        "sqrt",
        "gcd",
        "lcm",
        "max",
        "min",
        "det",
        "dim",
        "deg",
        "arg",
        "abs",
        "floor",
        "ceil",
    ]
)
CONSTANTS: Mapping[str, Node] = {
    "pi": Sym("π"),
    "infty": INFINITY,
    "infinity": INFINITY,
    "inf": INFINITY,
    "oo": INFINITY,
    "emptyset": Group("{}", ()),
}
REALS = Group("()", (Op("neg", (INFINITY,)), INFINITY))
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "hbar",
    ]
)
DECORATIONS = frozenset(
    [
        "overline",
        "overrightarrow",
        "overleftarrow",
        "vec",
        "hat",
        "widehat",
        "bar",
        "tilde",
        "mathbf",
        "boldsymbol",
        "mathcal",
        "mathbb",
        "mathit",
        "mathsf",
        "dot",
        "widetilde",
        "underline",
        "bold",
        "pmb",
    ]
)
NAMES = frozenset(["angle", "triangle"])
CALLED = re.compile(r"[fg]\(|[FGhHPQWpqy]\(\s*[A-Za-z0-9]+\s*\)")
"""Letters that are functions before a bracket: f and g of anything, others of one letter or number."""
FUNCTION_WORDS = frozenset(
    ["not", "no", "if", "is", "to", "of", "go", "low", "most", "first", "the", "but", "its", "was"]
)
"""Words that would pass for products of letters."""
MATRICES = frozenset(["pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array", "vmatrix"])
CLOSING = {"(": ")]", "[": "])", "{": "}"}
NUMERALS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
