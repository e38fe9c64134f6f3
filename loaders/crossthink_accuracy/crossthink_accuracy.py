"""The grader as a metric of Hugging Face `evaluate`.

`evaluate.load("loaders/crossthink_accuracy")`, with `crossthink_hub` installed.
"""

# One import a line: `evaluate` reads them line by line to see what the metric needs.
import datasets
import evaluate

import crossthink_hub.grading
import crossthink_hub.grading.summary

DESCRIPTION = "Accuracy, format rate, reward and length of responses, by the grader of crossthink_hub."
PAPER = "https://arxiv.org/abs/2504.13941"
INPUTS = r"""
Args:
    predictions: responses of a model, whole: the thought in its tags, then the answer in a box.
    references: the ground truth of each.
    mode: how to compare: `paper`, `letter` or `equivalent` (default).
    thought: `tagged` (default); `opened`, where the chat template wrote <think>; or `optional`.
    answer_in: `box` (default), or `claim`, where a sentence will do.
    kinds: `mcq`, `math`, `text` or None for each response.
    options: the options of each multiple-choice question, None for others.
    tokens: how many tokens each response has.

Returns:
    accuracy, format_rate, reward: shares of the gradable responses; None without any.
    responses, ungradable: how many there are, and how many have a ground truth that can't be graded.
    statuses: how many there are of each status.
    mean_tokens, mean_tokens_correct, mean_tokens_wrong: None without tokens.
    mean_characters, mean_characters_correct, mean_characters_wrong: the same in characters.

Example:
    >>> metric = evaluate.load("loaders/crossthink_accuracy")
    >>> metric.compute(predictions=[r"<think>a</think>\boxed{42}"], references=["42"])["accuracy"]
    1.0
"""


@evaluate.utils.file_utils.add_start_docstrings(DESCRIPTION, INPUTS)
class CrossThinkAccuracy(evaluate.Metric):
    """Grades all responses at once, and sums up the verdicts as `crossthink grade` does."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=DESCRIPTION,
            citation=PAPER,
            inputs_description=INPUTS,
            features=datasets.Features({"predictions": text, "references": text}),
            reference_urls=[PAPER],
        )

    def _compute(
        self,
        predictions: list[str | None],
        references: list[str | None],
        mode: crossthink_hub.grading.settings.Mode = "equivalent",
        thought: crossthink_hub.grading.settings.Thought = "tagged",
        answer_in: crossthink_hub.grading.settings.AnswerIn = "box",
        kinds: list[crossthink_hub.grading.settings.Kind | None] | None = None,
        options: list[list[str] | None] | None = None,
        tokens: list[int | None] | None = None,
    ) -> dict[str, object]:
        verdicts = crossthink_hub.grading.grade_many(
            predictions,
            references,
            kinds=kinds,
            options=options,
            mode=mode,
            thought=thought,
            answer_in=answer_in,
        )
        return crossthink_hub.grading.summary.summarize(predictions, verdicts, tokens).rates()
