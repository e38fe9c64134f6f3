"""What is to know about a question that stays in a benchmark."""

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.problem import STRINGS
from crossthink_hub.recipe.filters import FILTERS

DAMAGED = "control_characters"
EMPTY_OPTION = "empty_option"


def add_flag(problems: pa.Table, flag: str, carried: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return problems with one more flag on those that carry it; null is no.

    Example:
        >>> from crossthink_hub.problem import problems
        >>> table = problems({"question": pa.array(["1+1?", "2+2?"]), "row": pa.array([0, 1])})
        >>> add_flag(table, "easy", pa.array([True, None]))["flags"].to_pylist()
        [['easy'], []]
    """
    carried = pc.fill_null(carried, False)
    if not pc.any(carried).as_py():
        return problems
    flags = [
        [*own, flag] if yes else own
        for own, yes in zip(problems["flags"].to_pylist(), carried.to_pylist(), strict=True)
    ]
    place = problems.schema.get_field_index("flags")
    return problems.set_column(place, problems.schema.field(place), pa.array(flags, STRINGS))


def flagged(problems: pa.Table) -> pa.Table:
    """Return problems with the flags that any benchmark's may carry.

    Text that training drops as damaged, and an option without text, stay where they are published: with
    fewer questions it would be another benchmark.
    """
    (clean,) = (rule for rule in FILTERS if rule.reason == DAMAGED)
    options = problems["options"].combine_chunks()
    empty = pc.match_substring_regex(pc.binary_join(options, "\n"), r"\A\n|\n\n|\n\z")
    alone = pc.greater(pc.list_value_length(options), 1)
    problems = add_flag(problems, DAMAGED, pc.invert(clean.met(problems)))
    return add_flag(problems, EMPTY_OPTION, pc.and_(empty, alone))
