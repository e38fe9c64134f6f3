r"""One spelling for what can be written in many: `\dfrac` and `\frac`, π and `\pi`, `$x$` and `x`."""

import re
from collections.abc import Mapping
from importlib.resources import files

import yaml

DAMAGED = (
    (re.compile(r"\\?\x0c(?=rac|box)"), r"\\f"),
    (re.compile(r"\\?\x08(?=oxed|inom|egin|ar\b|eta)"), r"\\b"),
    (re.compile(r"\\?\t(?=ext|frac|imes|heta|an\b|o\b)"), r"\\t"),
)
r"""`\f`, `\b` and `\t` read as control characters by whoever wrote the file."""
DOUBLED = re.compile(r"\\\\(?=[A-Za-z{}()$%!,])")
r"""`\\frac`: escaped once too often. Not inside an environment, where `\\` ends a row."""
SPELLINGS = yaml.safe_load((files(__package__) / "notation.yaml").read_text("utf-8"))
CHARACTERS: Mapping[str, str] = SPELLINGS["characters"]
COMMANDS: Mapping[str, str] = SPELLINGS["commands"]
SUPERSCRIPTS, SUBSCRIPTS = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"), re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "-01234567890123456789")
UNICODE = re.compile("|".join(map(re.escape, CHARACTERS)))
SILENT = (
    "left right bigl bigr Bigl Bigr biggl biggr Biggl Biggr big Big bigg Bigg displaystyle textstyle limits "
    "mathstrut therefore large Large LARGE small tiny huge"
).replace(" ", "|")
SPACES = re.compile(
    r"(?<!\\)\\(?:[ ,;:>]|q?quad|thinspace\b|enspace\b|hfill\b|newline\b)|~|\\hspace\*?\{[^{}]*\}"
)
NO_SPACE = re.compile(
    r"\\!|\\(?:color|textcolor)\s*\{[^{}]*\}|\\phantom\{[^{}]*\}|\\(?:" + SILENT + r")(?![A-Za-z])\.?"
)
COMMAND = re.compile(r"\\([A-Za-z]+)")
GROUPED = re.compile(r"(?<=\d)(?:,\\!\s*|\{,\}\s*|\\,\s*|\\ |~)(?=\d{3}(?!\d))")
"""What stands between thousands and can't stand between the items of a list."""
MATH_MARKS = re.compile(r"\$\$|\\\[|\\\]|\\\(|\\\)|(?<!\\)\$")
ENDS = " \t\r\n.,;:。"
TEXT_INDEX = re.compile(r"_\s*\{\s*\\text\s*\{([^{}]*)\}\s*\}")
TYPED_POWER_OF_TEN = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*\^)")
FUNCTION_TEXT = re.compile(
    r"\\text\s*\{\s*((?:arc)?(?:sin|cos|tan|cot)|sec|csc|ln|log|exp|gcd|lcm|max|min|sinh|cosh|tanh)\s*\}"
)
BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bold|mathit|mathsf|underline|pmb)\s*\{(?![A-Za-z]\})([^{}]*)\}")
"""Letters in bold are vectors; anything else in bold is just that."""
ALL_TEXT = re.compile(r"\s*\\text\s*\{([^{}]*)\}\s*")
WHITE = re.compile(r"\s+")


def mend(text: str) -> str:
    r"""Return text with the damage of one escape too few or too many undone.

    Example:
        >>> mend("\x0crac{1}{2}"), mend(r"\\frac{1}{2}"), mend(r"\begin{matrix}1\\x\end{matrix}")
        ('\\frac{1}{2}', '\\frac{1}{2}', '\\begin{matrix}1\\\\x\\end{matrix}')
    """
    if not text.isprintable():
        for damage, escape in DAMAGED:
            text = damage.sub(escape, text)
    if "\\\\" not in text:
        return text
    return text if "\\begin" in text.replace("\\\\", "") else DOUBLED.sub(r"\\", text)


def spelled(text: str) -> str:
    """Return a text with the characters for signs, powers and Greek letters as LaTeX has them.

    Example:
        >>> spelled("x² ≤ 10⁵"), spelled("H₂O")
        ('x^2 \\\\leq  10^5', 'H_2O')
    """
    if text.isascii():
        return text
    text = SUPERSCRIPTS.sub(lambda found: "^" + found[0].translate(DIGITS), text)
    text = SUBSCRIPTS.sub(lambda found: "_" + found[0].translate(DIGITS), text)
    return UNICODE.sub(lambda found: CHARACTERS[found[0]], text)


def plain(text: str) -> str:
    r"""Return a formula in the one spelling: commands without twins, no marks around it, no extra spaces.

    Example:
        >>> plain(r"$\left(\dfrac{1}{2},\, \frac{\pi}{3}\right).$"), plain("x ≤ ½")
        ('(\\frac{1}{2}, \\frac{\\pi}{3})', 'x \\leq \\frac{1}{2}')
    """
    text = TYPED_POWER_OF_TEN.sub(r"\\times ", spelled(text))
    if "\\" in text or "~" in text or "{,}" in text:
        text = NO_SPACE.sub("", GROUPED.sub("", text))
        text = SPACES.sub(" ", text)
        text = COMMAND.sub(lambda found: COMMANDS.get(found[1], found[0]), text)
        text = BOLD.sub(r"\1", text)
        text = FUNCTION_TEXT.sub(r"\\\1 ", text)
        text = TEXT_INDEX.sub(r"_{\1}", text)
        if whole := ALL_TEXT.fullmatch(text):
            text = whole[1]
    text = _unmarked(text.replace("**", " ") if text.endswith("**") else text)
    return WHITE.sub(" ", text).rstrip(ENDS).rstrip("\\").rstrip(ENDS).lstrip(" ,;:")


def _unmarked(text: str) -> str:
    """Take off the marks of mathematics; one dollar alone is money."""
    if text.count("$") - text.count("\\$") == 1 and not text.startswith("\\$"):
        text = re.sub(r"(?<!\\)\$", r"\\$", text)
    return MATH_MARKS.sub(" ", text)
