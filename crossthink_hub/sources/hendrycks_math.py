"""MATH, levels 3 to 5: 8,523 problems with their final answers.

Upstream: `hkust-nlp/SimpleRL-Zoo-Data`, which has exactly the paper's number of rows.
Paper: Hendrycks et al., Measuring Mathematical Problem Solving With the MATH Dataset (arXiv 2103.03874).
Licence: MIT.
"""

import pyarrow as pa

from crossthink_hub.problem import problems
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.shape import Column, Shape


def _shape(question: str, answer: str) -> Shape:
    return Shape(
        {
            "question": Column(question, pa.string()),
            "answer": Column(answer, pa.string()),
            "domain": Column("subject", pa.string(), required=False),
            "index": Column("extra_info.index", pa.int64(), required=False),
        },
        lambda raw: problems({name: raw[name] for name in raw.column_names}),
    )


HENDRYCKS_MATH = Source(
    name="hendrycks_math",
    repo="hkust-nlp/SimpleRL-Zoo-Data",
    licence="MIT",
    aliases=("math_train_8523", "hkust-nlp/simplerl-zoo-data", "hkust-nlp/simplerl-reason"),
    files=("**/*",),
    shapes=(_shape("question", "answer"), _shape("question", "gt_answer"), _shape("problem", "answer")),
)
