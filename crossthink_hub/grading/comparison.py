"""Whether an answer equals the ground truth: by option, by value or by its words."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate

from crossthink_hub.grading.answers import (
    are_as_written,
    gold_answer,
    is_choice,
    is_words,
    looks_like_formula,
    readings,
)
from crossthink_hub.grading.choices import Judgement, judge_choice, names_no_option
from crossthink_hub.grading.claims import without_prose
from crossthink_hub.grading.formula.equality import same
from crossthink_hub.grading.formula.nodes import TooLargeError, UndecidedError
from crossthink_hub.grading.formula.notation import mend, plain
from crossthink_hub.grading.limits import MAX_ANSWER, MAX_ASKED_DEPTH, MAX_FORMULA
from crossthink_hub.grading.settings import Kind, Mode
from crossthink_hub.grading.verdict import Status
from crossthink_hub.grading.wording import unwrapped, wording

Algebra = Callable[[str, str], bool | None]
"""Tells whether two formulas are equal; None if it can't."""
INTEGER = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?\d*\.\d+")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")
"""Where a decimal is asked for, a comma in a number can only be its point."""
GAPS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
NOTATION = re.compile(r"[\\^_=<>]")
SINGLE = re.compile(r"\{(\w)\}")
COMMAND = re.compile(r"\\[A-Za-z]+")
SYMBOL = re.compile(r"[A-Za-z]'*")
LONG_GOLD = re.compile(r"(?s)(?:\(([A-Z])\)|([A-Z])[.:])\s+(\S.*)")


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
    told, choice = _told(gold)
    if not told:
        return Judgement(None, Status.GOLD_UNGRADABLE, "the ground truth says nothing")
    if kind != "math" and not options and answer.split() == gold.split():
        return Judgement(True, Status.CORRECT, "the ground truth word for word")
    gold = told
    if len(gold) > MAX_ANSWER:
        return Judgement(
            None, Status.GOLD_UNGRADABLE, f"a ground truth of more than {MAX_ANSWER:,} characters"
        )
    if len(answer) > MAX_ANSWER:
        return Judgement(False, Status.TOO_LARGE, f"an answer of more than {MAX_ANSWER:,} characters")
    kind = kind or ("mcq" if options or choice else None)
    if kind == "mcq":
        return judge_choice(answer, gold, options, mode == "letter", _same_for(mode, algebra))
    return compare_open(answer, gold, kind, algebra)


def why_ungradable(gold: str, kind: Kind | None, options: Sequence[str] | None, mode: Mode) -> str | None:
    """Return why a ground truth can't be graded, whatever the answer; None if it can.

    Example:
        >>> why_ungradable("(C) x", None, ["a", "b"], "letter")
        'the ground truth names none of 2 options'
    """
    if mode == "paper":
        return None
    told, choice = _told(gold)
    if not told:
        return "the ground truth says nothing"
    if len(told) > MAX_ANSWER:
        return f"a ground truth of more than {MAX_ANSWER:,} characters"
    if kind == "math" and not _is_formula(told):
        return "the ground truth is no formula"
    if options and kind in (None, "mcq") and names_no_option(told, options, _same_for(mode, _no_algebra)):
        return f"the ground truth names none of {len(options)} options"
    return None


def _no_algebra(gold: str, answer: str) -> None:
    return None


def _is_formula(gold: str) -> bool:
    try:
        return bool(readings(gold)) or looks_like_formula(gold)
    except (TooLargeError, RecursionError):
        return True


@lru_cache(maxsize=8192)
def _told(gold: str) -> tuple[str, bool]:
    """Return the answer in a ground truth, nothing if it says nothing, and whether it names an option."""
    answer = gold_answer(gold)
    if len(answer) > MAX_ANSWER:
        return answer, False
    return (answer, is_choice(answer)) if unwrapped(answer) else ("", False)


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


def _by_value(answer: str, gold: str, kind: Kind | None, algebra: Algebra) -> Judgement:
    golds, answers = readings(gold), readings(answer)
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
        return Judgement(True, Status.CORRECT, "the same words")
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
    return GAPS.sub("", SINGLE.sub(r"\1", plain(mend(text))))
