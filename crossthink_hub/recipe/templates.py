"""Templates: how a problem becomes a prompt and a solution (paper: section 2, and section 5 for answers)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub import options as opt
from crossthink_hub.recipe.paper import load_data


@dataclass(frozen=True)
class Template:
    """One way to ask and to answer.

    Attributes:
        question_type: `mcq` or `open`.
        answer: `long` is `(A) text`; `none` leaves the answer as it is.
        instruction: stands in front of every question.
    """

    question_type: str
    answer: str
    instruction: str


@cache
def templates() -> Mapping[str, Template]:
    """Return the templates by name.

    Example:
        >>> templates()["mcq_long"].answer
        'long'
    """
    return MappingProxyType({name: Template(**entry) for name, entry in load_data("templates.yaml").items()})


def prompt_texts(problems: pa.Table, template: Template) -> pa.Array:
    """Return the user message of each problem: instruction, question and, for multiple choice, options."""
    parts = [pa.scalar(template.instruction), problems["question"].combine_chunks()]
    if template.question_type == "mcq":
        labelled = opt.labelled(problems["options"].combine_chunks())
        parts.append(pc.binary_join(labelled, "\n"))
    return pc.binary_join_element_wise(*parts, "\n\n")


def solutions(problems: pa.Table, template: Template) -> pa.Array:
    r"""Return the ground truth of each problem: what is expected inside `\boxed{}`."""
    answer = problems["answer"].combine_chunks()
    if template.answer == "none":
        return answer
    return pc.binary_join_element_wise("(", answer_letters(problems), ") ", answer, "")


def answer_letters(problems: pa.Table) -> pa.Array:
    """Return the letter of the right option, null for an open question."""
    index = problems["answer_index"].combine_chunks()
    most = pc.max(index).as_py()
    letters = [opt.label(i) for i in range(0 if most is None else most + 1)]
    return pa.array(letters, pa.string()).take(index)


def messages(texts: pa.Array) -> pa.ListArray:
    """Return each text as a conversation of one user message.

    Example:
        >>> messages(pa.array(["Hi"])).to_pylist()
        [[{'role': 'user', 'content': 'Hi'}]]
    """
    role = pa.array(["user"]).take(pa.array(np.zeros(len(texts), np.int8)))
    return pa.ListArray.from_arrays(
        pa.array(np.arange(len(texts) + 1, dtype=np.int32)),
        pa.StructArray.from_arrays([role, texts], ["role", "content"]),
    )
