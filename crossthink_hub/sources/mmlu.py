"""MMLU's auxiliary training set: 99,842 multiple-choice questions.

Upstream: `cais/mmlu`, and the CSV files of https://github.com/hendrycks/test.
Paper: Hendrycks et al., Measuring Massive Multitask Language Understanding (arXiv 2009.03300).
Licence: MIT; most questions come from RACE, which is for non-commercial research only.
"""

import pyarrow as pa

from crossthink_hub.options import label_index, split_inline
from crossthink_hub.problem import STRINGS
from crossthink_hub.sources.mcq import LABELLED, PROMPTED, indexed, mcq_problems
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.shape import Shape, text

INLINE_OPTIONS = "\nAnswer Choices:"


def _read_csv(raw: pa.Table) -> pa.Table:
    """Read question, A, B, C, D, letter."""
    cells = [raw[name].combine_chunks() for name in "ABCD"]
    flat = pa.concat_arrays(cells).take(
        pa.array([column * len(raw) + row for row in range(len(raw)) for column in range(4)], pa.int64())
    )
    options = pa.ListArray.from_arrays(pa.array(range(0, 4 * len(raw) + 1, 4), pa.int32()), flat)
    letter = label_index(raw["letter"].combine_chunks())
    return mcq_problems(options, letter, question=raw["question"], row=raw["row"])


def _read_inline(raw: pa.Table) -> pa.Table:
    """Read a question that carries its options, labelled (A) or (1), and gold as label and text."""
    parts = [(text or "").partition(INLINE_OPTIONS) for text in raw["question"].to_pylist()]
    return mcq_problems(
        pa.array([split_inline(tail) for _, _, tail in parts], STRINGS),
        label_index(raw["label"].combine_chunks()),
        raw["text"].combine_chunks(),
        question=pa.array([stem for stem, _, _ in parts], pa.string()),
        row=raw["row"],
    )


CSV = Shape(
    {name: text(f"f{i}") for i, name in enumerate(["question", "A", "B", "C", "D", "letter"])}, _read_csv
)
INLINE = Shape(
    {"question": text("question"), "label": text("answer"), "text": text("answer_content")}, _read_inline
)

MMLU = Source(
    name="mmlu",
    repo="cais/mmlu",
    licence="MIT",
    non_commercial="most questions come from RACE, licensed for non-commercial research only",
    aliases=("mmlu_auxiliary_train", "cais/mmlu"),
    files=("**/all/auxiliary_train*", "**/auxiliary_train/*", "**/*"),
    shapes=(indexed(), indexed("train."), LABELLED, INLINE, CSV, PROMPTED),
)
