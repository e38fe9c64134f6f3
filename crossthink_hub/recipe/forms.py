"""The forms in which problems are asked, and which problems can be asked in each (paper: section 2).

- `as_is`: multiple-choice and open questions mixed;
- `open`: all open; multiple-choice questions without their options, if they can stand so;
- `released`: prompt and gold of the paper's own release, to the letter.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.recipe.configs import AS_IS, OPEN, RELEASED
from crossthink_hub.recipe.filters import FILTERS, SHORT_ANSWER, Filter, not_empty
from crossthink_hub.recipe.opening import needs_options
from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.sources.prompted import user_texts


def refusals(problems: pa.Table, facts: SourceFacts, form: str, strict: bool = False) -> pa.StringArray:
    """Return why each problem can't be asked in a form, null where it can.

    Args:
        problems: of one source.
        facts: of that source.
        form: one of `FORMS`.
        strict: whether a label that does not fit its text is a reason.

    Example:
        >>> from crossthink_hub.problem import problems
        >>> table = problems({"question": pa.array(["1+1?", "2+2?"]), "answer": pa.array(["2", " "]),
        ...                   "row": pa.array([0, 1])})
        >>> refusals(table, SourceFacts("mr", "open", 2), AS_IS).to_pylist()
        [None, 'empty_answer']
    """
    return FORMS[form](problems.combine_chunks(), facts, strict)


def _as_is(problems: pa.Table, facts: SourceFacts, strict: bool) -> pa.StringArray:
    reasons = problems["unfit"].combine_chunks()
    for rule in FILTERS:
        if rule.applies(facts, strict):
            reasons = _unless(reasons, problems, rule)
    return reasons


def _open(problems: pa.Table, facts: SourceFacts, strict: bool) -> pa.StringArray:
    reasons = _as_is(problems, facts, strict)
    if facts.question_type == "open":
        return reasons
    columns = (problems[name].combine_chunks() for name in ("question", "options", "answer"))
    return _unless(pc.coalesce(reasons, needs_options(*columns)), problems, SHORT_ANSWER)


def _released(problems: pa.Table, facts: SourceFacts, strict: bool) -> pa.StringArray:
    said = user_texts(problems["released_prompt"].combine_chunks())
    there = pc.and_(not_empty(said), not_empty(problems["question"]))
    there = pc.and_(there, not_empty(problems["released_gold"]))
    return pc.if_else(there, pa.scalar(None, pa.string()), "nothing_asked_or_no_gold")


def _unless(reasons: pa.StringArray, problems: pa.Table, rule: Filter) -> pa.StringArray:
    met = pc.fill_null(rule.met(problems), False)
    return pc.coalesce(reasons, pc.if_else(met, pa.scalar(None, pa.string()), rule.reason))


FORMS: Mapping[str, Callable[[pa.Table, SourceFacts, bool], pa.StringArray]] = MappingProxyType(
    {AS_IS: _as_is, OPEN: _open, RELEASED: _released}
)
