"""The paper's filters H (section 2): which problems a rule can grade, and why the others are dropped."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.texts import Bytes, Mask, has_bytes

MOST_WORDS = 10
"""The longest answer of an open question, in words separated by white space (paper: |w(a*)| <= 10)."""
MOST_CHARACTERS = 100_000
"""A longer question is no question: something went wrong upstream."""
CONTROL = r"[\x00-\x08\x0e-\x1f\x7f]"
r"""Characters that no text has, such as the U+0008 that is left of a `\b` in a string not escaped."""

VISIBLE = r"[^\s\p{Z}\p{Cf}]"
"""A character that is neither white space nor one of format, such as the space without width, U+200B."""


@dataclass(frozen=True)
class Filter:
    """A rule that a problem must meet.

    Attributes:
        reason: what a dropped row is counted under.
        applies: whether the rule is for such a source, and such a build (strict or not).
        met: for a table of problems, which rows meet it.
    """

    reason: str
    applies: Callable[[SourceFacts, bool], bool]
    met: Callable[[pa.Table], pa.Array]


def not_empty(text: pa.ChunkedArray) -> pa.Array:
    r"""Tell which texts are there and have anything to see.

    Example:
        >>> not_empty(pa.array(["a", "", " \u200b\u3000", None])).to_pylist()
        [True, False, False, False]
    """
    return pc.fill_null(pc.match_substring_regex(text, VISIBLE), False)


def _clean(problems: pa.Table) -> pa.Array:
    texts = [problems["question"].combine_chunks(), problems["answer"].combine_chunks()]
    texts.append(pc.binary_join(problems["options"].combine_chunks(), "\n"))
    clean = pa.repeat(True, len(problems))
    for text in texts:
        if has_bytes(text, _is_control):  # a look is quicker than a search
            found = pc.fill_null(pc.match_substring_regex(text, CONTROL), False)
            clean = pc.and_(clean, pc.invert(found))
    return clean


def _is_control(codes: Bytes) -> Mask:
    found: Mask = (codes < 9) | ((codes > 13) & (codes < 32)) | (codes == 127)
    return found


def _few_words(problems: pa.Table) -> pa.Array:
    return pc.less_equal(pc.list_value_length(pc.utf8_split_whitespace(problems["answer"])), MOST_WORDS)


def _every(facts: SourceFacts, strict: bool) -> bool:
    return True


def _mcq(facts: SourceFacts, strict: bool) -> bool:
    return facts.question_type == "mcq"


def _open(facts: SourceFacts, strict: bool) -> bool:
    return facts.question_type == "open"


SHORT_ANSWER = Filter(
    "answer_too_long",
    lambda facts, strict: facts.question_type == "open" and facts.category == "gpr",
    _few_words,
)

FILTERS = (
    Filter("empty_question", _every, lambda rows: not_empty(rows["question"])),
    Filter(
        "question_too_long",
        _every,
        lambda rows: pc.less_equal(pc.utf8_length(rows["question"]), MOST_CHARACTERS),
    ),
    Filter("control_characters", _every, _clean),
    Filter("no_options", _mcq, lambda rows: pc.greater(pc.list_value_length(rows["options"]), 1)),
    Filter(
        "answer_not_in_options",
        _mcq,
        lambda rows: pc.and_(pc.is_valid(rows["answer_index"]), not_empty(rows["answer"])),
    ),
    Filter("empty_answer", _open, lambda rows: not_empty(rows["answer"])),
    SHORT_ANSWER,
    Filter(
        "relabelled",
        lambda facts, strict: strict and _mcq(facts, strict),
        lambda rows: pc.invert(_has_flag(rows["flags"].combine_chunks(), "relabelled")),
    ),
)


def _has_flag(flags: pa.ListArray, flag: str) -> pa.Array:
    return pc.match_substring(pc.binary_join(flags, " "), flag)
