r"""What an answer is: words, a formula, an option's label, or a sentence about one of these."""

import re
from collections.abc import Iterator
from functools import lru_cache

from crossthink_hub.grading.choices import LABELLED
from crossthink_hub.grading.claims import claims, has_words, without_prose
from crossthink_hub.grading.formula.lexicon import CONSTANTS, FUNCTIONS
from crossthink_hub.grading.formula.nodes import Node, NotMathError, Relation, Sym
from crossthink_hub.grading.formula.notation import mend, spelled
from crossthink_hub.grading.formula.reading import read
from crossthink_hub.grading.formula.stating import is_constant
from crossthink_hub.grading.response import BOX, find_answer
from crossthink_hub.grading.wording import unwrapped

WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\s,.'’!?-])*")
AS_WRITTEN = re.compile(r"\d+[-–]\d+(?:\s+[A-Za-z ]+)?|\d{1,4}/\d{1,2}/\d{1,4}|\d+(?:\.\d+){2,}")
CLOCK = re.compile(r"\d{1,2}:[0-5]\d(?:\s*[AaPp]\.?[Mm]\.?)?")
"""Ranges, times, dates and versions are no arithmetic."""
MATH_SIGNS = re.compile(r"[\d\\^_=<>+*/|∞√π]")
SENTENCE = re.compile(
    r"(?is)(?:(?:so|thus|therefore|hence|given the \w+)?,?\s*(?:the|my)?\s*(?:final|correct|right|best|\s)*"
    r"(?:answer|choice|option)\b|.*\bfinal answer\b)"
)
"""How a ground truth begins that is a sentence about the answer, or what a whole solution ends with."""
DOTS = re.compile(r"\.\.\.|…|\\[cl]?dots(?![a-z])")
"""What goes on is no formula that has a value."""
BARE_FUNCTION = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}\s*\(")
"""In a sentence, a function without its backslash is a word like others."""
UNEVALUATED = re.compile(
    r"\\(?:not|[hv]?phantom|exists|forall|sum|prod|int|iint|oint|lim|limsup|bigcup|bigcap)(?![a-z])"
)


def gold_answer(gold: str) -> str:
    r"""Return the answer in a ground truth that is a whole solution, a sentence, or boxed itself.

    Example:
        >>> gold_answer(r"It is $\boxed{42}$."), gold_answer("42"), gold_answer(r"\boxed{42")
        ('42', '42', '42')
    """
    if BOX.search(gold):
        return find_answer(gold, 0).answer or BOX.split(gold)[-1]
    said = claims(gold) if SENTENCE.match(" ".join(gold.split())) else []
    return said[-1] if said and not BARE_FUNCTION.search(said[-1]) else gold


def is_choice(gold: str) -> bool:
    """Return whether a ground truth names an option: `(A) text`, `A: text`, or a letter alone.

    Example:
        >>> is_choice("(A) The sky"), is_choice(r"\\textbf{(B)}\\ 12"), is_choice("x"), is_choice("(3, 4)")
        (True, True, False, False)
    """
    text = unwrapped(mend(gold))
    return bool(re.fullmatch(r"\(?[A-J]\)?", text) or LABELLED.fullmatch(text))


def are_as_written(*texts: str) -> bool:
    """Return whether one is a range, a date or a version, or both are times: compared as they are written.

    Example:
        >>> are_as_written("20-30", "10"), are_as_written("10:30", "1:3"), are_as_written("10:30", "9:45")
        (True, False, True)
    """
    shown = [unwrapped(text).strip(" .") for text in texts]
    return any(map(AS_WRITTEN.fullmatch, shown)) or all(map(CLOCK.fullmatch, shown))


@lru_cache(maxsize=8192)
def is_words(text: str) -> bool:
    r"""Return whether a text is words and nothing else, so that it is compared as such: `no` is not `on`.

    Example:
        >>> [is_words(text) for text in ("The sky", r"\\text{Well-known}", "no", "2 km", "x, y")]
        [True, True, True, False, False]
    """
    plain_text = unwrapped(spelled(mend(text)))
    if not WORDS.fullmatch(plain_text):
        return False
    found = re.findall(r"[^\W\d_]+", plain_text)
    if any(word in FUNCTIONS or word in CONSTANTS for word in found):
        return False
    return any(len(word) > 1 and word not in ("and", "or") for word in found)


def looks_like_formula(text: str) -> bool:
    r"""Return whether a text that is not read here may be a formula that the algebra reads.

    Sums, products, integrals and limits are left as they are: an answer is to be worked out. Nor are
    statements of logic read.

    Example:
        >>> [looks_like_formula(text) for text in (r"x \subset 2", "The sky", r"\int x dx")]
        [True, False, False]
    """
    return (
        bool(MATH_SIGNS.search(unwrapped(text)))
        and not has_words(without_prose(text))
        and not UNEVALUATED.search(text)
        and not DOTS.search(text)
        and spelled(text).isascii()
    )


@lru_cache(maxsize=8192)
def readings(text: str) -> tuple[Node, ...]:
    """Return what a text says as a formula, nothing if it is none; `1,234` is a number, or a list of two.

    Raises:
        TooLargeError: it is a formula larger than the limits.

    Example:
        >>> len(readings("1,234")), readings("The sky")
        (2, ())
    """
    whole = mend(text)
    text = without_prose(whole)
    if (text != whole and BARE_FUNCTION.search(text)) or DOTS.search(text):
        return ()
    found: list[Node] = []
    for thousands in (True, False) if re.search(r"\d,\d{3}", text) else (True,):
        try:
            found.append(read(text, thousands))
        except NotMathError:
            continue
    labelled = LABELLED.fullmatch(unwrapped(text)) if not found else None
    if labelled:
        return readings(labelled["text"])
    if not found and "=" in text:
        found.extend(_right_side(text))
    return tuple(found)


def _right_side(text: str) -> Iterator[Node]:
    """Yield the number that an equation ends with whose left side is not read here, such as a limit."""
    left, _, right = text.strip().strip("$").rpartition("=")
    if not left.isascii() or re.search(r"[,;<>]|\bor\b|\band\b", left) or has_words(left):
        return
    try:
        value = read(right)
    except NotMathError:
        return
    if is_constant(value):
        yield Relation((Sym("?"), value), ("=",))
