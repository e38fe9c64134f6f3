"""Grade a response, or columns of them."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from numbers import Number
from typing import TypeAlias, get_args

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.algebra import AlgebraTimeoutError, algebra
from crossthink_hub.grading.answers import is_choice
from crossthink_hub.grading.choices import UNKNOWN, Judgement, letter_in_prose
from crossthink_hub.grading.claims import answer_in_prose
from crossthink_hub.grading.comparison import Algebra, compare, why_ungradable
from crossthink_hub.grading.response import Found, answer_start, find_answer, is_formatted
from crossthink_hub.grading.settings import (
    AnswerIn,
    GradeSettings,
    Kind,
    Mode,
    Thought,
    check_choice,
    grade_settings,
)
from crossthink_hub.grading.verdict import Status, Verdict

Options: TypeAlias = Sequence[str] | None
Question: TypeAlias = tuple[object, object, Kind | None, Options, GradeSettings]
NO_ANSWER = {
    Status.NO_BOX: "no box after the thought",
    Status.UNCLOSED_BOX: "the last box is never closed",
    Status.AMBIGUOUS: "too many boxes",
    Status.EMPTY: "nothing in the response, or in its last box",
    Status.NOT_TEXT: "not a string",
    Status.UNCLOSED_THOUGHT: "the thought is never closed",
}


class WaitingError(Exception):
    """This verdict takes algebra."""


def _ask_later(gold: str, answer: str) -> bool | None:
    raise WaitingError


def grade(
    response: object,
    ground_truth: object,
    *,
    kind: Kind | None = None,
    options: Options = None,
    mode: Mode = "equivalent",
    thought: Thought = "tagged",
    answer_in: AnswerIn = "box",
) -> Verdict:
    r"""Return whether a response gives the answer, in the format, and why.

    Args:
        response: what the model wrote, with its thought; anything but a string is not in the format.
        ground_truth: the right answer, as in the column `solution`. A number is taken as it is printed.
        kind: `mcq`, `math` or `text`; if not given, told from options and ground truth. With `math`, a ground
            truth that is no formula can't be graded.
        options: the texts of the options of a multiple-choice question.
        mode: how answers are compared, see `GradeSettings`.
        thought: where the thought is, see `GradeSettings`.
        answer_in: where the answer is, see `GradeSettings`.

    Raises:
        UsageError: a mode, kind or place that there is none of.

    Example:
        >>> grade(r"<think>Hot.</think> \boxed{(B) Venus}", "(B) Venus", options=["Mars", "Venus"]).reward
        1.0
        >>> grade(r"<think>Half.</think> \boxed{\frac{1}{2}}", "0.5").why
        'the same value'
        >>> grade(r"<think>Half.</think> \boxed{\frac{1}{2}}", "0.5", mode="paper").status
        <Status.WRONG: 'wrong'>
    """
    if kind is not None:
        check_choice("kind", kind, get_args(Kind))
    options = checked_options(options)
    return judge(response, ground_truth, kind, options, grade_settings(mode, thought, answer_in), algebra())


def judge(
    response: object,
    gold: object,
    kind: Kind | None,
    options: Options,
    settings: GradeSettings,
    algebra: Algebra,
) -> Verdict:
    """Return the verdict of one response."""
    truth = _text_of(gold)
    found = _found(response, truth, kind, options, settings)
    formatted = found.boxes > 0 and found.answer is not None and is_formatted(str(response), settings.thought)
    if not truth:
        why = f"the ground truth is a {type(gold).__name__} without text"
        return Verdict(None, formatted, found.answer, Status.GOLD_UNGRADABLE, why, found.span)
    if found.answer is None and (reason := why_ungradable(truth, kind, options, settings.mode)):
        return Verdict(None, False, None, Status.GOLD_UNGRADABLE, reason, found.span)
    if found.answer is None:
        status = found.status or Status.NO_BOX
        return Verdict(False, False, None, status, NO_ANSWER[status], found.span)
    try:
        judgement = compare(found.answer, truth, kind, options, settings.mode, algebra)
    except AlgebraTimeoutError:
        judgement = Judgement(False, Status.TIMEOUT, "the algebra was not done in time")
    return _verdict(judgement, formatted, found)


def _text_of(gold: object) -> str:
    """Return a ground truth as text: a number as it is printed, the one item of a list, else nothing."""
    if isinstance(gold, str):
        return gold.strip()
    if isinstance(gold, Number) and not isinstance(gold, bool):
        return "" if gold != gold else str(gold)
    if (
        isinstance(gold, Sized)
        and isinstance(gold, Iterable)
        and not isinstance(gold, Mapping)
        and len(gold) == 1
    ):
        return _text_of(next(iter(gold)))
    return ""


def checked_options(options: object) -> Options:
    """Return options as a list of texts, None if there are none.

    Raises:
        UsageError: they are no list of texts.

    Example:
        >>> checked_options(("Mars", "Venus")), checked_options([])
        (['Mars', 'Venus'], None)
    """
    if options is None:
        return None
    if isinstance(options, str | Mapping) or not isinstance(options, Iterable):
        raise UsageError(f"expected a list of texts, found {options!r}", where="options")
    texts = list(options)
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f"expected texts, found {texts!r}", where="options")
    return texts or None


def _found(
    response: object, truth: str, kind: Kind | None, options: Options, settings: GradeSettings
) -> Found:
    """Return the answer of a response, or why there is none."""
    if not isinstance(response, str):
        return Found(status=Status.NOT_TEXT)
    if not response.strip():
        return Found(status=Status.EMPTY)
    start = answer_start(response, settings.thought)
    if start is None:
        return Found(status=Status.UNCLOSED_THOUGHT)
    found = find_answer(response, start)
    if found.status is Status.NO_BOX and settings.answer_in == "claim":
        return _claimed(response, start, truth, kind, options)
    return found


def _verdict(judgement: Judgement, formatted: bool, found: Found) -> Verdict:
    status = judgement.status
    if judgement.correct and not formatted:
        status = Status.BAD_FORMAT
    elif status is Status.WRONG and found.boxes > 1:
        status = Status.AMBIGUOUS
    return Verdict(judgement.correct, formatted, found.answer, status, judgement.why, found.span)


def _claimed(response: str, start: int, gold: str, kind: Kind | None, options: Options) -> Found:
    """Return what a sentence of the response says the answer is."""
    text = response[start:]
    if kind == "mcq" or options or (kind is None and is_choice(gold)):
        span = letter_in_prose(text, len(options) if options else UNKNOWN)
    else:
        span = answer_in_prose(text)
    if span is None:
        return Found(status=Status.NO_BOX)
    begin, end = span
    return Found(text[begin:end], (start + begin, start + end), boxes=0)


def grade_many(
    responses: Sequence[object],
    ground_truths: Sequence[object],
    *,
    kinds: Sequence[Kind | None] | None = None,
    options: Sequence[Options] | None = None,
    mode: Mode = "equivalent",
    thought: Thought = "tagged",
    answer_in: AnswerIn = "box",
) -> list[Verdict]:
    r"""Return the verdict of each response, in order; the algebra that some take is done side by side.

    Args:
        responses: what the model wrote.
        ground_truths: the right answers.
        kinds: the kind of each; None where it is to be told from options and ground truth.
        options: the options of each; None where there are none.
        mode: as for `grade`, for all of them.
        thought: as for `grade`, for all of them.
        answer_in: as for `grade`, for all of them.

    Raises:
        UsageError: columns of different lengths, or a mode, kind or place that there is none of.

    Example:
        >>> [str(verdict.status) for verdict in grade_many([r"<think></think>\boxed{4}", "four"], ["4", "4"])]
        ['correct', 'no_box']
    """
    settings = grade_settings(mode, thought, answer_in)
    count = len(responses)
    columns = {"ground_truths": ground_truths, "kinds": kinds, "options": options}
    for name, column in columns.items():
        if column is not None and len(column) != count:
            raise UsageError(f"{len(column)} for {count} responses", where=name)
    for kind in set(() if kinds is None else kinds) - {None}:
        check_choice("kind", kind, get_args(Kind))
    given = map(checked_options, (None,) * count if options is None else options)
    rows = zip(responses, ground_truths, (None,) * count if kinds is None else kinds, given, strict=True)
    return _with_algebra([(*row, settings) for row in rows])


def _with_algebra(questions: Sequence[Question]) -> list[Verdict]:
    """Return verdicts in order: most need no algebra; those that do get it from all workers at once."""
    verdicts: dict[int, Verdict] = {}
    waiting = []
    for place, question in enumerate(questions):
        try:
            verdicts[place] = judge(*question, _ask_later)
        except WaitingError:
            waiting.append(place)
    if waiting:
        ask = algebra()
        with ThreadPoolExecutor(ask.size) as pool:
            late = pool.map(lambda place: judge(*questions[place], ask), waiting)
            verdicts.update(zip(waiting, late, strict=True))
    return [verdicts[place] for place in range(len(questions))]
