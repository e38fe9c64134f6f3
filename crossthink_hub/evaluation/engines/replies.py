"""What an endpoint replies: a text, how it ended, and whether a refusal is about length."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossthink_hub.evaluation.engines.http import NoReplyError, RefusedError
from crossthink_hub.evaluation.generation import Finish
from crossthink_hub.grading.response import CLOSE, OPEN

MOST_TOKENS = 1 << 31
"""No text has as many tokens: a larger count is none."""
FILTERED = "content_filter"
BROKEN_OFF = frozenset({"abort", "error"})
"""Finish reasons of a server that gave up: the text is not all that the model would have written."""
TOO_LONG = "context_length_exceeded"
TOO_LARGE = frozenset({400, 413, 422})
OF_CONTEXT = re.compile(
    r"context (?:length|window|size)|max_model_len|maximum (?:allowed |input |sequence )+length"
    r"|prompt is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
OF_MAX_TOKENS = re.compile(r"max(?:_completion|_new)?_tokens\W.*(?:too large|at most|exceed)", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """What a model wrote.

    Attributes:
        text: with its thought; None if there is none at all.
        finish: how it ended.
        tokens: of it, if they are counted.
        prompt_tokens: of the prompt, if they are counted.
    """

    text: str | None
    finish: Finish
    tokens: int | None
    prompt_tokens: int | None


def read_reply(found: Mapping[str, Any], most: int) -> Reply:
    """Return the reply that an endpoint's answer holds, of a chat or of a text gone on with.

    Args:
        found: the answer.
        most: the tokens that were asked for at most.

    Raises:
        NoReplyError: it holds none, or one that the server broke off.

    Example:
        >>> message = {"reasoning": "1 + 2 = 3", "content": "Three."}
        >>> read_reply({"choices": [{"message": message, "finish_reason": "stop"}]}, 9).text
        '<think>1 + 2 = 3</think>Three.'
    """
    match found:
        case {"choices": [{"message": dict(message)} as choice, *_]}:
            thought, content = _thought(message), message.get("content")
        case {"choices": [{"text": content} as choice, *_]}:
            thought = None
        case _:
            raise NoReplyError("answers without a reply")
    if not isinstance(content, str | None):
        raise NoReplyError("answers without a text")
    reason = choice.get("finish_reason")
    if reason in BROKEN_OFF:
        raise NoReplyError("answers with half a reply")
    tokens = _count(found, "completion_tokens")
    finish = _finish(reason, tokens, most)
    return Reply(_whole(thought, content, finish), finish, tokens, _count(found, "prompt_tokens"))


def _thought(message: Mapping[str, Any]) -> str | None:
    """Return what a server took out of the content; vLLM has renamed the field."""
    found = message.get("reasoning") or message.get("reasoning_content")
    return found if isinstance(found, str) else None


def _whole(thought: str | None, content: str | None, finish: Finish) -> str | None:
    """Return a response as the model wrote it: grading sees the thought, and that it was never closed.

    Example:
        >>> _whole("so", None, Finish.LENGTH), _whole("so", "3", Finish.LENGTH)
        ('<think>so', '<think>so</think>3')
    """
    if thought is None:
        return content
    cut = finish is Finish.LENGTH and not content
    return f"{OPEN}{thought}" + ("" if cut else f"{CLOSE}{content or ''}")


def _finish(reason: object, tokens: int | None, most: int) -> Finish:
    """Return how a reply ended.

    Servers have more reasons than OpenAI's three (`eos_token`, `tool_calls`, none at all). With any other the
    model has ended it, unless it used up its tokens: a cut answer must not pass for a whole one.

    Example:
        >>> _finish("eos_token", 5, 9) is Finish.STOP, _finish(None, 9, 9) is Finish.LENGTH
        (True, True)
    """
    known = {"stop": Finish.STOP, "length": Finish.LENGTH, FILTERED: Finish.FILTERED}
    if isinstance(reason, str) and reason in known:
        return known[reason]
    return Finish.LENGTH if tokens is not None and tokens >= most else Finish.STOP


def _count(found: Mapping[str, Any], name: str) -> int | None:
    usage = found.get("usage")
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and 0 <= count < MOST_TOKENS else None


def is_of_context(refused: RefusedError) -> bool:
    """Return whether what was asked for does not fit into the context, prompt and answer together."""
    if refused.status not in TOO_LARGE:
        return False
    return refused.code == TOO_LONG or OF_CONTEXT.search(refused.said) is not None


def is_of_max_tokens(refused: RefusedError) -> bool:
    """Return whether more tokens were asked for than the model may write."""
    return refused.status in TOO_LARGE and OF_MAX_TOKENS.search(refused.said) is not None


def is_filtered(refused: RefusedError) -> bool:
    """Return whether the prompt was withheld from the model."""
    return refused.code == FILTERED
