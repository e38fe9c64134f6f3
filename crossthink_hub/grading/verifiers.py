"""The reward of the paper for `verifiers` and prime-rl, in its old shape and its new one.

Up to 0.3 (tried with 0.1.14, 0.2.1 and 0.3.1) a reward is a function in a `Rubric`:

    verifiers.Rubric(funcs=[crossthink_reward])

From 0.4 on (tested with 0.4.0) it is a function that a task's configuration names:

    rewards = {"crossthink": {"fn": "crossthink_hub.grading.verifiers:task_reward"}}

For other settings name an instance of your own: `task_reward = TaskReward(mode="equivalent")`.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossthink_hub.grading.grader import grade
from crossthink_hub.grading.rewards import RewardSettings, completion_text, kind_and_options

Info = Mapping[str, Any] | str | None


@dataclass(frozen=True)
class RubricReward(RewardSettings):
    r"""A reward function for a `Rubric`: 1.0 if the answer is right AND in the format.

    Args:
        mode: how the answer is compared; `paper` by default.
        thought: where the thought is; `opened` if the chat template writes `<think>`.

    Example:
        >>> asyncio.run(RubricReward(mode="equivalent")(r"<think>a</think>\boxed{42}", "42"))
        1.0
    """

    async def __call__(self, completion: object, answer: str | None, info: Info = None) -> float:
        """Return the reward of one rollout; 0.0, for it must be a number, where there is none.

        Args:
            completion: text or messages.
            answer: the ground truth.
            info: the row's `meta_data`, or that as JSON.
        """
        kind, options = kind_and_options(json.loads(info) if isinstance(info, str) and info else info)
        # In a thread, so that one slow formula does not hold up the rollouts that share the event loop.
        verdict = await asyncio.to_thread(
            grade,
            completion_text(completion, self.thought),
            answer,
            kind=kind,
            options=options,
            mode=self.mode,
            thought=self.thought,
        )
        return verdict.reward or 0.0


@dataclass(frozen=True)
class TaskReward(RewardSettings):
    """A reward function for a task: `RubricReward` on a trace's last reply.

    Args:
        mode: how the answer is compared; `paper` by default.
        thought: where the thought is; `opened` if the chat template writes `<think>`.

    Example:
        >>> TaskReward(mode="letter").__name__
        'crossthink_letter'
    """

    async def __call__(self, task: Any, trace: Any) -> float:
        """Return the reward of one trace.

        Args:
            task: the task's data: the ground truth is its `answer`, and `info` is as in `RubricReward`.
            trace: what the model wrote is in its `assistant_messages`.
        """
        reward = RubricReward(self.mode, self.thought)
        return await reward(trace.assistant_messages, task.answer, getattr(task, "info", None))


crossthink_reward = RubricReward()
"""The paper's reward for a `Rubric`."""

task_reward = TaskReward()
"""The paper's reward for a task."""
