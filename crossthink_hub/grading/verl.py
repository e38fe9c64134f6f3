"""The reward of the paper for verl (tested with 0.9.1), as its custom reward function.

    reward.custom_reward_function.path=pkg://crossthink_hub.grading.verl
    +reward.custom_reward_function.reward_kwargs.mode=equivalent

The name is verl's default, `compute_score`; a file path in place of `pkg://…` works too. verl hands over one
further column, `extra_info`: for options copy `meta_data` to that name, it has verl's `index` and `split`.
"""

from collections.abc import Mapping
from typing import Any

from crossthink_hub.grading.grader import grade
from crossthink_hub.grading.rewards import kind_and_options
from crossthink_hub.grading.settings import Mode, Thought


def compute_score(
    data_source: str | None,
    solution_str: str,
    ground_truth: str | None,
    extra_info: Mapping[str, Any] | None = None,
    *,
    mode: Mode = "paper",
    thought: Thought = "tagged",
    details: bool = True,
    **kwargs: object,
) -> dict[str, float | str] | float:
    r"""Return the score of one response and what verl logs beside it.

    verl needs numbers: where the ground truth can't be graded, `score` and `acc` are 0.0, and `graded` is 0.0
    to tell these rows from wrong answers.

    Args:
        data_source: not used: every source is graded alike.
        solution_str: the response, without the prompt.
        ground_truth: from `reward_model`.
        extra_info: `question_type` and `options` are read, if there.
        mode: how the answer is compared; this and the next two are set in `reward_kwargs`.
        thought: where the thought is; `opened` if the chat template writes `<think>`.
        details: whether to return all that, or only the score, as `verl.trainer.main_eval` needs it.
        kwargs: all else that verl hands over.

    Raises:
        UsageError: a mode or thought that there is not.

    Example:
        >>> compute_score("crossthink/mmlu", r"<think>a</think>\boxed{42}", "42")
        {'score': 1.0, 'acc': 1.0, 'format': 1.0, 'graded': 1.0, 'pred': '42', 'status': 'correct'}
    """
    kind, options = kind_and_options(extra_info)
    verdict = grade(solution_str, ground_truth, kind=kind, options=options, mode=mode, thought=thought)
    score = verdict.reward or 0.0
    if not details:
        return score
    return {
        "score": score,
        "acc": float(verdict.correct or False),
        "format": float(verdict.formatted),
        "graded": float(verdict.correct is not None),
        "pred": verdict.answer or "",
        "status": str(verdict.status),
    }
