"""The reward of the paper for OpenRLHF (tested with 0.11.2), as the file that `--reward.remote_url` names.

`--data.label_key solution` brings the ground truth. For other settings name a file of your own:

    from functools import partial
    from crossthink_hub.grading import openrlhf
    reward_func = partial(openrlhf.reward_func, mode="equivalent", thought="opened")
"""

import re
from collections.abc import Sequence
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.grader import grade_many
from crossthink_hub.grading.settings import Mode, Thought

END_TOKEN = re.compile(r"<(?:\|[^<>]+\||\uff5c[^<>]+\uff5c|/s|eos|end_of_turn)>\s*")
"""How models spell the token that ends a turn; the other trainers leave it out of the response."""


def reward_func(
    queries: Sequence[str],
    prompts: Sequence[str],
    labels: Sequence[str | None],
    *,
    mode: Mode = "paper",
    thought: Thought = "tagged",
    **kwargs: object,
) -> dict[str, Any]:
    """Return the rewards as a tensor, the same as scores, and what OpenRLHF logs beside them.

    OpenRLHF needs numbers: where the ground truth can't be graded the reward is 0.0, and `graded` is 0.0 too.

    Args:
        queries: prompts with their responses, as decoded from the tokens.
        prompts: the same prompts alone.
        labels: the ground truths.
        mode: how the answer is compared.
        thought: where the thought is; `opened` if the chat template writes `<think>`.
        kwargs: what another version may hand over.

    Raises:
        UsageError: a query that does not begin with its prompt; a mode or thought that there is not.

    Example:
        >>> result = reward_func([r"6 x 7? <think>a</think>\\boxed{42}<|im_end|>"], ["6 x 7? "], ["42"])
        >>> result["rewards"].tolist(), result["extra_logs"]["graded"].tolist()
        ([1.0], [1.0])
    """
    import torch

    responses = [response_of(query, prompt) for query, prompt in zip(queries, prompts, strict=True)]
    verdicts = grade_many(responses, labels, mode=mode, thought=thought)
    rewards = torch.tensor([verdict.reward or 0.0 for verdict in verdicts])
    logs = {
        "accuracy": torch.tensor([float(verdict.correct or False) for verdict in verdicts]),
        "format": torch.tensor([float(verdict.formatted) for verdict in verdicts]),
        "graded": torch.tensor([float(verdict.correct is not None) for verdict in verdicts]),
    }
    return {"rewards": rewards, "scores": rewards, "extra_logs": logs}


def response_of(query: str, prompt: str) -> str:
    """Return what the model wrote after the prompt, without the token that ends its turn.

    The prompt has been to tokens and back: its white space may have changed, and its beginning be cut off.

    Raises:
        UsageError: the query does not begin with the prompt or an end of it.

    Example:
        >>> response_of("Why? Because.</s>", "Why?"), response_of("is it? Yes", "Well,  is it?\\n")
        (' Because.', ' Yes')
    """
    response = query[len(prompt) if query.startswith(prompt) else _prompt_end(query, prompt) :]
    last = max(response.rfind("<"), 0)
    return response[:last] if END_TOKEN.fullmatch(response, last) else response


def _prompt_end(query: str, prompt: str) -> int:
    """Return where the longest end of the prompt that the query begins with is over, white space aside."""
    places = [place for place, letter in enumerate(query) if not letter.isspace()]
    begins = "".join([query[place] for place in places])
    wanted = "".join(prompt.split())
    for start, letter in enumerate(wanted):
        if begins[:1] == letter and begins.startswith(wanted[start:]):
            return places[len(wanted) - start - 1] + 1
    raise UsageError(
        "the query does not begin with the prompt",
        where=f"query {query[:40]!r}",
        fix="OpenRLHF hands over prompt and response as one text: is the tokenizer the model's own?",
    )
