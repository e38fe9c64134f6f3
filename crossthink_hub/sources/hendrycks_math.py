"""MATH, levels 3 to 5: 8,523 problems with their final answers.

Upstream: `hkust-nlp/SimpleRL-Zoo-Data`, which has exactly the paper's number of rows.
Paper: Hendrycks et al., Measuring Mathematical Problem Solving With the MATH Dataset (arXiv 2103.03874).
Licence: MIT.
"""

from crossthink_hub.sources.open_ended import ANSWERED, PROMPTED, SOLVED
from crossthink_hub.sources.registry import Alternate, Content, Source

HENDRYCKS_MATH = Source(
    name="hendrycks_math",
    repo="hkust-nlp/SimpleRL-Zoo-Data",
    licence="MIT",
    aliases=("math_train_8523", "hkust-nlp/simplerl-zoo-data", "hkust-nlp/simplerl-reason"),
    files=("**/*qwen_level3to5*/train*", "**/train*", "**/*"),
    shapes=(ANSWERED, SOLVED, PROMPTED),
    alternates=(
        Alternate("aidando73/math_level3to5_data", ("**/train*",)),
        Alternate("pe-nlp/math_level3to5_data_processed_with_qwen_prompt", ("**/train*", "**/*")),
    ),
    content=Content(rows=8_523, digest="00446dc8c53f1ffe"),
)
