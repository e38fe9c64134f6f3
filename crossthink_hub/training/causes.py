"""Why a run has no reward: the usual causes, each with the number that speaks for it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crossthink_hub.grading.verdict import Status

Metrics = Mapping[str, float]
"""Means over the steps so far, by name, as `metrics.jsonl` has them."""
MUCH = 0.3
"""A share from which on something counts as a cause."""


@dataclass(frozen=True)
class Cause:
    """A reason why no completion is rewarded.

    Attributes:
        words: what is the case; `{}` stands for the share.
        share: of completions of which it is the case.
        fix: what to change.
    """

    words: str
    share: Callable[[Metrics], float]
    fix: str


def _status(*statuses: Status) -> Callable[[Metrics], float]:
    return lambda metrics: sum(metrics.get(f"all/status/{status}", 0.0) for status in statuses)


CAUSES: Sequence[Cause] = (
    Cause(
        "{} of the completions were cut off before they ended",
        lambda metrics: metrics.get("all/truncated", 0.0),
        "raise max_completion_length, and see that the model's end of turn is among its stop tokens",
    ),
    Cause(
        "{} of the answers are right, in a response that is not in the format",
        _status(Status.BAD_FORMAT),
        "compare the tags that the model writes with `thought` (tagged, or opened where the template writes "
        "<think>)",
    ),
    Cause(
        "{} of the completions have no box after the thought",
        _status(Status.NO_BOX, Status.UNCLOSED_BOX, Status.EMPTY),
        "take a model that follows the instruction sometimes, such as Qwen2.5 and not a base model that does "
        "not know its chat template, or train it on a few hundred answers in the format first",
    ),
    Cause(
        "{} of the completions never close the thought",
        _status(Status.UNCLOSED_THOUGHT),
        "raise max_completion_length if they are cut off, else see whether the tokenizer keeps </think>",
    ),
    Cause(
        "{} of the completions have an answer, and it is wrong",
        _status(Status.WRONG, Status.CONTRADICTION, Status.AMBIGUOUS),
        "look at some (`crossthink train --dry-run`): too hard for the model, or right and only written in "
        "another way, which reward_mode=equivalent takes",
    ),
    Cause(
        "{} of the ground truths can't be graded",
        _status(Status.GOLD_UNGRADABLE),
        "look at the column solution, and at reward_mode",
    ),
)


def causes(metrics: Metrics) -> Iterator[str]:
    """Yield what speaks for each cause and what to do, the strongest first; all shares if none is strong.

    Example:
        >>> for line in causes({"all/truncated": 1.0, "all/status/no_box": 0.98}):
        ...     print(line.partition(":")[0])
        100% of the completions were cut off before they ended
        98% of the completions have no box after the thought
    """
    shares = sorted(((cause.share(metrics), cause) for cause in CAUSES), key=lambda pair: -pair[0])
    strong = [pair for pair in shares if pair[0] >= MUCH] or [pair for pair in shares if pair[0] > 0]
    for share, cause in strong:
        yield f"{cause.words.format(f'{share:.0%}')}: {cause.fix}"
