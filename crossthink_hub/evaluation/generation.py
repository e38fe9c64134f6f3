"""What is asked of an engine, and what it gives back."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.item import Message


class Finish(StrEnum):
    """How a generation ended.

    Example:
        >>> Finish("length") is Finish.LENGTH
        True
    """

    STOP = "stop"
    """The model ended it."""
    LENGTH = "length"
    """It was cut off: at the most tokens that an answer may have, or at the end of the context."""
    PROMPT_TOO_LONG = "prompt_too_long"
    """There is none: the prompt does not fit into the context."""
    FILTERED = "filtered"
    """The endpoint withheld it, or the rest of it."""


@dataclass(frozen=True)
class Sampling:
    """Every field that decides how tokens are drawn; an endpoint is sent them all.

    Attributes:
        temperature: 0 is greedy.
        top_p: of the probability that is kept.
        top_k: how many tokens are kept; 0 for all.
        min_p: of the likeliest token's probability that another needs.
        repetition_penalty: 1 for none.
        presence_penalty: 0 for none.
        frequency_penalty: 0 for none.
        max_tokens: that an answer may have (16,384: the paper's longest has 12,917, table 9).

    Raises:
        UsageError: a value that can't be.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    max_tokens: int = 16_384

    def __post_init__(self) -> None:
        allowed = {
            "temperature": self.temperature >= 0,
            "top_p": 0 < self.top_p <= 1,
            "top_k": self.top_k >= 0,
            "min_p": 0 <= self.min_p <= 1,
            "repetition_penalty": self.repetition_penalty > 0,
            "presence_penalty": -2 <= self.presence_penalty <= 2,
            "frequency_penalty": -2 <= self.frequency_penalty <= 2,
            "max_tokens": self.max_tokens >= 1,
        }
        for name, fits in allowed.items():
            if not fits:
                raise UsageError(f"{name} is {getattr(self, name)}, which can't be")


@dataclass(frozen=True)
class Key:
    """Which generation: of a question, in a pass, the nth sample.

    Attributes:
        benchmark: of the question.
        id: of the question.
        run: the pass: `greedy` or `sampled`.
        sample: from 0.
    """

    benchmark: str
    id: str
    run: str
    sample: int


@dataclass(frozen=True)
class Request:
    """A generation to be made.

    Attributes:
        key: which.
        messages: the conversation that the model goes on with.
        sampling: how.
        seed: of this generation alone, so that it does not matter which are made beside it.
    """

    key: Key
    messages: tuple[Message, ...]
    sampling: Sampling
    seed: int


@dataclass(frozen=True)
class Generation:
    """What came of a request.

    Attributes:
        key: of the request.
        response: what the model wrote; None if it wrote nothing at all.
        tokens: of the response; None where the engine does not count them.
        prompt_tokens: of the prompt; None where the engine does not count them.
        finish: how it ended.
    """

    key: Key
    response: str | None
    tokens: int | None
    prompt_tokens: int | None
    finish: Finish


class Engine(Protocol):
    """What turns requests into generations."""

    def facts(self) -> Mapping[str, Any]:
        """Return what decides its output, for the results file: `name`, `version` and more."""

    def generate(self, requests: Iterator[Request]) -> Generator[Generation]:
        """Yield the generation of each request as it is done, in any order.

        Requests are taken as there is room, not all at once: memory does not grow with their number.

        Raises:
            EngineError: it can't go on; what was yielded before stands.
        """

    def close(self) -> None:
        """End what it started."""
