"""The reward of the paper for TRL's GRPOTrainer (tested with 1.16)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.grader import grade_many
from crossthink_hub.grading.rewards import RewardSettings, completion_text, kind_and_options
from crossthink_hub.grading.verdict import Status, Verdict

LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]


@dataclass(frozen=True)
class CrossThinkReward(RewardSettings):
    r"""A reward function for `GRPOTrainer(reward_funcs=…)`: 1.0 if the answer is right AND in the format.

    Args:
        mode: how the answer is compared; `paper` by default.
        thought: where the thought is; `opened` if the chat template writes `<think>`.

    Example:
        >>> reward = CrossThinkReward(mode="equivalent")
        >>> reward([r"<think>a</think>\boxed{42}", r"\boxed{42}", "?"], solution=["42", "42", None])
        [1.0, 0.0, None]
    """

    def __call__(
        self,
        completions: Sequence[object],
        solution: Sequence[str | None] | None = None,
        reward_model: Sequence[Mapping[str, Any] | None] | None = None,
        meta_data: Sequence[Mapping[str, Any] | None] | None = None,
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return the reward of each completion, in order; None where the ground truth can't be graded.

        Args:
            completions: texts, or lists of messages.
            solution: the ground truths.
            reward_model: where they are if there is no column `solution`.
            meta_data: says of which kind a question is, and what its options are.
            log_metric: TRL's, as `log_extra`; nothing is logged without them.
            log_extra: adds columns to TRL's table of completions.
            columns: all else that TRL hands over.

        Raises:
            UsageError: there is no ground truth in the data set, or not one for each completion.
        """
        verdicts = self.verdicts(completions, solution, reward_model, meta_data)
        if log_metric and verdicts:
            self._log_metrics(verdicts, log_metric)
        if log_extra:
            log_extra(f"{self.__name__}/answer", [verdict.answer for verdict in verdicts])
            log_extra(f"{self.__name__}/status", [str(verdict.status) for verdict in verdicts])
        return [verdict.reward for verdict in verdicts]

    def verdicts(
        self,
        completions: Sequence[object],
        solution: Sequence[str | None] | None = None,
        reward_model: Sequence[Mapping[str, Any] | None] | None = None,
        meta_data: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> list[Verdict]:
        """Return the verdict of each completion, in order; the arguments are those of a call.

        Raises:
            UsageError: as a call.
        """
        problems = [kind_and_options(meta) for meta in meta_data or [None] * len(completions)]
        return grade_many(
            [completion_text(completion, self.thought) for completion in completions],
            _ground_truths(solution, reward_model),
            kinds=[kind for kind, _ in problems],
            options=[options for _, options in problems],
            mode=self.mode,
            thought=self.thought,
        )

    def _log_metrics(self, verdicts: Sequence[Verdict], log_metric: LogMetric) -> None:
        graded = [bool(verdict.correct) for verdict in verdicts if verdict.correct is not None]
        if graded:
            log_metric(f"{self.__name__}/accuracy", sum(graded) / len(graded))
        log_metric(f"{self.__name__}/format", sum(verdict.formatted for verdict in verdicts) / len(verdicts))
        statuses = [verdict.status for verdict in verdicts]
        # The shares that are 0 too: TRL takes the mean over the processes that logged a name.
        for status in Status:
            log_metric(f"{self.__name__}/{status}", statuses.count(status) / len(statuses))


def _ground_truths(
    solution: Sequence[str | None] | None, reward_model: Sequence[Mapping[str, Any] | None] | None
) -> Sequence[object]:
    if solution is not None:
        return solution
    if reward_model is not None:
        return [row and row.get("ground_truth") for row in reward_model]
    raise UsageError(
        "the data set has no ground truths",
        where="CrossThinkReward",
        fix="Keep its column `solution` or `reward_model`: TRL hands every column to the reward.",
    )


crossthink_reward = CrossThinkReward()
"""The paper's reward. With other settings: `CrossThinkReward(mode=…, thought=…)`."""
