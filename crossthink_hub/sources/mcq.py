"""What the multiple-choice sources share: options and a gold given by index, by label or by text."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import options as opt
from crossthink_hub.problem import problems, tidy, tidy_list

RELABELLED = "relabelled"
EQUAL_OPTIONS = "equal_options"


def mcq_problems(
    options: pa.ListArray, index: pa.Array, text: pa.Array | None = None, **columns: Any
) -> pa.Table:
    """Return multiple-choice problems whose gold is the option named by index, checked against the gold text.

    Where the index does not name the option whose text is the gold text, the index is taken from the
    text and the row flagged `relabelled`; where no option is the gold text, the index stays null, and
    the paper's filter drops the row. Rows with two equal options are flagged `equal_options`.

    Args:
        options: the options' texts.
        index: which option is right by its label, null where the label names none.
        text: the gold text, where the upstream has one.
        columns: the other columns of the problems; `question` and `row` at least.
    """
    options = tidy_list(options)
    named = opt.option_at(options, index)
    flags = {EQUAL_OPTIONS: opt.has_equal_options(options)}
    if text is None:
        answer, answer_index = named, pc.if_else(pc.is_valid(named), index, None)
    else:
        answer = tidy(text)
        agrees = pc.fill_null(pc.equal(named, answer), False)
        answer_index = pc.if_else(agrees, index, opt.index_of(options, answer))
        moved = pc.and_(pc.invert(agrees), pc.is_valid(answer_index))
        flags = {RELABELLED: moved.to_numpy(zero_copy_only=False), **flags}
    return problems(
        {
            **columns,
            "options": options,
            "answer": answer,
            "answer_index": answer_index,
            "flags": _flag_lists(flags),
        }
    )


def _flag_lists(flags: dict[str, np.ndarray[Any, np.dtype[np.bool_]]]) -> pa.ListArray:
    """Return for each row the names of its flags that are set, in the order given."""
    grid = np.stack(list(flags.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(grid.sum(axis=1))])
    names = pa.array(list(flags)).take(pa.array(np.nonzero(grid)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)
