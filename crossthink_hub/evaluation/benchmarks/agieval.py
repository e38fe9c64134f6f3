"""AGIEval: 8,062 questions of 20 exams, English and Chinese; two of them ask for an answer without options.

Upstream: https://github.com/ruixiangcui/AGIEval, `data/v1`; it is not on the Hub. Passage and question are
asked together. The options carry labels, nearly always `(A)`; these are taken off. Questions with several
right options, as physics and law have them, are left out under `several_answers`: the templates ask for one.
Paper: Zhong et al., AGIEval (arXiv 2304.06364).
Licence: one per task, see `data/agieval.yaml`; LogiQA and JEC-QA are not for commercial use.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.evaluation.benchmarks.benchmark import GITHUB, Benchmark, known_tasks
from crossthink_hub.options import label
from crossthink_hub.problem import STRINGS, empty_lists, tidy
from crossthink_hub.sources.mcq import LABELLED
from crossthink_hub.sources.prompted import SEVERAL_ANSWERS, only_items
from crossthink_hub.sources.shape import Shape, text, texts

TASKS = known_tasks("agieval")
LABEL = re.compile(
    r"\s*(?:[(\uff08]\s*(?P<in>[A-Z])\s*[)\uff09]|(?P<before>[A-Z])\s*[.:)\u3001\uff0e\uff1a\uff09])\s*"
)
"""`(A)`, `A.`, `A:`, `A)`, also in their Chinese forms, with white space around."""
SEVERAL = re.compile(r"[A-Z](?:[\s,;\u3001\uff0c\uff1b]*[A-Z])+")
"""`AD`, `A B D`, `A, C`: the labels of several options."""


def bare_options(options: Sequence[str]) -> list[str]:
    """Return options without their labels, if at least half of them have their own.

    A label that is another option's, a slip, goes too; text that merely looks like one stays. Labels behind
    labels go if all options have their own again.

    Example:
        >>> bare_options(["(A)one", " B. two", "(B) three"]), bare_options(["(B) one", "two", "three"])
        (['one', 'two', 'three'], ['(B) one', 'two', 'three'])
        >>> bare_options(["(A)A)59", "(B)B)69"])
        ['59', '69']
    """
    bare = _without_labels(options, fewest=(len(options) + 1) // 2)
    while bare != (again := _without_labels(bare, fewest=len(options))):
        bare = again
    return bare


def _without_labels(options: Sequence[str], fewest: int) -> list[str]:
    """Return options without their labels, if so many have their own."""
    known = [label(place) for place in range(len(options))]
    marks = [LABEL.match(option) for option in options]
    found = [mark and (mark["in"] or mark["before"]) for mark in marks]
    if sum(one == other for one, other in zip(found, known, strict=True)) < fewest:
        return list(options)
    return [
        option[mark.end() :] if mark and name in known else option
        for option, mark, name in zip(options, marks, found, strict=True)
    ]


def names_several(gold: str | None, options: Sequence[str]) -> bool:
    """Tell whether a gold is the labels of several options, and not the text of one.

    Example:
        >>> options = ["x", "y", "AC", "z"]
        >>> names_several("A B", options), names_several("AC", options), names_several("AX", options)
        (True, False, False)
    """
    if gold is None or gold in options or not SEVERAL.fullmatch(gold.strip()):
        return False
    known = {label(place) for place in range(len(options))}
    return set(re.findall("[A-Z]", gold)) <= known


def _read(raw: pa.Table) -> pa.Table:
    """Read a question after its passage, and its gold: a label, or where there are no options an answer."""
    options = [bare_options([option or "" for option in own or []]) for own in raw["options"].to_pylist()]
    said, unfit = only_items(raw["label"].combine_chunks())
    answer = tidy(raw["answer"].combine_chunks())
    gold = pc.coalesce(said, answer)
    several = [names_several(*pair) for pair in zip(gold.to_pylist(), options, strict=True)]
    problems = LABELLED.problems(
        pa.table(
            {
                "question": _asked(raw),
                "options": pa.array(options, STRINGS) if options else empty_lists(0),
                "gold": gold,
                "row": raw["row"],
            }
        )
    )
    is_open = pc.equal(pc.list_value_length(problems["options"]), 0)
    return _with(
        problems,
        answer=pc.if_else(is_open, answer, problems["answer"]),
        unfit=pc.coalesce(
            unfit, pc.if_else(pa.array(several, pa.bool_()), SEVERAL_ANSWERS, problems["unfit"])
        ),
    )


def _asked(raw: pa.Table) -> pa.Array:
    """Return passage and question as one text."""
    passage, question = (tidy(raw[name].combine_chunks()) for name in ("passage", "question"))
    there = pc.if_else(pc.equal(passage, ""), None, passage)
    both = pc.binary_join_element_wise(there, question, "\n\n", null_handling="skip")
    return pc.if_else(pc.is_valid(question), both, None)


def _with(problems: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, column in columns.items():
        place = problems.schema.get_field_index(name)
        problems = problems.set_column(place, problems.schema.field(place), column)
    return problems


def _task_of(file: str) -> str | None:
    return PurePosixPath(file).stem


EXAM = Shape(
    {
        "passage": text("passage", required=False),
        "question": text("question"),
        "options": texts("options", required=False),
        "label": texts("label", required=False),
        "answer": text("answer", required=False),
    },
    _read,
)

AGIEVAL = Benchmark(
    name="agieval",
    title="AGIEval",
    repo="ruixiangcui/AGIEval",
    host=GITHUB,
    revision="5c77d073fda993f1652eaae3cf5d04cc5fd21d40",
    paths=tuple(f"data/v1/{task}.jsonl" for task in TASKS),
    files=("v1/*", "*"),
    shapes=(EXAM,),
    rows=8_062,
    licence="MIT",
    paper="2304.06364",
    tasks=TASKS,
    task_of=_task_of,
    only_known=True,
)
