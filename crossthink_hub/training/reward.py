"""The reward of a run: the paper's, with what it sees measured per source and archived."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.rewards import completion_text
from crossthink_hub.grading.trl import CrossThinkReward, LogExtra, LogMetric
from crossthink_hub.grading.verdict import Status
from crossthink_hub.training.rollouts import Archive, Rollout

ALL = "all"
"""The name of all sources together in metrics."""
Score = Callable[..., Sequence[float | None]]
"""A reward of one's own, called as TRL calls rewards."""


@dataclass(frozen=True)
class TrainingReward:
    r"""A reward for `GRPOTrainer(reward_funcs=…)` that logs what it sees, per source, and archives it.

    Args:
        grader: gives the verdicts, and the reward.
        num_generations: completions of a prompt stand together.
        stops: the tokens that end a completion; one that ends otherwise is truncated.
        archive: where rollouts go; nowhere if None.
        score: gives the reward in the grader's place; metrics and archive still have the verdicts.

    Example:
        >>> reward = TrainingReward(CrossThinkReward(), 2, frozenset({0}))
        >>> logged = []
        >>> reward(
        ...     completions=[r"<think>a</think>\boxed{4}", "?"], completion_ids=[[7, 0], [7, 7]],
        ...     solution=["4", "4"], id=["x", "x"], meta_data=[{"source": "mmlu"}] * 2,
        ...     log_metric=lambda name, value: logged.append((name, value)),
        ... )
        [1.0, 0.0]
        >>> [value for name, value in logged if name == "mmlu/truncated"]
        [0.0, 1.0]
        >>> [value for name, value in logged if name == "mmlu/zero_variance"]
        [0.0]
    """

    grader: CrossThinkReward
    num_generations: int
    stops: frozenset[int]
    archive: Archive | None = None
    score: Score | None = None

    @property
    def __name__(self) -> str:
        """The name that TRL logs the reward under."""
        return self.grader.__name__

    def __call__(
        self,
        completions: Sequence[object],
        completion_ids: Sequence[Sequence[int]],
        solution: Sequence[str | None],
        id: Sequence[str],
        meta_data: Sequence[Mapping[str, Any]],
        trainer_state: Any = None,
        held_out: Sequence[bool] | None = None,
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return the reward of each completion, in order; None where the ground truth can't be graded.

        Args:
            completions: of this process.
            completion_ids: their tokens.
            solution: the ground truths.
            id: of the rows.
            meta_data: of the rows.
            trainer_state: TRL's, says which step this is.
            held_out: whether this is evaluation, which is not archived.
            log_metric: TRL's.
            log_extra: TRL's.
            columns: all else that TRL hands over.

        Raises:
            UsageError: a reward of one's own is not one for each completion.
            OutputError: the archive can't be written.
        """
        rewards = None
        if self.score:
            rewards = self._scored(
                completions=completions, completion_ids=completion_ids, solution=solution, id=id,
                meta_data=meta_data, trainer_state=trainer_state, **columns,
            )  # fmt: skip
        rollouts = self.rollouts(completions, completion_ids, solution, id, meta_data, rewards)
        if log_metric:
            for name, value in self.metrics(rollouts):
                log_metric(name, value)
        if log_extra:
            log_extra("status", [str(one.verdict.status) for one in rollouts])
            log_extra("answer", [one.verdict.answer for one in rollouts])
        if self.archive and not held_out:
            self.archive.write(trainer_state.global_step + 1, rollouts)
        return [one.reward for one in rollouts]

    def rollouts(
        self,
        completions: Sequence[object],
        completion_ids: Sequence[Sequence[int]],
        solution: Sequence[str | None],
        id: Sequence[str],
        meta_data: Sequence[Mapping[str, Any]],
        rewards: Sequence[float | None] | None = None,
    ) -> list[Rollout]:
        """Return each completion with its verdict; the rewards are the verdicts' if none are given."""
        verdicts = self.grader.verdicts(completions, solution, meta_data=meta_data)
        return [
            Rollout(
                row_id=id[place],
                source=str(meta_data[place]["source"]),
                completion=completion_text(completion, self.grader.thought),
                tokens=len(completion_ids[place]),
                truncated=not (completion_ids[place] and completion_ids[place][-1] in self.stops),
                solution=solution[place],
                reward=rewards[place] if rewards is not None else verdicts[place].reward,
                verdict=verdicts[place],
            )
            for place, completion in enumerate(completions)
        ]

    def _scored(self, **arguments: Any) -> list[float | None]:
        assert self.score
        rewards = list(self.score(**arguments))
        if len(rewards) != (asked := len(arguments["completions"])):
            raise UsageError(
                f"gave {len(rewards)} rewards for {asked} completions",
                where=getattr(self.score, "__name__", "the reward"),
                fix="A reward returns a list with one number, or None, for each completion, in order.",
            )
        return rewards

    def metrics(self, rollouts: Sequence[Rollout]) -> Iterator[tuple[str, float]]:
        """Yield a value for each completion, not their mean: TRL's mean over processes is then exact.

        Named `all/…` and, for each source, `SOURCE/…`: accuracy, format, reward, truncated, status/STATUS,
        tokens_correct, tokens_wrong; for each prompt, zero_variance.
        """
        for one in rollouts:
            for group in (ALL, one.source):
                yield from ((f"{group}/{name}", value) for name, value in _of_rollout(one))
        if len(rollouts) % self.num_generations:
            return  # a prompt's completions are spread over processes
        for start in range(0, len(rollouts), self.num_generations):
            prompt = rollouts[start : start + self.num_generations]
            same = float(len({one.reward for one in prompt}) == 1)
            yield f"{ALL}/zero_variance", same
            yield f"{prompt[0].source}/zero_variance", same


def _of_rollout(one: Rollout) -> Iterator[tuple[str, float]]:
    verdict = one.verdict
    if verdict.correct is not None:
        yield "accuracy", float(verdict.correct)
        yield "format", float(verdict.formatted)
        yield f"tokens_{'correct' if verdict.correct else 'wrong'}", float(one.tokens)
    if verdict.reward is not None:
        yield "reward", verdict.reward
    yield "truncated", float(one.truncated)
    for status in Status:  # also those that it is not: a share is over all completions
        yield f"status/{status}", float(verdict.status is status)
