"""Whether an answer equals the ground truth: by option, by value or by its words."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from crossthink_hub.grading.choices import LABELLED, Judgement, judge_choice, read_choice
from crossthink_hub.grading.claims import claims, has_words, without_prose
from crossthink_hub.grading.formula.equality import UndecidedError, same
from crossthink_hub.grading.formula.lexicon import CONSTANTS, FUNCTIONS
from crossthink_hub.grading.formula.nodes import Node, NotMathError, TooLargeError
from crossthink_hub.grading.formula.notation import mend, spelled
from crossthink_hub.grading.formula.reading import read
from crossthink_hub.grading.limits import MAX_ANSWER, MAX_ASKED_DEPTH, MAX_FORMULA
from crossthink_hub.grading.response import BOX, find_answer
from crossthink_hub.grading.settings import Kind, Mode
from crossthink_hub.grading.verdict import Status
from crossthink_hub.grading.wording import unwrapped, wording

Algebra = Callable[[str, str], bool | None]
"""Tells whether two formulas are equal; None if it can't."""
INTEGER = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?\d*\.\d+")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")
"""Where a decimal is asked for, a comma in a number can only be its point."""
WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\s,.'’!?-])*")
AS_WRITTEN = re.compile(r"\d+[-–]\d+(?:\s+[A-Za-z ]+)?|\d{1,4}/\d{1,2}/\d{1,4}|\d+(?:\.\d+){2,}")
CLOCK = re.compile(r"\d{1,2}:[0-5]\d(?:\s*[AaPp]\.?[Mm]\.?)?")
"""Ranges, times, dates and versions are no arithmetic."""
GAPS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
NOTATION = re.compile(r"[\\^_=<>]")
SINGLE = re.compile(r"\{(\w)\}")
MATH_SIGNS = re.compile(r"[\d\\^_=<>+*/|∞√π]")
LONG_GOLD = re.compile(r"(?s)(?:\(([A-Z])\)|([A-Z])[.:])\s+(\S.*)")


SENTENCE = re.compile(
    r"(?is)(?:(?:so|thus|therefore|hence|given the \w+)?,?\s*(?:the|my)?\s*(?:final|correct|right|best|\s)*"
    r"(?:answer|choice|option)\b|.*\bfinal answer\b)"
)
"""How a ground truth begins that is a sentence about the answer, or what a whole solution ends with."""
DOTS = re.compile(r"\.\.\.|…|\\[cl]?dots(?![a-z])")
"""What goes on is no formula that has a value."""
BARE_FUNCTION = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}\s*\(")
"""In a sentence, a function without its backslash is a word like others."""


def same_strings(answer: str, gold: str) -> bool:
    """Return whether two answers are equal strings, white space aside; `(A) x`, `A: x` and `A. x` are equal.

    The paper's exact matching (section 5).

    Example:
        >>> same_strings("A:  The sky", "(A) The sky"), same_strings("0.5", "1/2")
        (True, False)
    """
    return _labelled(answer) == _labelled(gold)


def _labelled(text: str) -> tuple[str, str]:
    text = " ".join(text.split())
    found = LONG_GOLD.fullmatch(text)
    return (found[1] or found[2], found[3]) if found else ("", text)


def compare(
    answer: str, gold: str, kind: Kind | None, options: Sequence[str] | None, mode: Mode, algebra: Algebra
) -> Judgement:
    """Return whether an answer equals the ground truth.

    Raises:
        AlgebraTimeoutError: the algebra was not done in time.
    """
    if mode == "paper":
        return _judged(same_strings(answer, gold), "equal strings", "not the same string")
    if not unwrapped(gold):
        return Judgement(None, Status.GOLD_UNGRADABLE, "the ground truth says nothing")
    if kind != "math" and answer.split() == gold.split():
        return Judgement(True, Status.CORRECT, "the ground truth word for word")
    if len(answer) > MAX_ANSWER:
        return Judgement(False, Status.TOO_LARGE, f"more than {MAX_ANSWER:,} characters")
    gold, choice = _told(gold)
    if len(gold) > MAX_ANSWER:
        return Judgement(False, Status.TOO_LARGE, f"a ground truth of more than {MAX_ANSWER:,} characters")
    kind = kind or ("mcq" if options or choice else None)
    if kind == "mcq":
        return judge_choice(answer, gold, options, mode == "letter", _same_for(mode, algebra))
    return compare_open(answer, gold, kind, algebra)


@lru_cache(maxsize=8192)
def _told(gold: str) -> tuple[str, bool]:
    """Return the answer in a ground truth, and whether it names an option."""
    answer = gold_answer(gold)
    return answer, len(answer) <= MAX_ANSWER and is_choice(answer)


def gold_answer(gold: str) -> str:
    r"""Return the answer in a ground truth that is a whole solution, a sentence, or boxed itself.

    Example:
        >>> gold_answer(r"It is $\boxed{42}$."), gold_answer("42"), gold_answer(r"\boxed{42")
        ('42', '42', '42')
    """
    if BOX.search(gold):
        return find_answer(gold, 0).answer or BOX.split(gold)[-1]
    said = claims(gold) if SENTENCE.match(gold) else []
    return said[-1] if said and not BARE_FUNCTION.search(said[-1]) else gold


def is_choice(gold: str) -> bool:
    """Return whether a ground truth names an option: `(A) text`, `A: text`, or a letter alone.

    Example:
        >>> is_choice("(A) The sky"), is_choice(r"\\textbf{(B)}\\ 12"), is_choice("x"), is_choice("(3, 4)")
        (True, True, False, False)
    """
    text = unwrapped(mend(gold))
    return bool(re.fullmatch(r"\(?[A-J]\)?", text) or LABELLED.fullmatch(text))


def _same_for(mode: Mode, algebra: Algebra) -> Callable[[str, str], bool]:
    """Return how the texts of options are compared: in words, and unless letters decide, by value."""
    if mode == "letter":
        return lambda one, other: wording(one) == wording(other)
    return lambda one, other: bool(compare_open(one, other, None, algebra).correct)


def compare_open(answer: str, gold: str, kind: Kind | None, algebra: Algebra) -> Judgement:
    """Return whether an answer without options equals the ground truth: by value, or in words."""
    if INTEGER.fullmatch(answer) and INTEGER.fullmatch(gold):
        return _judged(int(answer) == int(gold), "the same integer", "another integer")
    if DECIMAL.fullmatch(gold) and DECIMAL_COMMA.fullmatch(answer):
        answer = answer.replace(",", ".")
    if kind == "text" or (kind is None and is_words(gold)) or are_as_written(gold, answer):
        return _judged(_same_words(answer, gold), "the same words", "other words")
    try:
        return _by_value(answer, gold, kind, algebra)
    except (TooLargeError, RecursionError):
        if answer.split() == gold.split():
            return Judgement(True, Status.CORRECT, "the ground truth word for word")
        return Judgement(False, Status.TOO_LARGE, "beyond the limits of what is computed")


def _same_words(answer: str, gold: str) -> bool:
    said, right = ({wording(text), wording(without_prose(text))} for text in (answer, gold))
    return bool((said & right) - {""})


def are_as_written(*texts: str) -> bool:
    """Return whether one is a range, a date or a version, or both are times: compared as they are written.

    Example:
        >>> are_as_written("20-30", "10"), are_as_written("10:30", "1:3"), are_as_written("10:30", "9:45")
        (True, False, True)
    """
    shown = [unwrapped(text).strip(" .") for text in texts]
    return any(map(AS_WRITTEN.fullmatch, shown)) or all(map(CLOCK.fullmatch, shown))


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


def _by_value(answer: str, gold: str, kind: Kind | None, algebra: Algebra) -> Judgement:
    golds, answers = (list(readings(text)) for text in (gold, answer))
    if not golds:
        return _without_reading(answer, gold, kind, algebra)
    if not answers:
        return _unread(answer, gold, algebra)
    undecided = False
    for one in golds:
        for other in answers:
            try:
                if same(one, other):
                    return Judgement(True, Status.CORRECT, "the same value")
            except UndecidedError:
                undecided = True
    if undecided:
        return _asked(answer, gold, algebra)
    return Judgement(False, Status.WRONG, "another value")


def _without_reading(answer: str, gold: str, kind: Kind | None, algebra: Algebra) -> Judgement:
    formula = looks_like_formula(gold)
    if kind == "math" and not formula:
        return Judgement(None, Status.GOLD_UNGRADABLE, "the ground truth is no formula")
    if _squeezed(gold) in (_squeezed(answer), _squeezed(without_prose(answer))):
        return Judgement(True, Status.CORRECT, "the same formula")
    if not NOTATION.search(unwrapped(mend(gold))) and _same_words(answer, gold):
        return Judgement(True, Status.CORRECT, "the same formula")
    if formula and looks_like_formula(answer):
        return _asked(answer, gold, algebra)
    return Judgement(False, Status.WRONG, "other words")


def _unread(answer: str, gold: str, algebra: Algebra) -> Judgement:
    if looks_like_formula(answer):
        return _asked(answer, gold, algebra)
    return Judgement(False, Status.WRONG, "words, where a formula is asked for")


def _asked(answer: str, gold: str, algebra: Algebra) -> Judgement:
    """Ask the algebra; its silence is a no."""
    if not _of_the_same(answer, gold):
        return Judgement(False, Status.WRONG, "other symbols")
    for text in (answer, gold):
        if len(text) > MAX_FORMULA or _depth(text) > MAX_ASKED_DEPTH:
            raise TooLargeError
    said = algebra(gold, answer)
    return _judged(
        bool(said), "equal by algebra", "not equal by algebra" if said is not None else "not understood"
    )


def _of_the_same(answer: str, gold: str) -> bool:
    """Return whether two formulas are in the same symbols; math-verify overlooks their case and primes."""
    marks = [set(SYMBOL.findall(COMMAND.sub(" ", text))) for text in (answer, gold)]
    return marks[0] == marks[1] or not all(marks)


def _depth(text: str) -> int:
    """Return how many braces are open at most, at any place."""
    steps = ({"{": 1, "}": -1}.get(mark, 0) for mark in text)
    return max(accumulate(steps), default=0)


def _judged(correct: bool, yes: str, no: str) -> Judgement:
    return Judgement(correct, Status.CORRECT if correct else Status.WRONG, yes if correct else no)


def _squeezed(text: str) -> str:
    from crossthink_hub.grading.formula.notation import plain

    return GAPS.sub("", SINGLE.sub(r"\1", plain(mend(text))))


COMMAND = re.compile(r"\\[A-Za-z]+")
SYMBOL = re.compile(r"[A-Za-z]'*")
UNEVALUATED = re.compile(
    r"\\(?:not|[hv]?phantom|exists|forall|sum|prod|int|iint|oint|lim|limsup|bigcup|bigcap)(?![a-z])"
)


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
def _readings(text: str) -> tuple[Node, ...]:
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
        return _readings(labelled["text"])
    if not found and "=" in text:
        found.extend(_right_side(text))
    return tuple(found)


def readings(text: str) -> Iterator[Node]:
    """Yield what a text says as a formula; `1,234` is a number, or a list of two."""
    yield from _readings(text)


def _right_side(text: str) -> Iterator[Node]:
    """Yield the number that an equation ends with whose left side is not read here, such as a limit."""
    from crossthink_hub.grading.formula.nodes import Relation, Sym
    from crossthink_hub.grading.formula.stating import is_constant

    left, _, right = text.strip().strip("$").rpartition("=")
    if not left.isascii() or re.search(r"[,;<>]|\bor\b|\band\b", left) or has_words(left):
        return
    try:
        value = read(right)
    except NotMathError:
        return
    if is_constant(value):
        yield Relation((Sym("?"), value), ("=",))


__all__ = ["Algebra", "compare", "compare_open", "is_choice", "read_choice", "same_strings"]
