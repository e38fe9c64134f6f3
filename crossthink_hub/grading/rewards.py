"""What the rewards of all trainers have in common: their settings, and how a completion becomes text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossthink_hub.grading.response import CLOSE, OPEN
from crossthink_hub.grading.settings import Kind, Mode, Thought, grade_settings

SPLIT_OFF = ("reasoning_content", "thinking")
"""Where a chat template's parser puts the thought that it takes out of `content`."""


@dataclass(frozen=True)
class RewardSettings:
    """How a ready-made reward grades; it pickles, so it goes to any worker.

    Args:
        mode: as in `GradeSettings`; `paper` is what the paper trained on.
        thought: as in `GradeSettings`; `opened` where the chat template writes `<think>` itself.

    Raises:
        UsageError: a choice that is none of these.

    Example:
        >>> RewardSettings(mode="equivalent").__name__
        'crossthink_equivalent'
    """

    mode: Mode = "paper"
    thought: Thought = "tagged"

    def __post_init__(self) -> None:
        grade_settings(self.mode, self.thought, "box")  # now, not after an hour of rollouts

    @property
    def __name__(self) -> str:
        """The name that trainers log the reward under; two modes beside each other stay apart."""
        return f"crossthink_{self.mode}"


def completion_text(completion: object, thought: Thought) -> str | None:
    """Return what the model wrote, a thought that was split off back in its place; None if nothing.

    Args:
        completion: text, or messages, of which the assistant's last counts.
        thought: if `opened`, `<think>` is the chat template's and not put back.

    Example:
        >>> message = {"role": "assistant", "reasoning_content": "a", "content": "b"}
        >>> completion_text([message], "tagged"), completion_text([message], "opened")
        ('<think>a</think>b', 'a</think>b')
    """
    if isinstance(completion, str):
        return completion
    for message in reversed(completion) if isinstance(completion, Sequence) else ():
        if _field(message, "role") == "assistant":
            return _message_text(message, "" if thought == "opened" else OPEN)
    return None


def _message_text(message: object, opening: str) -> str:
    content = _content_text(_field(message, "content"))
    thought = next(filter(None, (_field(message, name) for name in SPLIT_OFF)), None)
    return f"{opening}{thought}{CLOSE}{content}" if thought else content


def _content_text(content: Any) -> str:
    """Return the text of a message's content, which may come in parts."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(_field(part, "text") or "" for part in content)


def _field(holder: object, name: str) -> Any:
    """Return a field of a message, which is a dict in one trainer and an object in another."""
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


def kind_and_options(meta_data: object) -> tuple[Kind | None, list[str] | None]:
    """Return what the grader can know of a question from the row's `meta_data`, if there is one.

    Example:
        >>> kind_and_options({"question_type": "mcq", "options": ["Paris", "Rome"], "source": "mmlu"})
        ('mcq', ['Paris', 'Rome'])
        >>> kind_and_options(None)
        (None, None)
    """
    if not isinstance(meta_data, Mapping):
        return None, None
    options = meta_data.get("options")
    kind: Kind | None = "mcq" if meta_data.get("question_type") == "mcq" else None
    return kind, (list(options) or None) if options is not None else None
