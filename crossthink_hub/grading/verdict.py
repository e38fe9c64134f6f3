"""What grading says of a response, and the words it says it in."""

from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]


class Status(StrEnum):
    """Why a verdict is what it is; every outcome has a name.

    Example:
        >>> Status("no_box"), str(Status.NO_BOX)
        (<Status.NO_BOX: 'no_box'>, 'no_box')
    """

    CORRECT = "correct"
    """The answer is right and the response is in the format."""
    BAD_FORMAT = "bad_format"
    """The answer is right, but the thought or its tags are not where they belong: no reward."""
    WRONG = "wrong"
    """There is an answer, and it is not the ground truth."""
    CONTRADICTION = "contradiction"
    """A label and a text that belong to two options."""
    AMBIGUOUS = "ambiguous"
    """More than one answer: several options, several values where one is asked for, too many boxes."""
    NO_BOX = "no_box"
    """There is no box after the thought."""
    UNCLOSED_BOX = "unclosed_box"
    """The last box is never closed."""
    UNCLOSED_THOUGHT = "unclosed_thought"
    """The thought is never closed, so there is no answer."""
    EMPTY = "empty"
    """The response, or the last box, holds nothing."""
    NOT_TEXT = "not_text"
    """The response is not a string."""
    TOO_LARGE = "too_large"
    """The answer is larger, deeper or worth more digits than the limits (`crossthink_hub.grading.limits`)."""
    TIMEOUT = "timeout"
    """The algebra was not done in time."""
    GOLD_UNGRADABLE = "gold_ungradable"
    """The ground truth itself can't be graded: no signal, not a wrong answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What grading says of one response.

    Args:
        correct: whether the answer equals the ground truth, whatever the format of the rest; None if the
            ground truth can't be graded.
        formatted: whether the response is one thought in its tags, then an answer with a box.
        answer: what was taken for the answer, None if there was none.
        status: the outcome by name.
        why: the outcome in words.
        span: where in the response the answer stands, as start and end in characters.

    Example:
        >>> Verdict(True, False, "42", Status.BAD_FORMAT).reward
        0.0
    """

    correct: bool | None
    formatted: bool
    answer: str | None
    status: Status
    why: str = ""
    span: Span | None = None

    @property
    def reward(self) -> float | None:
        """The paper's reward, R_acc AND R_format: 1.0 or 0.0; None where there is no signal (section 2)."""
        if self.correct is None:
            return None
        return float(self.correct and self.formatted)
