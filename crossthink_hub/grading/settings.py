"""How to grade: the choices a caller has, checked once."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from crossthink_hub.errors import UsageError

Mode = Literal["paper", "letter", "equivalent"]
Thought = Literal["tagged", "opened", "optional"]
AnswerIn = Literal["box", "claim"]
Kind = Literal["mcq", "math", "text"]


@dataclass(frozen=True)
class GradeSettings:
    """How to grade.

    Args:
        mode: how answer and ground truth are compared. `paper`: equal strings, white space aside; `letter`:
            multiple choice by the option's letter or its whole text, the rest as `equivalent`; `equivalent`:
            letters and texts each by their own comparison, numbers and formulas by value.
        thought: where the thought is. `tagged`: the response has `<think>` and `</think>`; `opened`: the chat
            template wrote `<think>`, so the response has `</think>` only; `optional`: with or without.
        answer_in: where the answer is. `box`: in the last box after the thought, nowhere else; `claim`:
            there, or without a box in a sentence that says what the answer is, for models never told to box.

    Raises:
        UsageError: a choice that is none of these.

    Example:
        >>> GradeSettings(mode="paper").thought
        'tagged'
    """

    mode: Mode = "equivalent"
    thought: Thought = "tagged"
    answer_in: AnswerIn = "box"

    def __post_init__(self) -> None:
        for name, choices in (("mode", Mode), ("thought", Thought), ("answer_in", AnswerIn)):
            check_choice(name, getattr(self, name), get_args(choices))


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise UsageError unless the value is one of the choices.

    Example:
        >>> check_choice("mode", "papr", ("paper", "letter"))
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: mode: 'papr' is not one of paper, letter
    """
    if value not in choices:
        raise UsageError(f"{value!r} is not one of {', '.join(choices)}", where=name)


def grade_settings(mode: Mode, thought: Thought, answer_in: AnswerIn) -> GradeSettings:
    """Return the settings, checked; the same object each time.

    Raises:
        UsageError: a choice that is none of those of `GradeSettings`.

    Example:
        >>> grade_settings("paper", "tagged", "box") is grade_settings("paper", "tagged", "box")
        True
    """
    if not all(isinstance(choice, str) for choice in (mode, thought, answer_in)):
        return GradeSettings(mode, thought, answer_in)  # says which
    return _settings(mode, thought, answer_in)


@lru_cache(maxsize=64)
def _settings(mode: Mode, thought: Thought, answer_in: AnswerIn) -> GradeSettings:
    return GradeSettings(mode, thought, answer_in)
