"""The paper's filters H (section 2): which problems a rule can grade, and why the others are dropped."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.recipe.paper import SourceFacts

MOST_WORDS = 10
"""The longest answer of an open question, in words separated by white space (paper: |w(a*)| <= 10)."""


@dataclass(frozen=True)
class Filter:
    """A rule that a problem must meet.

    Attributes:
        reason: what a dropped row is counted under.
        applies: whether the rule is for such a source.
        met: for a table of problems, which rows meet it.
    """

    reason: str
    applies: Callable[[SourceFacts], bool]
    met: Callable[[pa.Table], pa.Array]


def _not_empty(text: pa.ChunkedArray) -> pa.Array:
    return pc.fill_null(pc.not_equal(text, ""), False)


def _words(text: pa.ChunkedArray) -> pa.Array:
    return pc.list_value_length(pc.utf8_split_whitespace(text))


FILTERS = (
    Filter("empty_question", lambda facts: True, lambda rows: _not_empty(rows["question"])),
    Filter(
        "no_options",
        lambda facts: facts.question_type == "mcq",
        lambda rows: pc.greater(pc.list_value_length(rows["options"]), 1),
    ),
    Filter(
        "answer_not_in_options",
        lambda facts: facts.question_type == "mcq",
        lambda rows: pc.and_(pc.is_valid(rows["answer_index"]), _not_empty(rows["answer"])),
    ),
    Filter(
        "empty_answer",
        lambda facts: facts.question_type == "open",
        lambda rows: _not_empty(rows["answer"]),
    ),
    Filter(
        "answer_too_long",
        lambda facts: facts.question_type == "open" and facts.category == "gpr",
        lambda rows: pc.less_equal(_words(rows["answer"]), MOST_WORDS),
    ),
)


def apply_filters(problems: pa.Table, facts: SourceFacts) -> tuple[pa.Table, dict[str, pa.Table]]:
    """Return the problems that meet every rule for their source, and those that don't, by first reason.

    Example:
        >>> from crossthink_hub.problem import problems
        >>> table = problems({"question": pa.array(["1+1?", "2+2?"]), "answer": pa.array(["2", " "]),
        ...                   "row": pa.array([0, 1])})
        >>> kept, dropped = apply_filters(table, SourceFacts("mr", "open", 2))
        >>> kept.num_rows, {reason: rows.num_rows for reason, rows in dropped.items()}
        (1, {'empty_answer': 1})
    """
    dropped: dict[str, pa.Table] = {}
    for rule in FILTERS:
        if not rule.applies(facts):
            continue
        met = pc.fill_null(rule.met(problems), False)
        if not pc.all(met, min_count=0).as_py():
            dropped[rule.reason] = problems.filter(pc.invert(met))
            problems = problems.filter(met)
    return problems, dropped
