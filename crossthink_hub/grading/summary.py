"""Verdicts summed up: rates, counts by status, lengths. Summaries of parts merge into that of the whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crossthink_hub.errors import SourceError, UsageError
from crossthink_hub.grading.verdict import Status, Verdict


@dataclass
class Group:
    """Sums over responses that are alike: all correct, all wrong, or all without a gradable ground truth.

    Example:
        >>> Group(responses=2, characters=10).mean_characters
        5.0
    """

    responses: int = 0
    formatted: int = 0
    rewarded: int = 0
    characters: int = 0
    counted: int = 0
    """How many responses came with a number of tokens."""
    tokens: int = 0

    def __add__(self, other: "Group") -> "Group":
        """Return the sums over both."""
        mine, others = vars(self), vars(other)
        return Group(**{name: mine[name] + others[name] for name in mine})

    @property
    def mean_characters(self) -> float | None:
        """Return how long a response is on average, None without any."""
        return _ratio(self.characters, self.responses)

    @property
    def mean_tokens(self) -> float | None:
        """Return the same in tokens, over those whose tokens are known."""
        return _ratio(self.tokens, self.counted)


@dataclass
class Summary:
    """What verdicts come to, in constant memory.

    Args:
        correct: sums over responses whose answer is right, in whatever format.
        wrong: sums over those whose answer is not, or that have none.
        ungradable: sums over those whose ground truth can't be graded. No rate counts them.
        statuses: how many there are of each status.
        skipped: how many lines were passed over as bad.
        first_skipped: the error of the first of them.

    Example:
        >>> right = Verdict(True, True, "42", Status.CORRECT)
        >>> summary = summarize(["abcd", "ab"], [right, Verdict(False, True, "4", Status.WRONG)])
        >>> summary.merge(summarize(["abc"], [right]))
        >>> round(summary.accuracy, 3), summary.rates()["mean_characters_correct"]
        (0.667, 3.5)
    """

    correct: Group = field(default_factory=Group)
    wrong: Group = field(default_factory=Group)
    ungradable: Group = field(default_factory=Group)
    statuses: Counter[Status] = field(default_factory=Counter)
    skipped: int = 0
    first_skipped: str | None = None

    def merge(self, other: "Summary") -> None:
        """Add what comes after: the other's responses and skipped lines."""
        self.correct += other.correct
        self.wrong += other.wrong
        self.ungradable += other.ungradable
        self.statuses.update(other.statuses)
        self.skipped += other.skipped
        self.first_skipped = self.first_skipped or other.first_skipped

    def skip(self, error: SourceError) -> None:
        """Count a line that was passed over as bad."""
        self.skipped += 1
        self.first_skipped = self.first_skipped or f"{error.where}: {error.message}"

    @property
    def every(self) -> Group:
        """Return the sums over all responses."""
        return self.gradable + self.ungradable

    @property
    def gradable(self) -> Group:
        """Return the sums over the responses that rates count."""
        return self.correct + self.wrong

    @property
    def accuracy(self) -> float | None:
        """Return the share of right answers among gradable ones, None without any."""
        return _ratio(self.correct.responses, self.gradable.responses)

    @property
    def format_rate(self) -> float | None:
        """Return the share of responses in the format among gradable ones, None without any."""
        return _ratio(self.gradable.formatted, self.gradable.responses)

    @property
    def reward(self) -> float | None:
        """Return the mean reward of gradable responses, None without any."""
        return _ratio(self.gradable.rewarded, self.gradable.responses)

    def rates(self) -> dict[str, Any]:
        """Return rates, counts and mean lengths by name, as the metric gives them."""
        groups = {"": self.every, "_correct": self.correct, "_wrong": self.wrong}
        return {
            "accuracy": self.accuracy,
            "format_rate": self.format_rate,
            "reward": self.reward,
            "responses": self.every.responses,
            "ungradable": self.ungradable.responses,
            "statuses": {str(status): self.statuses[status] for status in Status if self.statuses[status]},
            **{f"mean_tokens{name}": group.mean_tokens for name, group in groups.items()},
            **{f"mean_characters{name}": group.mean_characters for name, group in groups.items()},
        }

    def as_json(self) -> dict[str, Any]:
        """Return the rates, and what was skipped, as the command line prints them."""
        return {**self.rates(), "skipped": self.skipped, "first_skipped": self.first_skipped}


def summarize(
    responses: Sequence[object], verdicts: Sequence[Verdict], tokens: Sequence[int | None] | None = None
) -> Summary:
    """Return the summary of responses and their verdicts.

    Args:
        responses: what was graded.
        verdicts: a verdict for each.
        tokens: the number of tokens of each, None where it is not known.

    Raises:
        UsageError: not as many of each.

    Example:
        >>> summarize(["abc"], [Verdict(None, True, None, Status.GOLD_UNGRADABLE)]).accuracy is None
        True
    """
    for name, column in (("verdicts", verdicts), ("tokens", tokens)):
        if column is not None and len(column) != len(responses):
            raise UsageError(f"{len(column)} for {len(responses)} responses", where=name)
    summary = Summary()
    groups = {True: summary.correct, False: summary.wrong, None: summary.ungradable}
    for place, (response, verdict) in enumerate(zip(responses, verdicts, strict=True)):
        _count(groups[verdict.correct], response, verdict, tokens[place] if tokens is not None else None)
        summary.statuses[verdict.status] += 1
    return summary


def _count(group: Group, response: object, verdict: Verdict, tokens: int | None) -> None:
    group.responses += 1
    group.formatted += verdict.formatted
    group.rewarded += verdict.reward == 1
    group.characters += len(response) if isinstance(response, str) else 0
    if tokens is not None:
        group.counted += 1
        group.tokens += tokens


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
