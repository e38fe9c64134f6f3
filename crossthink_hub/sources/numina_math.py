"""NuminaMath: competition and school mathematics, of which the paper has 87,350 (by a rule it does not say).

Upstream: `AI-MO/NuminaMath-CoT`, whose answers stand in the last box of each solution, or
`AI-MO/NuminaMath-1.5`, which has them in a column with marks of what is no valid problem.
Paper: Li et al., NuminaMath (https://huggingface.co/datasets/AI-MO/NuminaMath-CoT).
Licence: Apache-2.0.
"""

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.sources.open_ended import ANSWERED, PROMPTED, SOLVED
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.shape import Shape, text

NO_ANSWERS = {"proof": "answer_is_a_proof", "notfound": "answer_not_found"}
"""What NuminaMath-1.5 puts in the place of an answer, and the reason for which such a row is dropped."""
VALID = "Yes"
SUBSET = text("data_source", "source", required=False)


def _read_1_5(raw: pa.Table) -> pa.Table:
    """Read NuminaMath-1.5: rows without an answer, and those marked as not valid, are unfit."""
    found = ANSWERED.problems(raw.drop_columns(["problem_is_valid", "solution_is_valid"]))
    unfit = found["unfit"].combine_chunks()
    for mark, reason in NO_ANSWERS.items():
        unfit = pc.if_else(pc.fill_null(pc.equal(found["answer"], mark), False), reason, unfit)
    for name in ("solution_is_valid", "problem_is_valid"):
        invalid = pc.not_equal(pc.fill_null(raw[name], VALID), VALID)
        unfit = pc.if_else(invalid, name.replace("_is_", "_is_not_"), unfit)
    if isinstance(unfit, pa.ChunkedArray):
        unfit = unfit.combine_chunks()
    return found.set_column(found.schema.get_field_index("unfit"), found.schema.field("unfit"), unfit)


VERSION_1_5 = Shape(
    {
        **ANSWERED.columns,
        "problem_is_valid": text("problem_is_valid"),
        "solution_is_valid": text("solution_is_valid", required=False),
    },
    _read_1_5,
)

NUMINA_MATH = Source(
    name="numina_math",
    repo="AI-MO/NuminaMath-CoT",
    licence="Apache-2.0",
    aliases=("ai_mo/numinamath_cot", "ai_mo/numinamath_1.5", "numinamath_cot", "numinamath_1.5"),
    files=("**/*",),
    shapes=(
        VERSION_1_5,
        ANSWERED,
        *(
            Shape({**shape.columns, "domain": SUBSET}, shape.problems, shape.instructed)
            for shape in (SOLVED, PROMPTED)
        ),
    ),
)
